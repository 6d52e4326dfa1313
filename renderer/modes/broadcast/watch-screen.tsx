/** Watching a channel: it starts by itself, now or when somebody goes on air, and comes back after interruptions. */
import { useEffect, useRef, useState } from 'react';
import type { WatcherState } from '../../../protocol/broadcast';
import { Button } from '../../components/button';
import { ConnectionPanel } from '../../components/connection-panel';
import { ControlBar, ControlButton } from '../../components/control-bar';
import { FailureBanner } from '../../components/failure-banner';
import { LiveBadge } from '../../components/live-badge';
import { PanelControl, useConnectionPanel } from '../../components/live-controls';
import { LiveSession } from '../../components/live-session';
import { useIsMuteOfPictures } from '../../components/picture-flow';
import { StatusBanner } from '../../components/status-banner';
import { VideoTile } from '../../components/video-tile';
import { useSessionReport } from '../../desktop/use-session-report';
import { inputOf } from '../../recording/composition';
import { RecordControl } from '../../recording/record-control';
import { useServices, useTexts } from '../../services';
import { HubBanner } from '../../shell/hub-banner';
import { useStore } from '../../store';
import { useShortcuts } from '../../use-shortcuts';
import { BroadcastPicture } from '../pictures';
import { ChannelCards } from './lobby';
import { useBroadcast, useStoreOrNull, type BroadcastLink } from './use-broadcast';
import { WatcherSession } from './watcher-session';
import './broadcast.css';

export function WatchScreen({ channel }: { readonly channel: string }) {
  const link = useBroadcast((client, { openPeer, timers }) => {
    const session = new WatcherSession({ client, openPeer, timers, random: Math.random });
    session.watch(channel);
    return session;
  }, channel);
  return <Watch channel={channel} link={link} />;
}

interface WatchProps {
  readonly channel: string;
  readonly link: BroadcastLink<WatcherSession> | null;
}

function Watch({ channel, link }: WatchProps) {
  const { preferences, router } = useServices();
  const texts = useTexts();
  const state: WatcherState = useStoreOrNull(link?.session.state) ?? { at: 'connecting', channel };
  const picture = useStoreOrNull(link?.session.picture);
  const stats = useStoreOrNull(link?.session.stats);
  const others = (useStoreOrNull(link?.channels) ?? []).filter((each) => each.channel !== channel);
  const { volume, speaker } = useStore(preferences);
  const panel = useConnectionPanel();
  const [silent, setSilent] = useState(false);
  const [video, setVideo] = useState<HTMLVideoElement | null>(null);
  const soundOnly = useIsMuteOfPictures(stats);
  const stage = useRef<HTMLDivElement>(null);
  const full = useFullScreen(stage);
  const t = texts.broadcast.watch;
  const name = channel === '' ? texts.broadcast.mainChannel : channel;
  const live = state.at === 'live';
  const toggleSound = (): void => {
    setSilent(!silent);
  };
  const leave = (): void => {
    link?.session.leave();
    router.go('broadcast');
  };
  useSessionReport(
    live
      ? {
          at: 'running',
          kind: 'watch',
          peer: channel === '' ? null : channel,
          since: state.since,
          muted: null,
        }
      : { at: 'idle' },
    { 'hang-up': leave },
  );
  useShortcuts(
    new Map([
      ['m', toggleSound],
      ['f', full.toggle],
    ]),
  );

  return (
    <>
      <LiveSession
        panel={
          panel.open ? <ConnectionPanel stats={stats} shows="incoming" onClose={panel.onToggle} /> : null
        }
      >
        <div className="watch__head">
          <h1>{t.title(name)}</h1>
          <a href="#/broadcast">{t.others}</a>
        </div>
        <Notices state={state} onAgain={() => link?.session.watch(channel)} />
        <div className="watch__stage" ref={stage}>
          <VideoTile
            stream={picture}
            name={name}
            sound={!silent}
            volume={volume}
            speaker={speaker}
            blank={!live || soundOnly}
            waiting={state.at === 'connecting' || state.at === 'interrupted' || (live && !soundOnly)}
            placeholder={<Placeholder state={state} soundOnly={soundOnly} />}
            onVideo={setVideo}
          >
            {live && <LiveBadge since={state.since} label={t.live} />}
          </VideoTile>
          <ControlBar label={texts.media.controls}>
            <ControlButton
              icon={silent ? 'speaker-off' : 'speaker'}
              label={silent ? t.sound : t.silence}
              off={silent}
              shortcut="M"
              onClick={toggleSound}
            />
            <label className="watch__volume">
              <span>{t.volume}</span>
              <input
                type="range"
                min={0}
                max={100}
                step={1}
                value={Math.round(volume * 100)}
                onChange={(event) => {
                  preferences.change({ volume: Number(event.target.value) / 100 });
                  setSilent(false);
                }}
              />
            </label>
            {full.supported && (
              <ControlButton
                icon="full-screen"
                label={full.on ? t.leaveFullScreen : t.fullScreen}
                on={full.on}
                shortcut="F"
                onClick={full.toggle}
              />
            )}
            <PictureInPicture video={video} disabled={!live} />
            <RecordControl title={name} input={() => inputOf(picture?.getTracks() ?? [])} disabled={!live} />
            <PanelControl {...panel} />
            <ControlButton icon="stop" label={t.leave} tone="danger" onClick={leave} />
          </ControlBar>
        </div>
      </LiveSession>
      {others.length > 0 && (
        <section className="watch__others" aria-labelledby="others-heading">
          <h2 id="others-heading">{t.otherChannels}</h2>
          <ChannelCards channels={others} />
        </section>
      )}
    </>
  );
}

