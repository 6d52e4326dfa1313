/**
 * Call by state: without a name the form for it, else the people and the calls of late, and whatever call there is.
 * `#/call/NAME` has that name ready to be called. The desk outlives this screen (shell/calls.ts).
 */
import { useState } from 'react';
import type { ModeScreenProps } from '..';
import { IDLE, type CallState, type RegistrationState } from '../../../protocol/call';
import { useServices } from '../../services';
import { useStore, type Store } from '../../store';
import { CallLobby } from './call-lobby';
import { IncomingCall } from './incoming-call';
import { LiveCall } from './live-call';
import { NameForm } from './name-form';
import './call.css';

export default function CallScreen({ rest }: ModeScreenProps) {
  const { calls, preferences } = useServices();
  const desk = useStore(calls.desk);
  const { callName } = useStore(preferences);
  const registration = useStore(desk?.registrar.state ?? unregistered);
  const call = useStore(desk?.session.state ?? idle);
  /** The name that the user is about to change. */
  const [before, setBefore] = useState<string | null>(null);

  if (desk === null) return <NameForm desk={null} registration={registration} before={null} />;
  switch (call.at) {
    case 'ringing':
      return <IncomingCall session={desk.session} call={call} />;
    case 'dialing':
    case 'connecting':
    case 'live':
    case 'interrupted':
      return <LiveCall desk={desk} call={call} />;
    case 'idle':
    case 'ended':
      break;
  }
  if (before === null && isKnown(registration))
    return (
      <CallLobby
        desk={desk}
        call={call}
        registration={registration}
        wanted={rest[0] ?? ''}
        onChangeName={() => {
          setBefore(registration.name);
        }}
      />
    );
  return (
    <NameForm
      desk={desk}
      registration={registration}
      before={before}
      onDone={(name) => {
        // While another name is asked for, this user stays in the form; with the old one they go back at once.
        setBefore(null);
        if (name === before && name !== callName) desk.goOnline(name);
      }}
    />
  );
}

/** Whether the hub has accepted the name once; a lost connection does not take it away. */
function isKnown(
  state: RegistrationState,
): state is Extract<RegistrationState, { at: 'registered' | 'offline' | 'registering' }> {
  return (
    state.at === 'registered' ||
    state.at === 'offline' ||
    (state.at === 'registering' && state.secret !== undefined)
  );
}

const UNREGISTERED: RegistrationState = { at: 'unregistered' };
const unregistered: Store<RegistrationState> = {
  get: () => UNREGISTERED,
  subscribe: () => () => undefined,
};
const idle: Store<CallState> = { get: () => IDLE, subscribe: () => () => undefined };
