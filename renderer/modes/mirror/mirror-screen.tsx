/** Mirror: a preview with pickers, one button, then the local picture beside the one that comes back. */
import { useEffect, useMemo, useState } from 'react';
import { isRunning, type MirrorState } from '../../../protocol/mirror';
import { FailureBanner } from '../../components/failure-banner';
import { SessionSetup } from '../../components/session-setup';
import { useServices, useTexts } from '../../services';
import { useStore, type Store } from '../../store';
import { useResource } from '../../use-resource';
import type { LocalMedia } from '../../media/local-media';
import { LiveMirror } from './live-mirror';
import { MirrorSession } from './mirror-session';

export default function MirrorScreen() {
  const services = useServices();
  const address = useStore(services.platform.hub);
  const media = useResource(() => services.openLocalMedia(), 'media');
  // The link opens with the screen, so that the button costs no round trip for it.
  const mirror = useResource(
    () => {
      if (media === null) return null;
      const client = services.hub.open('/helloworld');
      if (client === null) return null;
      const session = new MirrorSession({
        client,
        media,
        openPeer: services.openPeer,
        timers: services.timers,
        random: Math.random,
        start: (sdpOffer) => ({ id: 'start', sdpOffer }),
      });
      return {
        session,
        client,
        close() {
          session.close();
          client.close();
        },
      };
    },
    useMemo(() => ({ address, media }), [address, media]),
  );

  if (media === null) return null;
  return <Mirror media={media} session={mirror?.session ?? null} />;
}

const idle: Store<MirrorState> = { get: () => IDLE, subscribe: () => () => undefined };
const IDLE: MirrorState = { at: 'idle', round: 0 };

function Mirror({
  media,
  session,
}: {
  readonly media: LocalMedia;
  readonly session: MirrorSession<'/helloworld'> | null;
}) {
  const { sessions } = useServices();
  const state = useStore(session?.state ?? idle);
  const texts = useTexts();
  const [stopped, setStopped] = useState(false);
  useEffect(() => {
    // The first preview opens by itself; after a stop, the user decides.
    void media.open();
  }, [media]);
  if (session !== null && (isRunning(state) || state.at === 'interrupted')) {
    return (
      <LiveMirror
        session={session}
        media={media}
        state={state}
        onStop={() => {
          session.stop();
          media.release();
          setStopped(true);
        }}
      />
    );
  }
  const t = texts.mirror;
  return (
    <SessionSetup
      title={t.title}
      lead={t.lead}
      media={media}
      notices={state.at === 'failed' && <FailureBanner failure={state.failure} />}
      action={stopped ? t.again : t.start}
      focused={stopped}
      disabled={session === null}
      onAction={() => {
        sessions.begin('mirror', () => session?.start());
      }}
    />
  );
}
