/** Going on air: a preview of camera or screen, the channel, one button; then the broadcast itself. */
import { useEffect, useMemo, useState } from 'react';
import type { PresenterState } from '../../../protocol/broadcast';
import { cleanName } from '../../../protocol/names';
import { Button } from '../../components/button';
import { useTrackStream } from '../../components/device-preview';
import { FailureBanner } from '../../components/failure-banner';
import { TextField } from '../../components/field';
import { useScreenFailures } from '../../components/screen-control';
import { SessionSetup } from '../../components/session-setup';
import { StatusBanner } from '../../components/status-banner';
import { VideoTile } from '../../components/video-tile';
import { formatDuration } from '../../format';
import type { LocalMedia } from '../../media/local-media';
import type { OutgoingMedia } from '../../media/outgoing-media';
import { useServices, useTexts } from '../../services';
import { useStore } from '../../store';
import { useResource } from '../../use-resource';
import { LiveBroadcast } from './live-broadcast';
import { PresenterSession } from './presenter-session';
import { useBroadcast, useStoreOrNull, type BroadcastLink } from './use-broadcast';
import './broadcast.css';

export function PresentScreen() {
  const services = useServices();
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
  const link = useBroadcast(
    (client, { timers }) =>
      new PresenterSession({
        client,
        media: devices?.outgoing ?? NOTHING_TO_SEND,
        openPeer: services.openPeer,
        timers,
        random: Math.random,
      }),
    devices,
  );
  if (devices === null) return null;
  return <Present media={devices.media} outgoing={devices.outgoing} link={link} />;
}

const NOTHING_TO_SEND: Pick<OutgoingMedia, 'tracks' | 'ready' | 'onTrack'> = {
  tracks: [],
  ready: () => Promise.resolve(),
  onTrack: () => () => undefined,
};

interface PresentProps {
  readonly media: LocalMedia;
  readonly outgoing: OutgoingMedia;
  readonly link: BroadcastLink<PresenterSession> | null;
}

const IDLE: PresenterState = { at: 'idle' };

function Present({ media, outgoing, link }: PresentProps) {
  const { sessions } = useServices();
  const texts = useTexts();
  const state = useStoreOrNull(link?.session.state) ?? IDLE;
  const wire = useStoreOrNull(link?.client.state);
  const [channel, setChannel] = useState('');
  const ownKey = useOwnKey();
  const [typedKey, setKey] = useState<string | null>(null);
  const key = typedKey ?? ownKey;
  /** Whether the last attempt had a key. */
  const [offeredKey, setOfferedKey] = useState(false);
  const [wrong, setWrong] = useState<'channel' | 'key' | null>(null);
  const screen = useStore(outgoing);
  const t = texts.broadcast;
  useEffect(() => {
    void media.open();
  }, [media]);

  if (link !== null && state.at !== 'idle' && state.at !== 'ended') {
    return (
      <LiveBroadcast
        session={link.session}
        channels={link.channels}
        media={media}
        outgoing={outgoing}
        state={state}
        onStop={() => {
          link.session.stop();
          outgoing.release();
          media.release();
        }}
      />
    );
  }

  const refusedKey =
    state.at === 'ended' && (state.why === 'presenter-key-wrong' || state.why === 'too-many-guesses')
      ? state.why
      : null;
  // A hub whose owner has just set a key says so when it refuses.
  const keyMissing = refusedKey === 'presenter-key-wrong' && !offeredKey;
  const keyNeeded = (wire?.at === 'ready' && wire.welcome.presenterKeyRequired) || refusedKey !== null;
  function goOnAir(): void {
    const clean = channel.trim() === '' ? '' : cleanName(channel);
    if (clean === null) return setWrong('channel');
    if (keyNeeded && key.trim() === '') return setWrong('key');
    setWrong(null);
    sessions.begin('present', () => {
      setOfferedKey(key.trim() !== '');
      link?.session.present(clean, key.trim());
    });
  }

  return (
    <SessionSetup
      title={t.setup.title}
      lead={t.setup.lead}
      media={media}
      notices={
        keyMissing ? (
          <StatusBanner tone="info" title={t.key.needed} advice={t.key.hint} />
        ) : (
          <Ended state={state} reference={link?.session.reference} />
        )
      }
      preview={screen.at === 'on' ? <ScreenPreview outgoing={outgoing} track={screen.track} /> : undefined}
      complete={screen.at === 'on'}
      action={state.at === 'ended' ? t.setup.again : t.setup.start}
      focused={state.at === 'ended'}
      disabled={link === null}
      onAction={goOnAir}
    >
      <SourceChoice outgoing={outgoing} />
      <TextField
        label={t.channel.label}
        hint={t.channel.hint}
        placeholder={t.mainChannel}
        error={wrong === 'channel' ? t.channel.invalid : null}
        value={channel}
        maxLength={64}
        autoComplete="off"
        onChange={(event) => {
          setChannel(event.target.value);
          setWrong(null);
        }}
      />
      {keyNeeded && (
        <TextField
          label={t.key.label}
          hint={t.key.hint}
          error={
            wrong === 'key' || keyMissing
              ? t.key.missing
              : refusedKey !== null
                ? texts.errors[refusedKey].title
                : null
          }
          type="password"
          value={key}
          maxLength={256}
          autoComplete="off"
          onChange={(event) => {
            setKey(event.target.value);
            setWrong(null);
          }}
        />
      )}
    </SessionSetup>
  );
}

