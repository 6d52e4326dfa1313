/** Somebody calls: who, and three answers. Nothing of this side is open before it answers. */
import { useEffect, useRef } from 'react';
import type { CallState } from '../../../protocol/call';
import { Avatar } from '../../components/avatar';
import { ControlBar, ControlButton } from '../../components/control-bar';
import { StatusBanner } from '../../components/status-banner';
import { useTexts } from '../../services';
import type { CallSession } from './call-session';

export interface IncomingCallProps {
  readonly session: CallSession;
  readonly call: Extract<CallState, { at: 'ringing' }>;
}

export function IncomingCall({ session, call }: IncomingCallProps) {
  const texts = useTexts();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // Not on a button: what somebody types at this moment must neither accept nor decline.
    heading.current?.focus({ preventScroll: true });
  }, []);
  const t = texts.call;
  return (
    <div className="incoming-call">
      {call.offline && (
        <StatusBanner tone="working" title={t.lost.before.title} advice={t.lost.before.advice} />
      )}
      <div className="incoming-call__card" role="alertdialog" aria-labelledby="incoming-heading">
        <Avatar name={call.peer} size="l" ringing />
        <h1 id="incoming-heading" ref={heading} tabIndex={-1}>
          {t.ringing.heading(call.peer)}
        </h1>
        <p>{t.ringing.advice}</p>
        <ControlBar label={t.ringing.heading(call.peer)}>
          <ControlButton
            icon="hang-up"
            tone="danger"
            label={t.ringing.decline}
            onClick={() => {
              session.decline();
            }}
          />
          <ControlButton
            icon="phone"
            label={t.ringing.acceptVoice}
            onClick={() => {
              session.accept(false);
            }}
          />
          <ControlButton
            icon="camera"
            tone="good"
            label={t.ringing.accept}
            onClick={() => {
              session.accept(true);
            }}
          />
        </ControlBar>
      </div>
    </div>
  );
}