function Notices({ state, onAgain }: { readonly state: WatcherState; readonly onAgain: () => void }) {
  const texts = useTexts();
  const t = texts.broadcast.watch;
  if (state.at === 'ended') {
    return (
      <FailureBanner failure={{ code: state.why, message: '', retryable: true }}>
        <Button icon="refresh" onClick={onAgain}>
          {t.again}
        </Button>
      </FailureBanner>
    );
  }
  if (state.at === 'interrupted') {
    const code = state.why === 'socket' ? 'hub-unreachable' : 'media-server-unavailable';
    return <StatusBanner tone="working" title={t.interrupted} advice={texts.errors[code].advice} />;
  }
  return <HubBanner />;
}

function Placeholder({ state, soundOnly }: { readonly state: WatcherState; readonly soundOnly: boolean }) {
  const texts = useTexts();
  const t = texts.broadcast.watch;
  switch (state.at) {
    case 'waiting': {
      const over = state.after === 'broadcast';
      return (
        <div className="watch__waiting" role="status">
          <BroadcastPicture />
          <strong>{over ? t.over : t.waiting}</strong>
          <p>{over ? t.overAdvice : t.waitingAdvice}</p>
        </div>
      );
    }
    case 'interrupted':
      return <strong>{t.recovering}</strong>;
    case 'ended':
      return <strong>{texts.errors[state.why].title}</strong>;
    case 'live':
      return <strong>{soundOnly ? t.soundOnly : t.connecting}</strong>;
    case 'idle':
    case 'connecting':
      return <strong>{t.connecting}</strong>;
  }
}

/** The stage with its controls fills the screen, so that volume and the way back stay at hand. */
function useFullScreen(stage: { readonly current: HTMLElement | null }) {
  const [on, setOn] = useState(false);
  useEffect(() => {
    const changed = (): void => {
      setOn(document.fullscreenElement !== null);
    };
    document.addEventListener('fullscreenchange', changed);
    return () => {
      document.removeEventListener('fullscreenchange', changed);
    };
  }, []);
  return {
    on,
    // Phones of one maker have none, whatever the types say.
    supported: (document.fullscreenEnabled as boolean | undefined) === true,
    toggle: (): void => {
      if (document.fullscreenElement !== null) void document.exitFullscreen().catch(() => undefined);
      else void stage.current?.requestFullscreen().catch(() => undefined);
    },
  };
}

function PictureInPicture({
  video,
  disabled,
}: {
  readonly video: HTMLVideoElement | null;
  readonly disabled: boolean;
}) {
  const texts = useTexts();
  const [on, setOn] = useState(false);
  useEffect(() => {
    if (video === null) return undefined;
    const enter = (): void => {
      setOn(true);
    };
    const leave = (): void => {
      setOn(false);
    };
    video.addEventListener('enterpictureinpicture', enter);
    video.addEventListener('leavepictureinpicture', leave);
    return () => {
      video.removeEventListener('enterpictureinpicture', enter);
      video.removeEventListener('leavepictureinpicture', leave);
    };
  }, [video]);
  if ((document.pictureInPictureEnabled as boolean | undefined) !== true) return null;
  return (
    <ControlButton
      icon="picture-in-picture"
      label={texts.media.pictureInPicture}
      on={on}
      aria-pressed={on}
      disabled={disabled || video === null}
      onClick={() => {
        if (on) void document.exitPictureInPicture().catch(() => undefined);
        else void video?.requestPictureInPicture().catch(() => undefined);
      }}
    />
  );
}
