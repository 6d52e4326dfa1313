/** Inside a room: waiting with a link to send, or with the other one; controls, chat and connection panel. */
import { useEffect, useState } from 'react';
import { ConnectionPanel } from '../../components/connection-panel';
import { ControlBar, ControlButton } from '../../components/control-bar';
import { DeviceControl } from '../../components/device-control';
import { Invitation } from '../../components/invite-dialog';
import { CameraControl, PanelControl, useArrivalFocus } from '../../components/live-controls';
import { LiveSession } from '../../components/live-session';
import { ScreenControl } from '../../components/screen-control';
import { StatusBanner } from '../../components/status-banner';
import { useSessionReport } from '../../desktop/use-session-report';
import type { LocalMedia } from '../../media/local-media';
import type { OutgoingMedia } from '../../media/outgoing-media';
import { inputOfTwo } from '../../recording/composition';
import { RecordControl } from '../../recording/record-control';
import { formatRoute } from '../../router';
import { useServices, useTexts } from '../../services';
import { useStore } from '../../store';
import { useShortcuts } from '../../use-shortcuts';
import { ChatPanel } from './chat-panel';
import { MeetingStage } from './meeting-stage';
import type { InsideState, RoomSession } from './room-session';
import { WaitingStage } from './waiting-stage';
import './in-room.css';

export interface InRoomProps {
  readonly session: RoomSession;
  readonly state: InsideState;
  readonly media: LocalMedia;
  readonly outgoing: OutgoingMedia;
  readonly onLeave: () => void;
}

type Panel = 'chat' | 'connection' | null;

export function InRoom({ session, state, media, outgoing, onLeave }: InRoomProps) {
  const texts = useTexts();
  const { microphone, muted } = useStore(media);
  const remote = useStore(session.remote);
  const stats = useStore(session.stats);
  const { unread } = useStore(session.chat);
  const [panel, setPanel] = useState<Panel>(null);
  const heading = useArrivalFocus();
  useEffect(() => {
    if (panel === 'chat' && unread > 0) session.chat.read();
  }, [panel, unread, session]);
  const arrival = useArrivals(state);
  const t = texts.room;

  const toggleMute = (): void => {
    media.setMuted(!muted);
  };
  const toggle = (which: Panel) => (): void => {
    setPanel(panel === which ? null : which);
  };
  useShortcuts(
    new Map([
      ['m', toggleMute],
      ['c', toggle('chat')],
    ]),
  );

  const together = remote !== null;
  useSessionReport(
    {
      at: 'running',
      kind: 'room',
      peer: state.room,
      since: state.at === 'live' || state.at === 'interrupted' ? state.since : null,
      muted: microphone.at === 'on' ? muted : null,
    },
    { 'toggle-mute': toggleMute, 'hang-up': onLeave },
  );
  return (
    <LiveSession
      panel={
        panel === 'chat' ? (
          <ChatPanel session={session} onClose={toggle('chat')} />
        ) : (
          panel && <ConnectionPanel stats={stats} onClose={toggle('connection')} />
        )
      }
    >
      <h1 ref={heading} className="visually-hidden" tabIndex={-1}>
        {t.titleOf(state.room)}
      </h1>
      <p className="visually-hidden" role="status">
        {arrival}
      </p>
      <Trouble state={state} />
      {together ? (
        <MeetingStage session={session} state={state} media={media} outgoing={outgoing} />
      ) : (
        <WaitingStage state={state} media={media} outgoing={outgoing}>
          <Invitation
            route={formatRoute('room', state.room)}
            target={{ mode: 'room', name: state.room }}
            label={t.waiting.link}
          />
        </WaitingStage>
      )}
      <ControlBar label={texts.media.controls}>
        <ControlButton
          icon={muted ? 'microphone-off' : 'microphone'}
          label={muted ? texts.media.unmute : texts.media.mute}
          off={muted || microphone.at !== 'on'}
          shortcut="M"
          disabled={microphone.at !== 'on'}
          onClick={toggleMute}
        />
        <CameraControl media={media} />
        <ScreenControl outgoing={outgoing} />
        <ControlButton
          icon="chat"
          label={t.chat.open}
          on={panel === 'chat'}
          aria-pressed={panel === 'chat'}
          aria-describedby={unread > 0 ? 'room-unread' : undefined}
          shortcut="C"
          badge={panel === 'chat' ? 0 : unread}
          onClick={toggle('chat')}
        />
        <PanelControl open={panel === 'connection'} onToggle={toggle('connection')} />
        <RecordControl
          title={state.room}
          input={() => inputOfTwo(remote?.getTracks() ?? [], outgoing.tracks)}
          disabled={!together}
        />
        <DeviceControl media={media} />
        <ControlButton icon="hang-up" label={t.leave} tone="danger" onClick={onLeave} />
      </ControlBar>
      <p id="room-unread" className="visually-hidden" role="status">
        {unread > 0 && panel !== 'chat' ? t.chat.unread(unread) : ''}
      </p>
    </LiveSession>
  );
}

/** Coming and going, in words for who does not see it. */
function useArrivals(state: InsideState): string {
  const texts = useTexts();
  if (state.at === 'live') return texts.room.arrived;
  return state.at === 'waiting' && state.after === 'meeting' ? texts.room.left : '';
}

/** Without a connection for so long, something is in the way. */
const SLOW_MS = 12_000;

function Trouble({ state }: { readonly state: InsideState }) {
  const { timers, hub } = useServices();
  const texts = useTexts();
  const status = useStore(hub.status);
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    if (state.at !== 'connecting') return undefined;
    return timers.after(SLOW_MS, () => {
      setSlow(true);
    });
  }, [state.at, timers]);
  const t = texts.room;
  if (state.at === 'interrupted')
    return <StatusBanner tone="working" title={t.interrupted.title} advice={t.interrupted.advice} />;
  const away = state.at === 'offline' || (state.at === 'joining' && status.at !== 'ready');
  if (away) return <StatusBanner tone="working" title={t.offline.title} advice={t.offline.advice} />;
  if (slow) return <StatusBanner tone="warn" title={t.slow.title} advice={t.slow.advice} />;
  return null;
}
