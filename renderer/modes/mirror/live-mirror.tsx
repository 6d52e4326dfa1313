/** A running mirror: here and returned, side by side, with the controls under them. */
import { useMemo, useState, type ReactNode } from 'react';
import type { MirrorState } from '../../../protocol/mirror';
import { ConnectionPanel } from '../../components/connection-panel';
import { ControlBar, ControlButton } from '../../components/control-bar';
import { DeviceControl } from '../../components/device-control';
import { trackOf, useTrackStream } from '../../components/device-preview';
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
import { StatusBanner } from '../../components/status-banner';
import { VideoTile } from '../../components/video-tile';
import { useSessionReport } from '../../desktop/use-session-report';
import type { LocalMedia } from '../../media/local-media';
import { inputOf } from '../../recording/composition';
import { RecordControl } from '../../recording/record-control';
import { useServices, useTexts } from '../../services';
import { useStore } from '../../store';
import type { MirrorPath, MirrorSession } from './mirror-session';
import './live-mirror.css';

export interface LiveMirrorProps<P extends MirrorPath> {
  readonly session: MirrorSession<P>;
  readonly media: LocalMedia;
  readonly state: MirrorState;
  readonly onStop: () => void;
  readonly kind?: 'mirror' | 'magic';
  /** Instead of the plain mirror's. */
  readonly title?: string;
  readonly returnedName?: string;
  /** Beside the pictures, such as the hats of the magic mirror. */
  readonly children?: ReactNode;
}

export function LiveMirror<P extends MirrorPath>({
  session,
  media,
  state,
  onStop,
  kind = 'mirror',
  title,
  returnedName,
  children,
}: LiveMirrorProps<P>) {
  const { preferences } = useServices();
  const texts = useTexts();
  const { camera, microphone, muted } = useStore(media);
  const { speaker } = useStore(preferences);
  const panel = useConnectionPanel();
  const returned = useStore(session.returned);
  const stats = useStore(session.stats);
  const heading = useArrivalFocus();
  const [hearing, setHearing] = useState(false);
  const local = useTrackStream(trackOf(camera));
  const returnedVoice = returned?.getAudioTracks()[0] ?? null;
  const t = texts.mirror;
  const soundOnly = camera.at !== 'on';

  const toggleMute = (): void => {
    media.setMuted(!muted);
  };

  useSessionReport(
    {
      at: 'running',
      kind,
      peer: null,
      since: state.at === 'live' ? state.since : null,
      muted: microphone.at === 'on' ? muted : null,
    },
    { 'toggle-mute': toggleMute, 'hang-up': onStop },
  );

  return (
    <LiveSession panel={panel.open ? <ConnectionPanel stats={stats} onClose={panel.onToggle} /> : null}>
      <h1 ref={heading} className="visually-hidden" tabIndex={-1}>
        {title ?? t.title}
      </h1>
      <p className="visually-hidden" role="status">
        {state.at === 'live' ? t.live : ''}
      </p>
      <Interruption state={state} />
      <div className="live-mirror__stage">
        <VideoTile
          stream={local}
          name={t.local}
          mirrored
          muted={muted}
          blank={soundOnly}
          waiting={camera.at === 'starting'}
          placeholder={<strong>{texts.devices.cameraIsOff}</strong>}
        />
        <VideoTile
          stream={returned}
          name={returnedName ?? t.returned}
          sound={hearing}
          speaker={speaker}
          blank={soundOnly}
          waiting={!soundOnly}
          placeholder={<ReturnedPlaceholder state={state} soundOnly={soundOnly} />}
          onFirstFrame={() => {
            performance.mark('callcast:first-frame');
          }}
        >
          {state.at === 'live' && <LiveBadge since={state.since} label={t.live} />}
          <LevelMeter compact track={returnedVoice} label={`${t.returned}: ${texts.devices.level}`} />
        </VideoTile>
      </div>
      {children}
      <ControlBar label={texts.media.controls}>
        <MicrophoneControl media={media} />
        <CameraControl media={media} />
        <ControlButton
          icon="ear"
          label={t.hearYourself}
          on={hearing}
          aria-pressed={hearing}
          onClick={() => {
            setHearing(!hearing);
          }}
        />
        <PanelControl {...panel} />
        <RecordControl
          title={title ?? t.title}
          input={() => inputOf(returned?.getTracks() ?? [])}
          disabled={state.at !== 'live'}
        />
        <DeviceControl media={media} />
        <ControlButton icon="stop" label={t.stop} tone="danger" onClick={onStop} />
      </ControlBar>
      {hearing && <p className="live-mirror__hint">{t.headphones}</p>}
    </LiveSession>
  );
}

function ReturnedPlaceholder({
  state,
  soundOnly,
}: {
  readonly state: MirrorState;
  readonly soundOnly: boolean;
}) {
  const texts = useTexts();
  const t = texts.mirror;
  if (state.at === 'interrupted' || (state.at === 'starting' && state.recovering))
    return <strong>{t.recovering}</strong>;
  if (state.at === 'live' && soundOnly) return <strong>{t.soundOnly}</strong>;
  return <strong>{t.connecting}</strong>;
}

/** What is being waited for, and that the camera is still on. */
function Interruption({ state }: { readonly state: MirrorState }) {
  const { hub } = useServices();
  const texts = useTexts();
  const status = useStore(hub.status);
  const t = texts.mirror;
  const failure = useMemo(
    () => (state.at === 'interrupted' ? texts.errors[state.failure.code] : null),
    [state, texts],
  );
  if (failure !== null) {
    return <StatusBanner tone="working" title={failure.title} advice={`${failure.advice} ${t.stayedOn}`} />;
  }
  if (state.at !== 'starting' || status.at === 'ready') {
    const absent = state.at === 'starting' && status.at === 'ready' && status.mediaServer !== 'ready';
    return absent ? (
      <StatusBanner tone="working" title={t.waitingForMedia} advice={texts.status.mediaAdvice} />
    ) : null;
  }
  return <StatusBanner tone="working" title={t.waitingForHub} advice={texts.status.unreachableAdvice} />;
}
