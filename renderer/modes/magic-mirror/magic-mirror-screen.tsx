/** Magic mirror: as the mirror, with something to wear, chosen before and changed while it runs. */
import { useEffect, useMemo, useState } from 'react';
import { isRunning, type MirrorState } from '../../../protocol/mirror';
import { EmptyState } from '../../components/empty-state';
import { FailureBanner } from '../../components/failure-banner';
import { SessionSetup } from '../../components/session-setup';
import type { LocalMedia } from '../../media/local-media';
import { useServices, useTexts } from '../../services';
import { useStore, type Store } from '../../store';
import { useResource } from '../../use-resource';
import { LiveMirror } from '../mirror/live-mirror';
import { MirrorSession } from '../mirror/mirror-session';
import { MagicPicture } from '../pictures';
import { Dresser } from './dresser';
import { HatPicker, nameOf } from './hat-picker';
import { Wardrobe } from './wardrobe';
import './magic-mirror-screen.css';

export default function MagicMirrorScreen() {
  const services = useServices();
  const address = useStore(services.platform.hub);
  const [wardrobe] = useState(() => new Wardrobe(services.storage.local));
  const media = useResource(() => services.openLocalMedia(), 'media');
  const mirror = useResource(
    () => {
      if (media === null) return null;
      const client = services.hub.open('/magicmirror');
      if (client === null) return null;
      const { timers } = services;
      const dresser = new Dresser({
        timers,
        changes: wardrobe,
        wanted: () => {
          const link = client.state.get();
          return wardrobe.overlay(link.at === 'ready' ? link.welcome.overlays : []);
        },
        send: (request) => client.send(request),
      });
      const session = new MirrorSession<'/magicmirror'>({
        client,
        media,
        openPeer: services.openPeer,
        timers,
        random: Math.random,
        start: (sdpOffer) => dresser.start(sdpOffer),
      });
      dresser.follow(session.state);
      return {
        session,
        close() {
          dresser.close();
          session.close();
          client.close();
        },
      };
    },
    useMemo(() => ({ address, media }), [address, media]),
  );
  const available = useOverlays();

  if (media === null) return null;
  if (available !== null && available.length === 0) return <NoHats media={media} />;
  return (
    <MagicMirror
      media={media}
      session={mirror?.session ?? null}
      wardrobe={wardrobe}
      available={available ?? []}
    />
  );
}

/** Null while nobody knows: the hub or its media server is not there (yet). */
function useOverlays(): readonly string[] | null {
  const { hub } = useServices();
  const status = useStore(hub.status);
  const [last, setLast] = useState<readonly string[] | null>(null);
  const now = status.at === 'ready' && status.mediaServer === 'ready' ? status.welcome.overlays : null;
  useEffect(() => {
    // What was there before an interruption is most likely what comes back.
    if (now !== null) setLast(now);
  }, [now]);
  return now ?? last;
}

function NoHats({ media }: { readonly media: LocalMedia }) {
  const texts = useTexts();
  useEffect(() => {
    media.release();
  }, [media]);
  const { title, advice, action } = texts.magic.unavailable;
  return (
    <EmptyState level={1} picture={<MagicPicture />} title={title} advice={advice}>
      <a className="button button--primary" href="#/mirror">
        {action}
      </a>
    </EmptyState>
  );
}

const IDLE: MirrorState = { at: 'idle', round: 0 };
const idle: Store<MirrorState> = { get: () => IDLE, subscribe: () => () => undefined };

interface MagicMirrorProps {
  readonly media: LocalMedia;
  readonly session: MirrorSession<'/magicmirror'> | null;
  readonly wardrobe: Wardrobe;
  readonly available: readonly string[];
}

function MagicMirror({ media, session, wardrobe, available }: MagicMirrorProps) {
  const { sessions } = useServices();
  const state = useStore(session?.state ?? idle);
  const texts = useTexts();
  const [stopped, setStopped] = useState(false);
  useEffect(() => {
    // The first preview opens by itself; after a stop, the user decides.
    void media.open();
  }, [media]);
  useStore(wardrobe);
  const chosen = wardrobe.chosenOf(available);
  const t = texts.magic;
  const picker = available.length > 0 && <HatPicker wardrobe={wardrobe} available={available} />;
  if (session !== null && (isRunning(state) || state.at === 'interrupted')) {
    return (
      <LiveMirror
        session={session}
        media={media}
        state={state}
        kind="magic"
        title={t.title}
        returnedName={t.returned}
        onStop={() => {
          session.stop();
          media.release();
          setStopped(true);
        }}
      >
        {picker}
      </LiveMirror>
    );
  }
  return (
    <SessionSetup
      title={t.title}
      lead={t.lead}
      media={media}
      notices={state.at === 'failed' && <FailureBanner failure={state.failure} />}
      action={stopped ? texts.mirror.again : t.start}
      actionIcon="sparkle"
      focused={stopped}
      disabled={session === null}
      onAction={() => {
        sessions.begin('magic', () => session?.start());
      }}
    >
      {available.length > 0 && (
        <div className="magic-setup">
          <h2>
            {t.choose}
            <span className="magic-setup__chosen">{chosen === null ? t.none : nameOf(chosen, texts)}</span>
          </h2>
          {picker}
        </div>
      )}
    </SessionSetup>
  );
}
