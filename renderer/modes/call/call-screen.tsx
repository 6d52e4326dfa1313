/**
 * Call by state: without a name the form for it, else the people and the calls of late, and whatever call there is.
 * `#/call/NAME` has that name ready to be called.
 */
import { useEffect, useMemo } from 'react';
import type { ModeScreenProps } from '..';
import { IDLE, type CallState, type RegistrationState } from '../../../protocol/call';
import { openToneOutput, playTone } from '../../media/tones';
import { useServices, useTexts, type Services } from '../../services';
import { useStore, type Store } from '../../store';
import { useResource } from '../../use-resource';
import { CallLobby } from './call-lobby';
import { CallSession } from './call-session';
import { openCallSounds } from './call-sounds';
import { IncomingCall } from './incoming-call';
import { LiveCall } from './live-call';
import { NameForm } from './name-form';
import { openRecentCalls } from './recent-calls';
import { Registrar } from './registrar';
import './call.css';

/** Everything that a user of this screen has, until they leave it. */
function openDesk(services: Services) {
  const { hub, timers, storage, preferences } = services;
  const client = hub.open('/one2one');
  if (client === null) return null;
  const media = services.openLocalMedia();
  const outgoing = services.openOutgoingMedia(media);
  const registrar = new Registrar({ client, storage: storage.session });
  const recent = openRecentCalls(storage.local);
  const sounds = openCallSounds((tone) => {
    const { speaker, ringDevice, doNotDisturb } = preferences.get();
    if (tone !== 'ringtone') return playTone(tone, openToneOutput(speaker), timers);
    if (doNotDisturb) return () => undefined;
    return playTone(tone, openToneOutput(ringDevice === '' ? speaker : ringDevice), timers);
  });
  const session = new CallSession({
    client,
    media: outgoing,
    openDevices: (withCamera) => (withCamera ? media.open() : media.reopen('microphone')),
    releaseDevices: () => {
      outgoing.release();
      media.release();
      media.setMuted(false);
    },
    ownName: () => {
      const state = registrar.state.get();
      return 'name' in state ? state.name : '';
    },
    newCallId: () => crypto.randomUUID(),
    openPeer: services.openPeer,
    timers,
  });
  session.onTransition((from, to) => {
    sounds.step(from, to);
    recent.step(from, to, timers.now());
  });
  return {
    media,
    outgoing,
    registrar,
    recent,
    session,
    close() {
      sounds.close();
      session.close();
      registrar.close();
      client.close();
      outgoing.close();
      media.close();
    },
  };
}
export type Desk = NonNullable<ReturnType<typeof openDesk>>;

export default function CallScreen({ rest }: ModeScreenProps) {
  const services = useServices();
  const address = useStore(services.platform.hub);
  const desk = useResource(
    () => openDesk(services),
    useMemo(() => ({ address }), [address]),
  );
  const registration = useStore(desk?.registrar.state ?? unregistered);
  const call = useStore(desk?.session.state ?? idle);
  useRingingTitle(call);

  if (desk === null) return <NameForm registrar={null} registration={registration} />;
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
      return isKnown(registration) ? (
        <CallLobby desk={desk} call={call} registration={registration} wanted={rest[0] ?? ''} />
      ) : (
        <NameForm registrar={desk.registrar} registration={registration} />
      );
  }
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

/** Seen from another tab. */
function useRingingTitle(call: CallState): void {
  const texts = useTexts();
  const title = call.at === 'ringing' ? texts.call.ringing.title(call.peer) : null;
  useEffect(() => {
    if (title === null) return undefined;
    const before = document.title;
    document.title = title;
    return () => {
      document.title = before;
    };
  }, [title]);
}
