/**
 * Somebody calls while the user is on another screen: a card above it, which takes nothing away from what is under it.
 * What somebody types at this moment must neither accept nor decline, so the focus stays in a field that has it.
 */
import { useEffect, useRef } from 'react';
import type { CallState } from '../../../protocol/call';
import { Avatar } from '../../components/avatar';
import { Button } from '../../components/button';
import { useTexts } from '../../services';
import type { Answering } from './call-shell';
import type { CallSession } from './call-session';
import './call-shell.css';

export interface RingCardProps {
  readonly call: Extract<CallState, { at: 'ringing' }>;
  readonly session: CallSession;
  readonly answering: Answering;
}

export function RingCard({ call, session, answering }: RingCardProps) {
  const texts = useTexts();
  const t = texts.call.ringing;
  const card = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const dialog = card.current;
    if (dialog === null) return undefined;
    const before = document.activeElement;
    // Under a modal dialog nothing else could be pressed.
    const modal = document.querySelector('dialog:modal') !== null;
    if (modal) dialog.showModal();
    else dialog.show();
    if (!modal && before instanceof HTMLElement && before.matches('input, select, textarea')) before.focus();
    else heading.current?.focus({ preventScroll: true });
    return () => {
      // Gives the focus back to where it was.
      dialog.close();
    };
  }, []);
  const { ends } = answering;
  return (
    <dialog
      ref={card}
      className="ring-card"
      role="alertdialog"
      aria-labelledby="ring-heading"
      aria-describedby="ring-advice"
      onCancel={(event) => {
        // Escape is no answer.
        event.preventDefault();
      }}
    >
      <div className="ring-card__who">
        <Avatar name={call.peer} ringing />
        <div>
          <h2 id="ring-heading" ref={heading} tabIndex={-1}>
            {t.heading(call.peer)}
          </h2>
          <p id="ring-advice" role="status">
            {ends === null || ends.kind === 'call' || ends.kind === 'watch'
              ? t.advice
              : texts.shell.ring.ends[ends.kind]}
          </p>
        </div>
      </div>
      {ends === null ? (
        <div className="ring-card__answers">
          <Button
            variant="danger"
            icon="hang-up"
            onClick={() => {
              session.decline();
            }}
          >
            {t.decline}
          </Button>
          <Button
            icon="phone"
            onClick={() => {
              answering.answer(false);
            }}
          >
            {t.acceptVoice}
          </Button>
          <Button
            variant="primary"
            icon="camera"
            onClick={() => {
              answering.answer(true);
            }}
          >
            {t.accept}
          </Button>
        </div>
      ) : (
        <EndFirst answering={answering} />
      )}
    </dialog>
  );
}

function EndFirst({ answering }: { readonly answering: Answering }) {
  const texts = useTexts();
  const t = texts.shell.ring;
  const first = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The button that was pressed is gone.
    first.current?.querySelector('button')?.focus();
  }, []);
  return (
    <div className="ring-card__answers" ref={first}>
      <Button
        onClick={() => {
          answering.notYet();
        }}
      >
        {t.notYet}
      </Button>
      <Button
        variant="primary"
        icon="phone"
        onClick={() => {
          answering.answer(true);
        }}
      >
        {t.endAndAnswer}
      </Button>
    </div>
  );
}
