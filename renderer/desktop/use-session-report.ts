/** A screen with a running session tells the desktop of it, and does what the user asks for in the tray or with keys. */
import { useEffect, useRef } from 'react';
import type { SessionCommand, SessionState } from '../../protocol/desktop';
import { useServices } from '../services';

export type SessionControls = { readonly [K in SessionCommand]?: () => void };

const IDLE: SessionState = { at: 'idle' };

/** One screen at a time; with the screen, its session is over for the desktop. */
export function useSessionReport(session: SessionState, controls: SessionControls): void {
  const { desktop } = useServices();
  const current = useRef(controls);
  useEffect(() => {
    current.current = controls;
  });
  useEffect(() => desktop.onCommand((command) => current.current[command]?.()), [desktop]);
  useEffect(() => {
    desktop.report(session);
  });
  useEffect(
    () => () => {
      desktop.report(IDLE);
    },
    [desktop],
  );
}