/** Whoever set the key of this computer's hub need not type it here as well. */
function useOwnKey(): string {
  const { preferences } = useServices();
  const { remoteHub, presenterKey } = useStore(preferences);
  // One of the command line is not known here, and counts more than the kept one.
  const locked = preferences.app?.get().locked.presenterKey !== undefined;
  return remoteHub === null && !locked ? presenterKey : '';
}

function SourceChoice({ outgoing }: { readonly outgoing: OutgoingMedia }) {
  const texts = useTexts();
  const screen = useStore(outgoing);
  useScreenFailures(outgoing);
  const t = texts.broadcast.source;
  const on = screen.at === 'on';
  return (
    <fieldset className="source-choice">
      <legend>{t.label}</legend>
      <Button
        icon="camera"
        aria-pressed={!on}
        onClick={() => {
          if (on) outgoing.stopSharing();
        }}
      >
        {t.camera}
      </Button>
      <Button
        icon="screen"
        aria-pressed={on}
        disabled={!outgoing.supported}
        busy={screen.at === 'choosing'}
        onClick={() => void outgoing.share()}
      >
        {t.screen}
      </Button>
    </fieldset>
  );
}

function ScreenPreview({
  outgoing,
  track,
}: {
  readonly outgoing: OutgoingMedia;
  readonly track: MediaStreamTrack;
}) {
  const texts = useTexts();
  const stream = useTrackStream(track);
  return (
    <div className="screen-preview">
      <VideoTile stream={stream} name={texts.broadcast.source.screen} waiting />
      <Button icon="screen" onClick={() => void outgoing.share()}>
        {texts.broadcast.source.changeScreen}
      </Button>
    </div>
  );
}

function Ended({
  state,
  reference,
}: {
  readonly state: PresenterState;
  readonly reference?: string | undefined;
}) {
  const texts = useTexts();
  const failure = useMemo(
    () =>
      state.at === 'ended' && state.why !== 'stopped'
        ? {
            code: state.why,
            message: '',
            retryable: true,
            ...(reference === undefined ? {} : { ref: reference }),
          }
        : null,
    [state, reference],
  );
  if (state.at !== 'ended') return null;
  if (failure !== null) return <FailureBanner failure={failure} />;
  const t = texts.broadcast.ended;
  return <StatusBanner tone="info" title={t.title} advice={t.lasted(formatDuration(state.seconds * 1000))} />;
}
