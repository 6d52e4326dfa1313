/** On air: what the viewers see, how many they are, how it goes out, and the controls. */
import { useState } from 'react';
import type { PresenterState } from '../../../protocol/broadcast';
import { ConnectionPanel } from '../../components/connection-panel';
import { ControlBar, ControlButton } from '../../components/control-bar';
import { DeviceControl } from '../../components/device-control';
import { trackOf, useTrackStream } from '../../components/device-preview';
import { Icon } from '../../components/icon';
import { InviteDialog } from '../../components/invite-dialog';
import { LevelMeter } from '../../components/level-meter';
import { LiveBadge } from '../../components/live-badge';
import {
  CameraControl,
  MicrophoneControl,
  PanelControl,
  useArrivalFocus,
  useConnectionPanel,
} from '../../components/live-controls';
import { LiveSession } from '../../components/live-session';
import { ScreenControl } from '../../components/screen-control';
import { StatusBanner } from '../../components/status-banner';
import { VideoTile } from '../../components/video-tile';
import { useSessionReport } from '../../desktop/use-session-report';
import { formatBitrate } from '../../format';
import type { ConnectionStats } from '../../media/connection-stats';
import type { LocalMedia } from '../../media/local-media';
import type { OutgoingMedia } from '../../media/outgoing-media';
import { qualityOf } from '../../media/quality';
import { inputOf } from '../../recording/composition';
import { RecordControl } from '../../recording/record-control';
import { formatRoute } from '../../router';
import { useLanguage, useServices, useTexts } from '../../services';
import { useStore } from '../../store';
import type { ChannelList } from './channels';
import type { PresenterSession } from './presenter-session';

type Running = Exclude<PresenterState, { at: 'idle' | 'ended' }>;

export interface LiveBroadcastProps {
  readonly session: PresenterSession;
  readonly channels: ChannelList;
  readonly media: LocalMedia;
  readonly outgoing: OutgoingMedia;
  readonly state: Running;
  readonly onStop: () => void;
}

export function LiveBroadcast({ session, channels, media, outgoing, state, onStop }: LiveBroadcastProps) {
  const texts = useTexts();
  const { camera, microphone, muted } = useStore(media);
  const screen = useStore(outgoing);
  const panel = useConnectionPanel();
  const stats = useStore(session.stats);
  const onAir = useStore(channels);
  const [inviting, setInviting] = useState(false);
  const heading = useArrivalFocus();
  const shown = useTrackStream(screen.at === 'on' ? screen.track : trackOf(camera));
  const t = texts.broadcast.live;
  const channelName = state.channel === '' ? texts.broadcast.mainChannel : state.channel;
  const viewers = onAir?.find((each) => each.channel === state.channel)?.viewers ?? null;

  const toggleMute = (): void => {
    media.setMuted(!muted);
  };

  useSessionReport(
    {
      at: 'running',
      kind: 'present',
      peer: state.channel === '' ? null : state.channel,
      since: state.since,
      muted: microphone.at === 'on' ? muted : null,
    },
    { 'toggle-mute': toggleMute, 'hang-up': onStop },
  );

  return (
    <LiveSession
      panel={panel.open ? <ConnectionPanel stats={stats} shows="outgoing" onClose={panel.onToggle} /> : null}
    >
      <div className="on-air__head">
        <h1 ref={heading} tabIndex={-1}>
          {t.title(channelName)}
        </h1>
        <Facts stats={stats} viewers={viewers} />
      </div>
      <Interruption state={state} sharing={screen.at === 'on'} />
      <div className="on-air__stage">
        <VideoTile
          stream={shown}
          name={t.you}
          mirrored={screen.at !== 'on'}
          muted={muted || microphone.at !== 'on'}
          blank={shown === null}
          waiting={camera.at === 'starting'}
          placeholder={
            <strong>
              {camera.at === 'off' ? texts.devices.cameraIsOff : texts.broadcast.live.soundOnly}
            </strong>
          }
        >
          {state.at === 'on-air' ? (
            <LiveBadge since={state.since} label={t.onAir} />
          ) : (
            <span className="live-badge" role="status">
              {t.starting}
            </span>
          )}
          {microphone.at === 'on' && (
            <LevelMeter compact track={muted ? null : microphone.track} label={texts.devices.level} />
          )}
        </VideoTile>
      </div>
      <ControlBar label={texts.media.controls}>
        <MicrophoneControl media={media} />
        <CameraControl media={media} replaced={screen.at === 'on'} />
        <ScreenControl outgoing={outgoing} />
        <ControlButton
          icon="link"
          label={t.share}
          aria-haspopup="dialog"
          onClick={() => {
            setInviting(true);
          }}
        />
        <PanelControl {...panel} />
        <RecordControl title={channelName} input={() => ({ ...inputOf(outgoing.tracks), screens: true })} />
        <DeviceControl media={media} />
        <ControlButton icon="stop" label={t.stop} tone="danger" onClick={onStop} />
      </ControlBar>
      <InviteDialog
        open={inviting}
        route={formatRoute('broadcast', 'watch', state.channel)}
        target={{ mode: 'watch', name: state.channel }}
        onClose={() => {
          setInviting(false);
        }}
      />
    </LiveSession>
  );
}

/** The numbers that a presenter wants without opening anything. */
function Facts({
  stats,
  viewers,
}: {
  readonly stats: ConnectionStats | null;
  readonly viewers: number | null;
}) {
  const texts = useTexts();
  const language = useLanguage();
  const t = texts.broadcast.live;
  const outgoing = stats?.outgoing ?? null;
  const quality = qualityOf(stats);
  return (
    <ul className="on-air__facts">
      <li>
        <Icon name="people" />
        <span role="status">{viewers === null ? t.viewersUnknown : t.viewers(viewers)}</span>
      </li>
      <li className={`on-air__quality on-air__quality--${quality}`}>
        <span className="on-air__quality-dot" aria-hidden="true" />
        {texts.connection.quality[quality]}
      </li>
      {outgoing !== null && (
        <li className="numeric">
          <span className="visually-hidden">{t.outgoing}: </span>
          {formatBitrate(outgoing.bitrate, texts, language)}
          {outgoing.height !== null && outgoing.width !== null && ` · ${outgoing.width} × ${outgoing.height}`}
        </li>
      )}
    </ul>
  );
}

function Interruption({ state, sharing }: { readonly state: Running; readonly sharing: boolean }) {
  const { hub } = useServices();
  const texts = useTexts();
  const status = useStore(hub.status);
  const t = texts.broadcast.live;
  const recovering = state.since !== null && state.at !== 'on-air';
  const stayed = sharing ? t.stayedOnScreen : t.stayedOn;
  if (state.at === 'interrupted' || recovering) {
    const hubAway = status.at !== 'ready';
    const cause = hubAway ? t.waitingForHub : status.mediaServer === 'ready' ? '' : t.waitingForMedia;
    return <StatusBanner tone="working" title={t.interrupted} advice={`${cause} ${stayed}`.trim()} />;
  }
  if (state.at !== 'starting' || (status.at === 'ready' && status.mediaServer === 'ready')) return null;
  return status.at === 'ready' ? (
    <StatusBanner tone="working" title={t.waitingForMedia} advice={texts.status.mediaAdvice} />
  ) : (
    <StatusBanner tone="working" title={t.waitingForHub} advice={texts.status.unreachableAdvice} />
  );
}
