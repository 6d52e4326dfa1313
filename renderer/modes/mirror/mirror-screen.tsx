/** Mirror: a preview with pickers, one button, then the local picture beside the one that comes back. */
import { useEffect, useMemo, useState } from 'react';
import { isRunning, type MirrorState } from '../../../protocol/mirror';
import { Button } from '../../components/button';
import { DeviceFields } from '../../components/device-fields';
import { DevicePreview } from '../../components/device-preview';
import { StatusBanner } from '../../components/status-banner';
import { openPeer } from '../../media/peer';
import { useServices, useTexts } from '../../services';
import { HubBanner } from '../../shell/hub-banner';
import { useStore, type Store } from '../../store';
import { useResource } from '../../use-resource';
import type { LocalMedia } from '../../media/local-media';
import { LiveMirror } from './live-mirror';
import { MirrorSession } from './mirror-session';
import './mirror-screen.css';

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
        openPeer,
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
  const state = useStore(session?.state ?? idle);
  const [seen, setSeen] = useState(false);
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
          setSeen(true);
        }}
      />
    );
  }
  return <MirrorSetup media={media} session={session} state={state} again={seen} />;
}

interface MirrorSetupProps {
  readonly media: LocalMedia;
  readonly session: MirrorSession<'/helloworld'> | null;
  readonly state: MirrorState;
  readonly again: boolean;
}

function MirrorSetup({ media, session, state, again }: MirrorSetupProps) {
  const texts = useTexts();
  const { camera, microphone } = useStore(media);
  const t = texts.mirror;
  const nothing = camera.at === 'failed' && microphone.at === 'failed';
  const hint = hintOf(camera.at === 'failed', microphone.at === 'failed', texts);
  return (
    <div className="setup">
      <div className="setup__intro">
        <h1>{t.title}</h1>
        <p>{t.lead}</p>
      </div>
      <div className="setup__notices">
        <HubBanner />
        {state.at === 'failed' && (
          <StatusBanner
            tone="bad"
            title={texts.errors[state.failure.code].title}
            advice={texts.errors[state.failure.code].advice}
            reference={state.failure.ref === undefined ? undefined : texts.reference(state.failure.ref)}
          />
        )}
      </div>
      <div className="setup__preview">
        <DevicePreview media={media} />
      </div>
      <section className="setup__panel" aria-label={texts.devices.heading}>
        <h2>{texts.devices.heading}</h2>
        <DeviceFields media={media} />
        <Button
          variant="primary"
          size="l"
          icon="play"
          className="setup__go"
          disabled={nothing || session === null}
          onClick={() => session?.start()}
        >
          {again ? t.again : t.start}
        </Button>
        {hint !== null && (
          <p className="setup__hint" role="status">
            {hint}
          </p>
        )}
      </section>
    </div>
  );
}

function hintOf(noCamera: boolean, noMicrophone: boolean, texts: ReturnType<typeof useTexts>): string | null {
  if (noCamera && noMicrophone) return texts.devices.neither;
  if (noCamera) return texts.devices.microphoneOnly;
  return noMicrophone ? texts.devices.cameraOnly : null;
}
