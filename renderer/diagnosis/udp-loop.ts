/**
 * Sends a drawn picture to the media server and waits for it to come back: proof that UDP gets through both ways, without
 * a camera. A session of its own, ended in any case.
 */
import type { ErrorCode } from '../../protocol/errors';
import { Negotiation } from '../media/negotiation';
import type { Services } from '../services';
import type { EndpointClient } from '../signaling/endpoint-client';

export type UdpResult =
  | { readonly ok: true; readonly roundTrip: number | null; readonly kilobits: number | null }
  | { readonly ok: false; readonly code: ErrorCode };

/** Link, answer and connection have limits of their own, which tell more; this one is for what they do not see. */
const LIMIT_MS = 20_000;
const SIZE = { width: 320, height: 240 };
const FRAME_MS = 66;

export async function loopThroughMediaServer({
  hub,
  timers,
  openPeer,
}: Pick<Services, 'hub' | 'timers' | 'openPeer'>): Promise<UdpResult> {
  const client = hub.open('/helloworld');
  if (client === null) return { ok: false, code: 'hub-unreachable' };
  const picture = drawnTrack(timers);
  let negotiation: Negotiation | null = null;
  try {
    return await new Promise<UdpResult>((resolve) => {
      const fail = (code: ErrorCode): void => resolve({ ok: false, code });
      timers.after(LIMIT_MS, () =>
        fail(client.state.get().at === 'ready' ? 'media-failed' : 'hub-unreachable'),
      );
      whenReady(client, () => {
        const session = new Negotiation({
          openPeer,
          timers,
          direction: 'sendrecv',
          tracks: [picture.track],
          sendOffer: (sdpOffer) => client.send({ id: 'start', sdpOffer }),
          sendCandidate: (candidate) => client.send({ id: 'onIceCandidate', candidate }),
          onConnected: () => undefined,
          onFailed: fail,
          answerLimitMs: 10_000,
        });
        negotiation = session;
        client.on((reply) => {
          if (reply.id === 'startResponse') void session.acceptAnswer(reply.sdpAnswer);
          else if (reply.id === 'iceCandidate') session.addIceCandidate(reply.candidate);
          else if (reply.id === 'error') fail(reply.code ?? 'media-failed');
        });
        session.stats.subscribe(() => {
          const stats = session.stats.get();
          // Decoded, so that it is a picture and no empty packets.
          if (stats === null || stats.framesDecoded === 0 || stats.incoming.bitrate === null) return;
          const roundTrip = stats.roundTrip === null ? null : stats.roundTrip * 1_000;
          resolve({ ok: true, roundTrip, kilobits: stats.incoming.bitrate / 1_000 });
        });
      });
    });
  } finally {
    (negotiation as Negotiation | null)?.close();
    client.send({ id: 'stop' });
    client.close();
    picture.close();
  }
}

function whenReady(client: EndpointClient<'/helloworld'>, task: () => void): void {
  let begun = false;
  const look = (): void => {
    if (begun || client.state.get().at !== 'ready') return;
    begun = true;
    task();
  };
  client.state.subscribe(look);
  look();
}

/** A block that wanders over a field, so that each frame differs from the one before. */
function drawnTrack(timers: Services['timers']) {
  const canvas = document.createElement('canvas');
  canvas.width = SIZE.width;
  canvas.height = SIZE.height;
  const context = canvas.getContext('2d');
  let frame = 0;
  let cancel: () => void = () => undefined;
  const draw = (): void => {
    frame += 1;
    if (context !== null) {
      context.fillStyle = '#0d6b5b';
      context.fillRect(0, 0, SIZE.width, SIZE.height);
      context.fillStyle = '#fffdf9';
      context.fillRect((frame * 7) % SIZE.width, (frame * 5) % SIZE.height, 60, 60);
    }
    cancel = timers.after(FRAME_MS, draw);
  };
  draw();
  const [track] = canvas.captureStream().getVideoTracks();
  if (track === undefined) throw new Error('a canvas without a picture');
  return {
    track,
    close() {
      cancel();
      track.stop();
    },
  };
}
