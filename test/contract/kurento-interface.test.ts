/**
 * What the hub's sessions rely on, shown for the real client with the embedded media server, and for the media server in
 * memory with which the sessions' own tests run: what those show holds for the real one.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../protocol/log';
import { startMediaServer } from '../../media-server/index';
import { systemClock } from '../../signaling-server/clock';
import { KurentoClient } from '../../signaling-server/kurento-client/client';
import {
  KurentoError,
  MediaServerLost,
  RequestCancelled,
} from '../../signaling-server/kurento-client/errors';
import type { Kurento } from '../../signaling-server/kurento-client/types';
import { FakeKurento, UNREADABLE } from '../fakes/fake-kurento';
import { recordedOffer } from '../support/hub';
import { until } from '../support/until';

interface World {
  readonly kurento: Kurento;
  readonly unreadable: string;
  objects(): number;
  /** The media server goes away. */
  lose(): Promise<void>;
  close(): Promise<void>;
}

const worlds: Record<string, () => Promise<World>> = {
  async 'our client and the embedded media server'() {
    const server = await startMediaServer({ port: 0 });
    const kurento = new KurentoClient({ url: server.url, clock: systemClock, logger: silentLogger });
    await until(() => kurento.state !== 'ready');
    return {
      kurento,
      unreadable: 'no SDP',
      objects: () => server.counts().objects,
      lose: () => server.close(),
      async close() {
        await kurento.close();
        await server.close();
      },
    };
  },
  'the media server in memory'() {
    const kurento = new FakeKurento();
    return Promise.resolve({
      kurento,
      unreadable: UNREADABLE,
      objects: () => kurento.objects.size,
      lose: () => Promise.resolve(kurento.lose()),
      close: () => Promise.resolve(),
    });
  },
};

for (const [name, create] of Object.entries(worlds)) {
  describe(name, () => {
    let world: World;
    beforeEach(async () => {
      world = await create();
    });
    afterEach(() => world.close());
    const left = (count: number) => until(() => world.objects() !== count && world.objects());

    it('creates a pipeline with its elements, connects, negotiates, and finds candidates', async () => {
      const scope = world.kurento.openScope();
      const [pipeline, left] = await scope.createPipeline('WebRtcEndpoint');
      const right = await pipeline.create('WebRtcEndpoint');
      expect(world.objects()).toBe(3);
      const found: unknown[] = [];
      await left.on('IceCandidateFound', ({ candidate }) => found.push(candidate));
      await Promise.all([left.connect(right), right.connect(left), left.connect(right)]);
      await left.addIceCandidate({ candidate: '', sdpMid: '0', sdpMLineIndex: 0 });
      expect(await left.processOffer(recordedOffer())).toBeTruthy();
      await left.gatherCandidates();
      await until(() => found.length === 0 && 'no candidate');
      expect(found[0]).toMatchObject({ candidate: expect.any(String) as string });
      await scope.release();
    });

    it('refuses an offer that it cannot read, and takes the next one', async () => {
      const scope = world.kurento.openScope();
      const [, endpoint] = await scope.createPipeline('WebRtcEndpoint');
      const refused = endpoint.processOffer(world.unreadable);
      await expect(refused).rejects.toBeInstanceOf(KurentoError);
      await expect(refused).rejects.toMatchObject({ code: 40201, type: 'SDP_PARSE_ERROR' });
      expect(await endpoint.processOffer(recordedOffer())).toBeTruthy();
      await scope.release();
    });

    it('releases one element, or all of a scope, once however often it is asked', async () => {
      const scope = world.kurento.openScope();
      const [pipeline, endpoint] = await scope.createPipeline('WebRtcEndpoint');
      const other = await pipeline.create('WebRtcEndpoint');
      await other.release();
      await other.release();
      await left(2);
      expect(scope.signal.aborted).toBe(false);
      await Promise.all([scope.release(), scope.release()]);
      await left(0);
      expect(scope.lost).toBe(false);
      await endpoint.release();
      await expect(endpoint.gatherCandidates()).rejects.toBeInstanceOf(RequestCancelled);
    });

    it('rejects what is pending in a scope that is released, and keeps nothing of what comes of it', async () => {
      const scope = world.kurento.openScope();
      const early = scope.createPipeline('WebRtcEndpoint');
      const released = scope.release();
      await expect(early).rejects.toBeInstanceOf(RequestCancelled);
      await released;
      const second = world.kurento.openScope();
      const [pipeline] = await second.createPipeline();
      const late = pipeline.create('WebRtcEndpoint');
      void second.release();
      await expect(late).rejects.toBeInstanceOf(RequestCancelled);
      await left(0);
    });

    it('tells each scope once that its objects are gone, and rejects what is asked of it from then on', async () => {
      const [scope, released] = [world.kurento.openScope(), world.kurento.openScope()];
      const [, endpoint] = await scope.createPipeline('WebRtcEndpoint');
      await released.createPipeline();
      await released.release();
      let told = 0;
      scope.onLost(() => (told += 1));
      released.onLost(() => (told += 100));
      await world.lose();
      await until(() => told === 0 && 'nobody is told');
      expect(scope.lost).toBe(true);
      await expect(endpoint.gatherCandidates()).rejects.toBeInstanceOf(MediaServerLost);
      await scope.release();
      await expect(world.kurento.openScope().createPipeline()).rejects.toBeInstanceOf(MediaServerLost);
      expect(told).toBe(1);
      expect(world.kurento.state).not.toBe('ready');
    });
  });
}
