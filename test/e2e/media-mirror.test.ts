/** A real Chromium and the embedded media server: pictures that change, sound that returns, bitrate, renegotiation. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startMediaServer } from '../../media-server';
import type { MediaServer } from '../../media-server';
import { hasChromium, KurentoWire, negotiate, startBrowserPeers } from '../support/browser-peer';
import type { BrowserPeer, BrowserPeers, PeerOptions } from '../support/browser-peer';
import { until } from '../support/until';

describe.skipIf(!hasChromium())('a WebRtcEndpoint and Chromium', () => {
  let server: MediaServer;
  let peers: BrowserPeers;
  let wire: KurentoWire;
  let pipeline: string;
  const open: BrowserPeer[] = [];

  beforeAll(async () => {
    server = await startMediaServer();
    peers = await startBrowserPeers();
    wire = await KurentoWire.connect(server.url);
  });
  afterAll(async () => {
    wire?.close();
    await peers?.close();
    await server?.close();
  });
  afterEach(async () => {
    for (const peer of open.splice(0)) await peer.close();
    if (pipeline) await wire.request('release', { object: pipeline });
  });

  async function page(): Promise<BrowserPeer> {
    const peer = await peers.open();
    open.push(peer);
    return peer;
  }
  async function endpoint(params: object = {}): Promise<string> {
    return wire.create('WebRtcEndpoint', { mediaPipeline: pipeline, ...params });
  }
  async function mirror(
    options: PeerOptions,
    params: object = {},
  ): Promise<{ peer: BrowserPeer; id: string }> {
    pipeline = await wire.create('MediaPipeline');
    const id = await endpoint(params);
    await wire.invoke(id, 'connect', { sink: id });
    const peer = await page();
    await negotiate(wire, id, peer, options);
    return { peer, id };
  }
  /** Waits until the picture has changed a few times, by its pixels. */
  async function seeMovement(peer: BrowserPeer): Promise<void> {
    const seen = new Set<string>();
    await until(async () => {
      const fingerprint = await peer.call('fingerprint');
      if (fingerprint !== '') seen.add(fingerprint);
      return seen.size >= 5 ? undefined : `${seen.size} different pictures`;
    }, 15_000);
  }

  it.each(['VP8', 'H264'])('mirrors moving pictures and sound with %s', async (codec) => {
    const { peer, id } = await mirror({ codec });
    await seeMovement(peer);
    await until(async () => ((await peer.call('stats')).audio.energy > 0 ? undefined : 'no sound'), 10_000);
    const { incoming, outgoing } = await peer.call('stats');
    expect(incoming.codec).toBe(`video/${codec}`);
    expect(outgoing.codec).toBe(`video/${codec}`);
    const stats = (await wire.invoke(id, 'getStats', { mediaType: 'VIDEO' })) as Record<
      string,
      { type: string; packetsSent?: number }
    >;
    expect(
      Object.values(stats)
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['inboundrtp', 'outboundrtp']);
  });

  it('lets the browser send more than a megabit, without a freeze', async () => {
    const { peer } = await mirror({});
    await seeMovement(peer);
    // Alone on a machine that is two or three seconds after connecting; a busy one encodes late.
    let before = await peer.call('stats');
    let at = performance.now();
    await until(async () => {
      const elapsed = performance.now() - at;
      if (elapsed < 2_000) return 'measuring';
      const after = await peer.call('stats');
      const rate = ((after.outgoing.bytesSent - before.outgoing.bytesSent) * 8000) / elapsed;
      before = after;
      at = performance.now();
      return rate > 1_000_000 ? undefined : `${Math.round(rate / 1000)} kbit/s`;
    }, 40_000);
    const { incoming } = await peer.call('stats');
    expect(incoming.pliCount).toBe(0);
    expect(incoming.packetsLost).toBeLessThanOrEqual(0);
  });

  it('tells the events of a call in order and with their payloads', async () => {
    pipeline = await wire.create('MediaPipeline');
    const id = await endpoint();
    const types = [
      'IceGatheringDone',
      'IceComponentStateChanged',
      'DtlsConnectionStateChange',
      'NewCandidatePairSelected',
      'ConnectionStateChanged',
      'MediaStateChanged',
      'MediaFlowOutStateChanged',
      'MediaFlowInStateChanged',
      'MediaTranscodingStateChanged',
      'MediaSessionStarted',
    ];
    await wire.subscribe(id, ...types);
    await wire.invoke(id, 'connect', { sink: id });
    const peer = await page();
    await negotiate(wire, id, peer);
    const own = () => wire.events.filter(({ object }) => object === id);
    const has = (type: string) => own().some((event) => event.type === type);
    await until(() => (types.every(has) ? undefined : types.filter((type) => !has(type)).join()), 15_000);
    expect(
      own().find(({ type }) => type === 'NewCandidatePairSelected')?.data['candidatePair'],
    ).toMatchObject({
      __module__: 'kurento',
      __type__: 'IceCandidatePair',
      streamId: '1',
      componentId: 1,
      localCandidate: expect.stringMatching(/^candidate:\S+ 1 UDP \d+ \S+ \d+ typ host$/) as string,
    });
    const states = own()
      .filter(({ type }) => type === 'DtlsConnectionStateChange')
      .map(({ data }) => data['state']);
    expect(states.slice(0, 5)).toEqual(['NEW', 'CONNECTING', 'CONNECTING', 'CONNECTED', 'CONNECTED']);
    expect(await wire.invoke(id, 'getConnectionState')).toBe('CONNECTED');
    expect(await wire.invoke(id, 'getMediaState')).toBe('CONNECTED');
    expect(await wire.invoke(id, 'getICECandidatePairs')).toHaveLength(1);
    await peer.close();
    await until(
      () =>
        own().some(({ type, data }) => type === 'DtlsConnectionStateChange' && data['state'] === 'CLOSED')
          ? undefined
          : 'not closed',
      5_000,
    );
    await until(
      () =>
        own().filter(
          ({ type, data }) => type === 'MediaFlowInStateChanged' && data['state'] === 'NOT_FLOWING',
        ).length === 2
          ? undefined
          : 'flowing',
      8_000,
    );
  });

  it('gives a viewer who joins late a picture at once, in the presenter’s codec', async () => {
    pipeline = await wire.create('MediaPipeline');
    const presenter = await endpoint();
    const presenterPage = await page();
    await negotiate(wire, presenter, presenterPage, { receive: false, codec: 'H264' });
    await until(
      async () =>
        (await presenterPage.call('stats')).outgoing.framesEncoded > 30 ? undefined : 'not sending',
      15_000,
    );
    const viewer = await endpoint();
    await wire.invoke(presenter, 'connect', { sink: viewer });
    const viewerPage = await page();
    await negotiate(wire, viewer, viewerPage, { send: false });
    await seeMovement(viewerPage);
    expect((await viewerPage.call('stats')).incoming.codec).toBe('video/H264');
  });

  it('switches a viewer to another presenter and back without a new negotiation', async () => {
    pipeline = await wire.create('MediaPipeline');
    const [first, second, viewer] = [await endpoint(), await endpoint(), await endpoint()];
    await negotiate(wire, first, await page(), { receive: false });
    await negotiate(wire, second, await page(), { receive: false });
    await wire.invoke(first, 'connect', { sink: viewer });
    const viewerPage = await page();
    await negotiate(wire, viewer, viewerPage, { send: false });
    await seeMovement(viewerPage);
    for (const source of [second, first]) {
      await wire.invoke(source, 'connect', { sink: viewer });
      const { framesDecoded } = (await viewerPage.call('stats')).incoming;
      await until(
        async () =>
          (await viewerPage.call('stats')).incoming.framesDecoded > framesDecoded + 20
            ? undefined
            : 'no new frames',
        10_000,
      );
    }
  });

  it('goes on after an ICE restart, and refuses an offer that restarts nothing', async () => {
    const { peer, id } = await mirror({});
    await seeMovement(peer);
    const offer = await peer.call('restart');
    const answer = (await wire.invoke(id, 'processOffer', { offer })) as string;
    await wire.invoke(id, 'gatherCandidates');
    await peer.call('setAnswer', answer);
    await seeMovement(peer);
    await expect(wire.invoke(id, 'processOffer', { offer })).rejects.toThrow('40208');
  });

  it('makes the offer itself when asked to', async () => {
    pipeline = await wire.create('MediaPipeline');
    const id = await endpoint();
    await wire.invoke(id, 'connect', { sink: id });
    const peer = await page();
    await peer.call('start', { answering: true });
    await wire.subscribe(id, 'IceCandidateFound');
    wire.onEvent(({ object, type, data }) => {
      if (object === id && type === 'IceCandidateFound')
        peer.call('addCandidate', data['candidate']).catch(() => undefined);
    });
    const offer = (await wire.invoke(id, 'generateOffer')) as string;
    const answer = await peer.call('answerOffer', offer);
    peer.onCandidate(({ candidate = '', sdpMid, sdpMLineIndex }) => {
      const found = { candidate, sdpMid: sdpMid ?? '', sdpMLineIndex: sdpMLineIndex ?? 0 };
      wire.invoke(id, 'addIceCandidate', { candidate: found }).catch(() => undefined);
    });
    expect(await wire.invoke(id, 'processAnswer', { answer })).toContain('m=video');
    await wire.invoke(id, 'gatherCandidates');
    await seeMovement(peer);
  });

  it('echoes data channel messages, and opens channels itself', async () => {
    const { peer, id } = await mirror(
      { audio: false, video: false, dataChannel: 'chat' },
      { useDataChannels: true },
    );
    await wire.subscribe(id, 'DataChannelOpened', 'DataChannelClosed');
    await until(async () => ((await peer.call('channelState')) === 'open' ? undefined : 'not open'), 10_000);
    await peer.call('send', 'hello');
    await until(async () => ((await peer.call('received')).includes('hello') ? undefined : 'no echo'), 5_000);
    await wire.invoke(id, 'createDataChannel', { label: 'from-server' });
    const opened = () =>
      wire.events.filter(({ object, type }) => object === id && type === 'DataChannelOpened').length;
    await until(() => (opened() > 0 ? undefined : 'no second channel'), 5_000);
    await until(async () => {
      const stats = await wire.invoke(id, 'getStats', { mediaType: 'DATA' });
      const labels = Object.values(stats as Record<string, { label?: string }>).map(({ label }) => label);
      return labels.includes('from-server') ? undefined : `channels ${labels.join(', ')}`;
    }, 5_000);
  });

  it('takes the configured maximum to heart', async () => {
    const { peer, id } = await mirror({});
    await wire.invoke(id, 'setMaxVideoRecvBandwidth', { maxVideoRecvBandwidth: 300 });
    await seeMovement(peer);
    await until(
      async () => ((await peer.call('stats')).outgoing.targetBitrate <= 320_000 ? undefined : 'sends more'),
      8_000,
    );
    await wire.invoke(id, 'setMaxVideoRecvBandwidth', { maxVideoRecvBandwidth: 0 });
    await until(
      async () =>
        (await peer.call('stats')).outgoing.targetBitrate > 600_000 ? undefined : 'sends no more than before',
      20_000,
    );
  });
});
