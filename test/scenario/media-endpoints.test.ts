/** WebRtcEndpoints over the Kurento Protocol without a browser: order of negotiation, errors, and that nothing is left. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMediaServer } from '../../media-server';
import type { MediaServer } from '../../media-server';
import { KurentoWire } from '../support/browser-peer';
import { until } from '../support/until';

const FIXTURES = join(import.meta.dirname, '../fixtures/kurento-protocol');

/** The browsers' offers of the recordings. */
async function recordedOffers(): Promise<string[]> {
  const offers: string[] = [];
  for (const file of (await readdir(FIXTURES)).filter((name) => name.endsWith('.jsonl'))) {
    for (const line of (await readFile(join(FIXTURES, file), 'utf8')).split('\n')) {
      if (!line.includes('processOffer')) continue;
      const { frame } = JSON.parse(line) as {
        frame?: { params?: { operationParams?: { offer?: unknown } } };
      };
      const offer = frame?.params?.operationParams?.offer;
      if (typeof offer === 'string' && offer.includes('a=ice-ufrag')) offers.push(offer);
    }
  }
  return offers;
}

describe('WebRtcEndpoints', () => {
  let server: MediaServer;
  let wire: KurentoWire;
  let pipeline: string;
  const create = (params: object = {}) =>
    wire.create('WebRtcEndpoint', { mediaPipeline: pipeline, ...params });

  beforeEach(async () => {
    server = await startMediaServer();
    wire = await KurentoWire.connect(server.url);
    pipeline = await wire.create('MediaPipeline');
  });
  afterEach(async () => {
    wire.close();
    await server.close();
  });

  it('answers every offer of the recordings, and tells candidates for each of its sections', async () => {
    const offers = await recordedOffers();
    expect(offers.length).toBeGreaterThan(5);
    for (const offer of offers) {
      const endpoint = await create({ useDataChannels: true });
      await wire.subscribe(endpoint, 'IceCandidateFound', 'IceGatheringDone');
      const answer = (await wire.invoke(endpoint, 'processOffer', { offer })) as string;
      const sections = (sdp: string) =>
        sdp
          .split(/\r?\n/)
          .filter((line) => line.startsWith('m='))
          .map((line) => line.split(' ')[0]);
      expect(sections(answer)).toEqual(sections(offer));
      expect(answer).toContain('s=Kurento Media Server');
      await wire.invoke(endpoint, 'gatherCandidates');
      const own = () => wire.events.filter(({ object }) => object === endpoint);
      await until(() => (own().some(({ type }) => type === 'IceGatheringDone') ? undefined : 'gathering'));
      const mids = own().flatMap(({ type, data }) =>
        type === 'IceCandidateFound' ? [(data['candidate'] as { sdpMid: string }).sdpMid] : [],
      );
      const accepted = answer.split(/\r?\n/).filter((line) => /^m=\w+ [1-9]/.test(line)).length;
      expect(new Set(mids).size).toBe(accepted);
      const local = (await wire.invoke(endpoint, 'getLocalSessionDescriptor')) as string;
      expect(local.includes('a=candidate:')).toBe(accepted > 0);
      expect(await wire.invoke(endpoint, 'getRemoteSessionDescriptor')).toBe(offer);
    }
  });

  it('keeps to the order of offer and answer', async () => {
    const [offer = ''] = await recordedOffers();
    const endpoint = await create();
    await expect(wire.invoke(endpoint, 'getLocalSessionDescriptor')).rejects.toThrow('40202');
    await expect(wire.invoke(endpoint, 'getRemoteSessionDescriptor')).rejects.toThrow('40203');
    await expect(wire.invoke(endpoint, 'processAnswer', { answer: offer })).rejects.toThrow('40209');
    await expect(wire.invoke(endpoint, 'processOffer', { offer: '' })).rejects.toThrow('40201');
    await expect(wire.invoke(endpoint, 'processOffer', { offer: 'garbage' })).rejects.toThrow('40201');
    await wire.invoke(endpoint, 'processOffer', { offer });
    await expect(wire.invoke(endpoint, 'processOffer', { offer })).rejects.toThrow('40208');
    await expect(wire.invoke(endpoint, 'generateOffer')).rejects.toThrow('40208');

    const offering = await create();
    await wire.invoke(offering, 'generateOffer');
    await expect(wire.invoke(offering, 'generateOffer')).rejects.toThrow('40208');
    await expect(wire.invoke(offering, 'processAnswer', { answer: 'garbage' })).rejects.toThrow('40201');
  });

  it('connects two of its own endpoints to each other', async () => {
    const [caller, callee] = [await create(), await create()];
    for (const [from, to] of [
      [caller, callee],
      [callee, caller],
    ] as const) {
      await wire.subscribe(from, 'IceCandidateFound', 'ConnectionStateChanged');
      wire.onEvent(({ object, type, data }) => {
        if (object === from && type === 'IceCandidateFound')
          void wire.invoke(to, 'addIceCandidate', { candidate: data['candidate'] });
      });
    }
    const offer = (await wire.invoke(caller, 'generateOffer')) as string;
    const answer = (await wire.invoke(callee, 'processOffer', { offer })) as string;
    await wire.invoke(caller, 'processAnswer', { answer });
    await Promise.all([wire.invoke(caller, 'gatherCandidates'), wire.invoke(callee, 'gatherCandidates')]);
    await until(async () => {
      const states = await Promise.all([caller, callee].map((id) => wire.invoke(id, 'getConnectionState')));
      return states.every((state) => state === 'CONNECTED') ? undefined : states;
    });
    expect(await wire.invoke(caller, 'getDtlsConnectionState')).toMatchObject([
      { state: 'CONNECTED' },
      { state: 'CONNECTED' },
    ]);
  });

  it('takes any text for a candidate, before and after negotiation', async () => {
    const [offer = ''] = await recordedOffers();
    const endpoint = await create();
    const lines = [
      '',
      'garbage',
      'candidate:1 1 UDP 1 x.local 9 typ host',
      'a=candidate:1 1 UDP 1 192.0.2.1 9 typ host',
      'candidate:1 1 UDP 99999999999 ::1 70000 typ host',
      'x'.repeat(5_000),
    ];
    const add = () =>
      Promise.all(
        lines.map((candidate) =>
          wire.invoke(endpoint, 'addIceCandidate', {
            candidate: { candidate, sdpMid: 'nobody', sdpMLineIndex: 77 },
          }),
        ),
      );
    await add();
    await wire.invoke(endpoint, 'gatherCandidates');
    await wire.invoke(endpoint, 'processOffer', { offer });
    await add();
    await Promise.all(
      Array.from({ length: 2_000 }, (_, index) =>
        wire.invoke(endpoint, 'addIceCandidate', {
          candidate: {
            candidate: `candidate:${index} 1 UDP 1 192.0.2.${index % 250} ${1_000 + index} typ host`,
            sdpMid: '0',
            sdpMLineIndex: 0,
          },
        }),
      ),
    );
  });

  it('refuses data channels where they were not asked for', async () => {
    const endpoint = await create();
    await expect(wire.invoke(endpoint, 'createDataChannel', { label: 'x' })).rejects.toThrow('40111');
    await expect(wire.invoke(endpoint, 'closeDataChannel', { channelId: 99 })).rejects.toThrow('40111');
  });

  it('leaves nothing behind: 120 negotiated endpoints, released with their pipeline', async () => {
    const offers = await recordedOffers();
    const kept = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap' || name === 'Timeout').length;
    const before = kept();
    for (let index = 0; index < 120; index++) {
      const endpoint = await create();
      if (index % 3 > 0)
        await wire.invoke(endpoint, 'processOffer', { offer: offers[index % offers.length] });
      if (index % 3 > 1) await wire.invoke(endpoint, 'gatherCandidates');
    }
    await wire.request('release', { object: pipeline });
    expect(server.counts().objects).toBe(0);
    await until(() => (kept() <= before + 1 ? undefined : `${kept()} of ${before}`), 5_000);
    pipeline = await wire.create('MediaPipeline');
  });
});
