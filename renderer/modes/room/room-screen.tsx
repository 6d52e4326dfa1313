/** Room: a name and a preview, a wait with a link to send, then the other one, directly. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { MeetingState } from '../../../protocol/room';
import { cleanName } from '../../../protocol/names';
import { SessionSetup } from '../../components/session-setup';
import { StatusBanner } from '../../components/status-banner';
import { Button } from '../../components/button';
import { openDirectPeer } from '../../media/direct-peer';
import { asRtcServers } from '../../media/ice-servers';
import type { LocalMedia } from '../../media/local-media';
import { onNetworkChange } from '../../media/network-changes';
import type { OutgoingMedia } from '../../media/outgoing-media';
import { useServices, useTexts } from '../../services';
import { useStore, type Store } from '../../store';
import { useResource } from '../../use-resource';
import type { ModeScreenProps } from '..';
import { InRoom } from './in-room';
import { RoomNameField } from './room-name-field';
import { ServersControl } from './servers-control';
import { followPresence } from '../../media/own-presence';
import { isInside, RoomSession } from './room-session';
import './room-screen.css';

export default function RoomScreen({ rest }: ModeScreenProps) {
  const services = useServices();
  const address = useStore(services.platform.hub);
  const devices = useResource(() => {
    const media = services.openLocalMedia();
    const outgoing = services.openOutgoingMedia(media);
    return {
      media,
      outgoing,
      close() {
        outgoing.close();
        media.close();
      },
    };
  }, 'devices');
  // The link opens with the screen, so that the button costs no round trip for it.
  const room = useResource(
    () => {
      if (devices === null) return null;
      const client = services.hub.open('/room');
      if (client === null) return null;
      const presence = followPresence(devices.media, devices.outgoing);
      const session = new RoomSession({
        client,
        media: devices.outgoing,
        presence,
        openPeer: openDirectPeer,
        iceServers: () => asRtcServers(services.preferences.get().iceServers),
        timers: services.timers,
      });
      const stopListening = onNetworkChange(window, () => {
        session.networkChanged();
      });
      return {
        session,
        close() {
          stopListening();
          session.close();
          presence.close();
          client.close();
        },
      };
    },
    useMemo(() => ({ address, devices }), [address, devices]),
  );
  if (devices === null) return null;
  return (
    <Room
      asked={rest[0] ?? ''}
      media={devices.media}
      outgoing={devices.outgoing}
      session={room?.session ?? null}
    />
  );
}

const IDLE: MeetingState = { at: 'idle' };
const idle: Store<MeetingState> = { get: () => IDLE, subscribe: () => () => undefined };

interface RoomProps {
  /** The room that the link names; empty without one. */
  readonly asked: string;
  readonly media: LocalMedia;
  readonly outgoing: OutgoingMedia;
  readonly session: RoomSession | null;
}

function Room({ asked, media, outgoing, session }: RoomProps) {
  const { router, sessions } = useServices();
  const texts = useTexts();
  const state = useStore(session?.state ?? idle);
  const [name, setName] = useState(asked);
  const [wrong, setWrong] = useState(false);
  const [left, setLeft] = useState(false);
  useEffect(() => {
    void media.open();
  }, [media]);
  useFollowedLink(asked, state, session, setName);
  const t = texts.room;

  const enter = (): void => {
    const room = cleanName(name);
    setWrong(room === null);
    if (room === null || session === null) return;
    sessions.begin('room', () => {
      // After leaving, the devices are off until one goes in again.
      if (left) void media.open();
      setName(room);
      session.join(room);
      router.go('room', room);
    });
  };
  const leave = (): void => {
    session?.leave();
    outgoing.release();
    media.release();
    setLeft(true);
  };

  if (session !== null && isInside(state)) {
    return <InRoom session={session} state={state} media={media} outgoing={outgoing} onLeave={leave} />;
  }
  return (
    <SessionSetup
      title={asked === '' ? t.title : t.titleOf(asked)}
      lead={t.lead}
      media={media}
      notices={<Outcome state={state} onAgain={enter} />}
      action={left ? t.again : t.enter}
      actionIcon="arrow-right"
      focused={left}
      disabled={session === null}
      onAction={enter}
    >
      <RoomNameField
        value={name}
        error={wrong ? t.name.invalid : null}
        onChange={(value) => {
          setName(value);
          setWrong(false);
        }}
        onSubmit={enter}
      />
      <ServersControl />
    </SessionSetup>
  );
}

/** Another link was followed while this screen was open: out of the old room, to the door of the new one. */
function useFollowedLink(
  asked: string,
  state: MeetingState,
  session: RoomSession | null,
  setName: (name: string) => void,
): void {
  const current = useRef(state);
  useEffect(() => {
    current.current = state;
  });
  useEffect(() => {
    const now = current.current;
    if (now.at !== 'idle' && now.room === asked) return;
    if (now.at !== 'idle') session?.leave();
    if (asked !== '') setName(asked);
  }, [asked, session, setName]);
}

/** Why one is not inside. */
function Outcome({ state, onAgain }: { readonly state: MeetingState; readonly onAgain: () => void }) {
  const texts = useTexts();
  if (state.at === 'full') {
    const { title, advice, action } = texts.room.full;
    return (
      <StatusBanner tone="warn" title={title} advice={advice}>
        <Button icon="refresh" onClick={onAgain}>
          {action}
        </Button>
      </StatusBanner>
    );
  }
  if (state.at !== 'ended') return null;
  const { title, advice } = texts.errors[state.why];
  return <StatusBanner tone="bad" title={title} advice={advice} />;
}
