/**
 * What the hub's Kurento client promises, against the embedded media server; and the same against the scripted one that
 * other tests use, so that what they show holds for the real one.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../protocol/log';
import { startMediaServer } from '../../media-server/index';
import { systemClock } from '../../signaling-server/clock';
import { KurentoClient, type KurentoTimes } from '../../signaling-server/kurento-client/client';
import {
  KurentoError,
  MediaServerLost,
  RequestCancelled,
  RequestTimeout,
} from '../../signaling-server/kurento-client/errors';
import { recordedOffer } from '../support/hub';
import { ScriptedKurento } from '../support/scripted-kurento';
import { TcpRelay } from '../support/tcp-relay';
import { until } from '../support/until';

interface Judge {
  readonly port: number;
  /** Objects that exist at present, pipelines and elements. */
  objects(): number;
  close(): Promise<void>;
}

const judges: Record<string, () => Promise<Judge>> = {
  async 'the embedded media server'() {
    const server = await startMediaServer({ port: 0 });
    return { port: server.port, objects: () => server.counts().objects, close: () => server.close() };
  },
  async 'the scripted media server'() {
    const server = await ScriptedKurento.start();
    return { port: server.port, objects: () => server.objects.size, close: () => server.close() };
  },
};

for (const [name, start] of Object.entries(judges))
  describe(`our Kurento client and ${name}`, () => {
    let judge: Judge;
    let relay: TcpRelay;
    const clients: KurentoClient[] = [];
    beforeEach(async () => {
      judge = await start();
      relay = await TcpRelay.start(judge.port);
    });
    afterEach(async () => {
      relay.silent = false;
      for (const client of clients.splice(0)) await client.close();
      await relay.close();
      await judge.close();
    });

    async function ready(times: Partial<KurentoTimes> = {}): Promise<KurentoClient> {
      const url = `ws://127.0.0.1:${relay.port}/kurento`;
      const client = new KurentoClient({ url, clock: systemClock, logger: silentLogger, times });
      clients.push(client);
      await until(() => client.state !== 'ready' && client.state);
      return client;
    }
    const nothingHeld = { scopes: 0, objects: 0, pending: 0, orphans: 0 };

    it('create and release a thousand times without leaving a listener, a request or an object', async () => {
      const client = await ready();
      for (let round = 0; round < 100; round += 1)
        await Promise.all(
          Array.from({ length: 10 }, async () => {
            const scope = client.openScope();
            const [pipeline, endpoint] = await scope.createPipeline('WebRtcEndpoint');
            const pass = await pipeline.create('PassThrough');
            await endpoint.on('IceCandidateFound', () => {});
            await endpoint.connect(pass);
            await scope.release();
          }),
        );
      expect(client.held).toEqual(nothingHeld);
      await until(() => judge.objects() > 0 && judge.objects());
    }, 60_000);

    it('negotiate: an answer, then candidates as events', async () => {
      const client = await ready();
      const [, endpoint] = await client.openScope().createPipeline('WebRtcEndpoint');
      const found: string[] = [];
      await endpoint.on('IceCandidateFound', ({ candidate }) => found.push(candidate.candidate));
      expect(await endpoint.processOffer(recordedOffer())).toMatch(/^v=0\r\n/);
      await endpoint.gatherCandidates();
      await until(() => found.length === 0);
      expect(found[0]).toMatch(/^candidate:/);
    });

    it("tell a refusal by the media server's own code", async () => {
      const client = await ready();
      const [, endpoint] = await client.openScope().createPipeline('WebRtcEndpoint');
      const refused = endpoint.processOffer('garbage');
      await expect(refused).rejects.toBeInstanceOf(KurentoError);
      await expect(refused).rejects.toMatchObject({ code: 40201, type: 'SDP_PARSE_ERROR' });
      await endpoint.release();
      await expect(endpoint.gatherCandidates()).rejects.toMatchObject({ code: 40101 });
    });

    it('end a request at its time limit, and one that nobody waits for at once', async () => {
      const client = await ready({ requestMs: 100, silenceMs: 60_000 });
      const scope = client.openScope();
      const [pipeline] = await scope.createPipeline();
      relay.silent = true;
      await expect(pipeline.create('PassThrough')).rejects.toBeInstanceOf(RequestTimeout);
      const cancelled = pipeline.create('PassThrough');
      const released = scope.release();
      await expect(cancelled).rejects.toBeInstanceOf(RequestCancelled);
      await released;
      // The release itself went unheard: it is asked for again when the line is back.
      relay.silent = false;
      relay.cut();
      await until(() => client.state === 'ready' && 'the cut was not noticed');
      await until(() => client.state !== 'ready' && client.state);
      await until(() => judge.objects() > 0 && judge.objects());
      await until(() => client.held.pending > 0 && client.held);
      expect(client.held).toEqual(nothingHeld);
    });

    it('leave nothing that was created while the connection broke', async () => {
      const client = await ready();
      const lost = Array.from({ length: 20 }, (_, index) =>
        index % 2 ? client.openScope().createPipeline() : client.openScope().createPipeline('WebRtcEndpoint'),
      );
      // The requests are on their way; the answers will not be.
      await until(() => judge.objects() === 0 && 'nothing was created yet');
      relay.cut();
      await Promise.allSettled(lost);
      await until(() => client.state !== 'ready' && client.state);
      for (const result of await Promise.allSettled(lost))
        if (result.status === 'fulfilled') await result.value[0].release();
      await until(() => judge.objects() > 0 && judge.objects());
    });

    it('go on after a broken connection with the same objects and subscriptions', async () => {
      const client = await ready();
      const scope = client.openScope();
      const [pipeline, endpoint] = await scope.createPipeline('WebRtcEndpoint');
      const found: string[] = [];
      await endpoint.on('IceCandidateFound', ({ candidate }) => found.push(candidate.candidate));
      for (let time = 0; time < 3; time += 1) {
        relay.cut();
        await until(() => client.state === 'ready');
        await until(() => client.state !== 'ready' && client.state);
      }
      expect(scope.lost).toBe(false);
      await pipeline.create('PassThrough');
      await endpoint.processOffer(recordedOffer());
      await endpoint.gatherCandidates();
      await until(() => found.length === 0);
    });

    it('notice a silent line within two seconds, and recover on it', async () => {
      const client = await ready();
      const scope = client.openScope();
      await scope.createPipeline('WebRtcEndpoint');
      const since = performance.now();
      relay.silent = true;
      await until(() => client.state === 'ready');
      // A second more for a machine that is busy with other tests.
      expect(performance.now() - since).toBeLessThan(3_000);
      relay.silent = false;
      await until(() => client.state !== 'ready' && client.state);
    });

    it('are told apart from strangers: a restarted media server has lost the scopes', async () => {
      const client = await ready();
      const scope = client.openScope();
      const [, endpoint] = await scope.createPipeline('WebRtcEndpoint');
      const other = await start();
      const detour = await TcpRelay.start(other.port);
      client.setUrl(`ws://127.0.0.1:${detour.port}/kurento`);
      expect(scope.lost).toBe(true);
      await expect(endpoint.gatherCandidates()).rejects.toBeInstanceOf(MediaServerLost);
      await until(() => client.state !== 'ready' && client.state);
      await client.openScope().createPipeline('WebRtcEndpoint');
      expect(other.objects()).toBe(2);
      await client.close();
      await detour.close();
      await other.close();
    });

    it('part cleanly: closing releases everything that was left', async () => {
      const client = await ready();
      await client.openScope().createPipeline('WebRtcEndpoint');
      await client.openScope().createPipeline();
      await client.close();
      await until(() => judge.objects() > 0 && judge.objects());
      expect(client.held).toEqual(nothingHeld);
    });
  });
