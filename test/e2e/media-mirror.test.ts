/** A real Chromium and the embedded media server: pictures that change, sound that returns, bitrate, renegotiation. */
import { describe, expect, it } from 'vitest';
import { hasChromium } from '../support/browser-peer';
import type { BrowserPeer, PeerOptions } from '../support/browser-peer';
import { MediaStage } from '../support/media-stage';
import { until } from '../support/until';

describe.skipIf(!hasChromium())('a WebRtcEndpoint and Chromium', () => {
  const stage = new MediaStage();

  async function mirror(
    options: PeerOptions,
    params: object = {},
  ): Promise<{ peer: BrowserPeer; id: string }> {
    const pipeline = await stage.pipeline();
    const id = await stage.endpoint(pipeline, params);
    await stage.wire.invoke(id, 'connect', { sink: id });
    const peer = await stage.join(id, options);
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
    const stats = (await stage.wire.invoke(id, 'getStats', { mediaType: 'VIDEO' })) as Record<
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
    const pipeline = await stage.pipeline();
    const id = await stage.endpoint(pipeline);
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
    await stage.wire.subscribe(id, ...types);
    await stage.wire.invoke(id, 'connect', { sink: id });
    const peer = await stage.join(id);
    const own = () => stage.wire.events.filter(({ object }) => object === id);
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
    expect(await stage.wire.invoke(id, 'getConnectionState')).toBe('CONNECTED');
    expect(await stage.wire.invoke(id, 'getMediaState')).toBe('CONNECTED');
    expect(await stage.wire.invoke(id, 'getICECandidatePairs')).toHaveLength(1);
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
    const pipeline = await stage.pipeline();
    const presenter = await stage.endpoint(pipeline);
    const presenterPage = await stage.join(presenter, { receive: false, codec: 'H264' });
    await until(
      async () =>
        (await presenterPage.call('stats')).outgoing.framesEncoded > 30 ? undefined : 'not sending',
      15_000,
    );
    const viewer = await stage.endpoint(pipeline);
    await stage.wire.invoke(presenter, 'connect', { sink: viewer });
    const viewerPage = await stage.join(viewer, { send: false });
    await seeMovement(viewerPage);
    expect((await viewerPage.call('stats')).incoming.codec).toBe('video/H264');
  });

  it('switches a viewer to another presenter and back without a new negotiation', async () => {
    const pipeline = await stage.pipeline();
    const [first, second, viewer] = [
      await stage.endpoint(pipeline),
      await stage.endpoint(pipeline),
      await stage.endpoint(pipeline),
    ];
    await stage.join(first, { receive: false });
    await stage.join(second, { receive: false });
    await stage.wire.invoke(first, 'connect', { sink: viewer });
    const viewerPage = await stage.join(viewer, { send: false });
    await seeMovement(viewerPage);
    for (const source of [second, first]) {
      await stage.wire.invoke(source, 'connect', { sink: viewer });
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
    const answer = (await stage.wire.invoke(id, 'processOffer', { offer })) as string;
    await stage.wire.invoke(id, 'gatherCandidates');
    await peer.call('setAnswer', answer);
    await seeMovement(peer);
    await expect(stage.wire.invoke(id, 'processOffer', { offer })).rejects.toThrow('40208');
  });

  it('makes the offer itself when asked to', async () => {
    const pipeline = await stage.pipeline();
    const id = await stage.endpoint(pipeline);
    await stage.wire.invoke(id, 'connect', { sink: id });
    const peer = await stage.page();
    await peer.call('start', { answering: true });
    await stage.wire.subscribe(id, 'IceCandidateFound');
    stage.wire.onEvent(({ object, type, data }) => {
      if (object === id && type === 'IceCandidateFound')
        peer.call('addCandidate', data['candidate']).catch(() => undefined);
    });
    const offer = (await stage.wire.invoke(id, 'generateOffer')) as string;
    const answer = await peer.call('answerOffer', offer);
    peer.onCandidate(({ candidate = '', sdpMid, sdpMLineIndex }) => {
      const found = { candidate, sdpMid: sdpMid ?? '', sdpMLineIndex: sdpMLineIndex ?? 0 };
      stage.wire.invoke(id, 'addIceCandidate', { candidate: found }).catch(() => undefined);
    });
    expect(await stage.wire.invoke(id, 'processAnswer', { answer })).toContain('m=video');
    await stage.wire.invoke(id, 'gatherCandidates');
    await seeMovement(peer);
  });

  it('echoes data channel messages, and opens channels itself', async () => {
    const { peer, id } = await mirror(
      { audio: false, video: false, dataChannel: 'chat' },
      { useDataChannels: true },
    );
    await stage.wire.subscribe(id, 'DataChannelOpened', 'DataChannelClosed');
    await until(async () => ((await peer.call('channelState')) === 'open' ? undefined : 'not open'), 10_000);
    await peer.call('send', 'hello');
    await until(async () => ((await peer.call('received')).includes('hello') ? undefined : 'no echo'), 5_000);
    await stage.wire.invoke(id, 'createDataChannel', { label: 'from-server' });
    const opened = () =>
      stage.wire.events.filter(({ object, type }) => object === id && type === 'DataChannelOpened').length;
    await until(() => (opened() > 0 ? undefined : 'no second channel'), 5_000);
    await until(async () => {
      const stats = await stage.wire.invoke(id, 'getStats', { mediaType: 'DATA' });
      const labels = Object.values(stats as Record<string, { label?: string }>).map(({ label }) => label);
      return labels.includes('from-server') ? undefined : `channels ${labels.join(', ')}`;
    }, 5_000);
  });

  it('takes the configured maximum to heart', async () => {
    const { peer, id } = await mirror({});
    await stage.wire.invoke(id, 'setMaxVideoRecvBandwidth', { maxVideoRecvBandwidth: 300 });
    await seeMovement(peer);
    await until(
      async () => ((await peer.call('stats')).outgoing.targetBitrate <= 320_000 ? undefined : 'sends more'),
      8_000,
    );
    await stage.wire.invoke(id, 'setMaxVideoRecvBandwidth', { maxVideoRecvBandwidth: 0 });
    await until(
      async () =>
        (await peer.call('stats')).outgoing.targetBitrate > 600_000 ? undefined : 'sends no more than before',
      20_000,
    );
  });
});
