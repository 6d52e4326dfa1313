/**
 * The events of a call, beside those that a real media server told in recorded calls: the same set, each with the same
 * payload, and in the recorded order where one follows from the other. The browser is a real one.
 */
import { describe, expect, it } from 'vitest';
import { differences, readRecording } from '../contract/recording';
import { hasChromium } from '../support/browser-peer';
import type { WireEvent } from '../support/browser-peer';
import { MediaStage } from '../support/media-stage';
import { until } from '../support/until';

/** RTP and RTCP share one component, always. */
const ONE_COMPONENT = 'IceComponentStateChanged 2 GATHERING';

/** What tells an event from others of its type: its type and the fields with a meaning. */
function label({ type, data }: WireEvent): string {
  const fields = ['componentId', 'mediaType', 'oldState', 'newState', 'state'];
  return [type, ...fields.flatMap((name) => (name in data ? [String(data[name])] : []))].join(' ');
}
/** Candidates are this machine's, and as many as it has addresses. */
const isCompared = ({ type }: WireEvent) => type !== 'IceCandidateFound';

interface Line {
  readonly t: number;
  readonly event: WireEvent;
}
function recordedEvents(name: string): Line[] {
  return readRecording(name).flatMap(({ t, dir, frame }) => {
    const { method, params } = (frame ?? {}) as { method?: string; params?: { value: WireEvent } };
    return dir === 's→c' && method === 'onEvent' && params && isCompared(params.value)
      ? [{ t, event: params.value }]
      : [];
  });
}

/** Positions of the chain's links, each the first one after that of the link before. */
function inOrder(labels: readonly string[], chain: readonly string[]): string | undefined {
  let at = -1;
  for (const link of chain) {
    const next = labels.indexOf(link, at + 1);
    if (next < 0) return `${link} does not follow in ${labels.join(' | ')}`;
    at = next;
  }
  return undefined;
}

/** What follows from what; that the recording has it so is checked as well. */
const CHAINS = [
  [
    'MediaSessionStarted',
    'IceComponentStateChanged 1 GATHERING',
    'IceComponentStateChanged 1 CONNECTING',
    'NewCandidatePairSelected',
    'IceComponentStateChanged 1 CONNECTED',
    'DtlsConnectionStateChange [bundle/dtlssrtpenc] NEW',
    'DtlsConnectionStateChange [bundle/dtlssrtpdec] CONNECTING',
    'DtlsConnectionStateChange [bundle/dtlssrtpenc] CONNECTING',
    'DtlsConnectionStateChange [bundle/dtlssrtpdec] CONNECTED',
    'DtlsConnectionStateChange [bundle/dtlssrtpenc] CONNECTED',
    'MediaFlowOutStateChanged AUDIO FLOWING',
    'MediaStateChanged DISCONNECTED CONNECTED',
  ],
  ['IceComponentStateChanged 1 CONNECTED', 'IceComponentStateChanged 1 READY'],
  ['IceComponentStateChanged 1 GATHERING', 'IceGatheringDone'],
  ['ConnectionStateChanged DISCONNECTED CONNECTED', 'MediaFlowOutStateChanged AUDIO FLOWING'],
  ...['AUDIO', 'VIDEO'].map((kind) => [
    `MediaFlowOutStateChanged ${kind} FLOWING`,
    `MediaTranscodingStateChanged ${kind} NOT_TRANSCODING`,
    `MediaFlowInStateChanged ${kind} FLOWING`,
    'MediaStateChanged DISCONNECTED CONNECTED',
    'DtlsConnectionStateChange [bundle/dtlssrtpdec] CLOSED',
    'DtlsConnectionStateChange [bundle/dtlssrtpenc] CLOSED',
    `MediaFlowInStateChanged ${kind} NOT_FLOWING`,
    `MediaFlowOutStateChanged ${kind} NOT_FLOWING`,
    'MediaStateChanged CONNECTED DISCONNECTED',
  ]),
];
/** Those that come again while better pairs appear; how often is the network's matter. */
const REPEATED = /^(IceComponentStateChanged 1 (CONNECTED|READY)|NewCandidatePairSelected)/;

