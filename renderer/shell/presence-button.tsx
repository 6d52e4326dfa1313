/** Whether one can be called, and as whom; pressed, it can be changed. Only for those who chose a name. */
import { useState } from 'react';
import type { CallState, RegistrationState } from '../../protocol/call';
import { Avatar } from '../components/avatar';
import { Dialog } from '../components/dialog';
import { SwitchField } from '../components/switch-field';
import { useServices, useTexts } from '../services';
import { useStore, type Store } from '../store';
import { presenceOf } from './presence';
import './presence-button.css';

const UNREGISTERED: RegistrationState = { at: 'unregistered' };
const IDLE: CallState = { at: 'idle' };
const unregistered: Store<RegistrationState> = { get: () => UNREGISTERED, subscribe: () => () => undefined };
const idle: Store<CallState> = { get: () => IDLE, subscribe: () => () => undefined };

export function PresenceButton() {
  const { calls, preferences } = useServices();
  const texts = useTexts();
  const { callName, availableForCalls, doNotDisturb } = useStore(preferences);
  const desk = useStore(calls.desk);
  const registration = useStore(desk?.registrar.state ?? unregistered);
  const call = useStore(desk?.session.state ?? idle);
  const [open, setOpen] = useState(false);
  if (callName === '') return null;
  const presence = presenceOf(registration, call, { availableForCalls, doNotDisturb });
  const t = texts.shell.presence;
  const close = (): void => {
    setOpen(false);
  };
  return (
    <>
      <button
        type="button"
        className="presence-button"
        data-presence={presence}
        aria-haspopup="dialog"
        aria-label={`${t.label}: ${t.states[presence]}`}
        title={`${callName}: ${t.states[presence]}`}
        onClick={() => {
          setOpen(true);
        }}
      >
        <Avatar name={callName} size="s" />
      </button>
      <Dialog open={open} title={t.states[presence]} onClose={close}>
        <p>{presence === 'taken' ? t.takenAdvice : t.as(callName)}</p>
        <SwitchField
          label={t.available}
          hint={t.availableHint}
          checked={availableForCalls}
          onChange={(on) => {
            preferences.change({ availableForCalls: on });
          }}
        />
        <SwitchField
          label={t.silent}
          hint={t.silentHint}
          checked={doNotDisturb}
          onChange={(on) => {
            preferences.change({ doNotDisturb: on });
          }}
        />
        <p>
          <a href="#/call" onClick={close}>
            {t.people}
          </a>
        </p>
      </Dialog>
    </>
  );
}
