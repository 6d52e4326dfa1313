/** A screen with a running session says so for as long as it is shown, and does what the user asks for elsewhere. */
import { useEffect, useRef } from 'react';
import type { SessionState } from '../../protocol/desktop';
import { useServices } from '../services';
import type { SessionControls, SessionSlot } from '../sessions';

const COMMANDS = ['accept', 'decline', 'toggle-mute', 'hang-up'] as const;

export function useSessionReport(session: SessionState, controls: SessionControls): void {
  const { sessions } = useServices();
  const current = useRef(controls);
  const slot = useRef<SessionSlot | null>(null);
  useEffect(() => {
    current.current = controls;
  });
  useEffect(() => {
    const opened = sessions.open();
    slot.current = opened;
    return () => {
      slot.current = null;
      opened.close();
    };
  }, [sessions]);
  useEffect(() => {
    slot.current?.set(
      session,
      Object.fromEntries(COMMANDS.map((command) => [command, () => current.current[command]?.()])),
    );
  });
}