describe.skipIf(!hasChromium())('the events of a call with Chromium', () => {
  const stage = new MediaStage();
  const eventsOf = (id: string) =>
    stage.wire.events.filter((event) => event.object === id && isCompared(event));
  const told = (id: string, wanted: string, count = 1) =>
    until(() => {
      const labels = eventsOf(id).map(label);
      return labels.filter((each) => each === wanted).length >= count
        ? undefined
        : `no ${wanted} among ${labels.join(' | ')}`;
    }, 40_000);

  function compare(recorded: readonly WireEvent[], ours: readonly WireEvent[]): void {
    const counts = (events: readonly WireEvent[]) => {
      const found = new Map<string, number>();
      for (const event of events) {
        const name = label(event);
        if (name !== ONE_COMPONENT) found.set(name, REPEATED.test(name) ? 1 : (found.get(name) ?? 0) + 1);
      }
      return Object.fromEntries([...found].sort());
    };
    expect(counts(ours)).toEqual(counts(recorded));
    for (const event of recorded.filter((each) => label(each) !== ONE_COMPONENT)) {
      const same = ours.filter((each) => label(each) === label(event));
      expect(same.length).toBeGreaterThan(0);
      for (const each of same)
        expect({ event: label(event), differs: differences(event.data, each.data, 'shape') }).toEqual({
          event: label(event),
          differs: [],
        });
    }
  }

  it('with sound and picture are those of the recorded one, from the first to the browser’s leaving', async () => {
    const pipeline = await stage.pipeline();
    const id = await stage.endpoint(pipeline);
    const pass = await stage.wire.create('PassThrough', { mediaPipeline: pipeline });
    const recorded = recordedEvents('09-webrtc-events');
    const types = new Set(
      readRecording('09-webrtc-events').flatMap(({ frame }) => {
        const { method, params } = (frame ?? {}) as { method?: string; params?: { type: string } };
        return method === 'subscribe' && params && !params.type.startsWith('Object') ? [params.type] : [];
      }),
    );
    await stage.wire.subscribe(id, ...types);
    await stage.wire.invoke(id, 'addTag', { key: 'role', value: 'caller' });
    await stage.wire.invoke(id, 'setSendTagsInEvents', { sendTagsInEvents: true });
    await stage.wire.invoke(id, 'connect', { sink: id });
    await stage.wire.invoke(id, 'connect', { sink: pass });
    const peer = await stage.join(id);
    await told(id, 'MediaStateChanged DISCONNECTED CONNECTED');
    await told(id, 'MediaFlowInStateChanged VIDEO FLOWING');
    await stage.wire.invoke(id, 'disconnect', { sink: id, mediaType: 'VIDEO' });
    await stage.wire.invoke(id, 'disconnect', { sink: pass });
    await stage.wire.invoke(id, 'connect', { sink: id, mediaType: 'VIDEO' });
    await told(id, 'ElementConnected VIDEO', 3);
    await peer.close();
    await told(id, 'MediaStateChanged CONNECTED DISCONNECTED');

    const ours = eventsOf(id);
    compare(
      recorded.map(({ event }) => event),
      ours,
    );
    const labels = ours.map(label);
    for (const chain of CHAINS) {
      expect(
        inOrder(
          recorded.map(({ event }) => label(event)),
          chain,
        ),
      ).toBeUndefined();
      expect(inOrder(labels, chain)).toBeUndefined();
    }
  });

  it('with data channels are those of the recorded one: opened and closed are told twice', async () => {
    const pipeline = await stage.pipeline();
    const id = await stage.endpoint(pipeline, { useDataChannels: true });
    await stage.wire.subscribe(id, 'DataChannelOpened', 'DataChannelClosed', 'MediaStateChanged');
    await stage.wire.subscribe(
      id,
      'ConnectionStateChanged',
      'MediaFlowInStateChanged',
      'MediaFlowOutStateChanged',
    );
    await stage.wire.invoke(id, 'connect', { sink: id, mediaType: 'DATA' });
    const peer = await stage.join(id, { dataChannel: 'chat' });
    await until(async () => ((await peer.call('channelState')) === 'open' ? undefined : 'not open'), 20_000);
    await peer.call('send', 'hello');
    await until(
      async () => ((await peer.call('received')).includes('hello') ? undefined : 'no echo'),
      10_000,
    );
    await peer.call('closeChannel');
    await told(id, 'DataChannelClosed', 2);
    await told(id, 'MediaStateChanged DISCONNECTED CONNECTED');
    await told(id, 'MediaFlowOutStateChanged VIDEO FLOWING');
    await stage.wire.invoke(id, 'createDataChannel', { label: 'from-server', ordered: true });
    await told(id, 'DataChannelOpened', 4);
    const [first] = recordedEvents('12-data-channels');
    const recorded = recordedEvents('12-data-channels')
      .map(({ event }) => event)
      .filter(({ object }) => object === first?.event.object);
    compare(recorded, eventsOf(id));
    const channels = eventsOf(id).filter(({ type }) => type.startsWith('DataChannel'));
    const idsOf = channels.map(({ data }) => data['channelId']);
    // Opened by the browser, closed by it, opened by us; even numbers are the DTLS client's (RFC 8832 section 6).
    expect(idsOf).toEqual([0, 0, 0, 0, 1, 1]);
  });
});
