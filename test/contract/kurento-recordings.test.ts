/**
 * The embedded media server against recordings of a real one: the same requests, answer by answer. What differs on
 * purpose stands in one table, each line with its reason; what differs otherwise fails.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { writeSampleFile } from '../support/media-files';
import { nameOf, replay } from './replay';
import type { Difference } from './replay';
import type { Frame } from './raw-client';

interface Intended {
  /** A whole recording, or all of them. */
  readonly recording?: RegExp;
  readonly what: RegExp;
  readonly note?: RegExp;
  readonly detail?: RegExp;
  readonly why: string;
}

const INTENDED: readonly Intended[] = [
  {
    what: /^create (RtpEndpoint|Composite|Mixer|AlphaBlending|HttpPostEndpoint|ImageOverlayFilter|GStreamerFilter|ZBarFilter)$/,
    why: 'types that this server does not have answer as unknown ones',
  },
  { what: /^invoke getSessions$/, why: 'the original puts an empty string in front for every session' },
  {
    what: /^invoke getChildren$/,
    detail: /items became/,
    why: 'children of absent types are missing',
  },
  {
    what: /^create (WebRtcEndpoint|HubPort)$/,
    note: /^create with an element as mediaPipeline|^create HubPort with an element as hub/,
    detail: /bad_weak_ptr/,
    why: 'the same code, with a message that says what is wrong',
  },
  {
    recording: /^06/,
    what: /^frame$/,
    note: /^comments in JSON|^JSON with trailing text/,
    why: 'JSON is JSON (-32700)',
  },
  {
    recording: /^01/,
    what: /^describe$/,
    note: /^after closeSession/,
    why: 'closeSession drops the last reference, so the object is gone',
  },
  {
    recording: /^11/,
    what: /^invoke getPosition$/,
    detail: /: \d+ became \d+$/,
    why: 'a position some time after play depends on how long opening and seeking took',
  },
  {
    recording: /^11/,
    what: /^invoke getVideoInfo$/,
    note: /^the recording played back/,
    detail: /: 3913 became \d+$/,
    why: 'the recording began and ended at other moments',
  },
  {
    recording: /^11/,
    what: /^event (Recording|MediaFlow)/,
    note: /^(browser|URIs of other schemes)/,
    why: 'no browser takes part in the replay',
  },
  {
    recording: /^10/,
    what: /^invoke getNetworkInterfaces$/,
    why: 'the recorded server was limited to the loopback interface',
  },
  {
    recording: /^10/,
    what: /^invoke (getConnectionState|getMediaState|getICECandidatePairs|getIceConnectionState|getDtlsConnectionState|isMediaFlowingIn|isMediaFlowingOut)$/,
    note: /^properties during the call/,
    why: 'no browser takes part in the replay',
  },
  {
    recording: /^1[02]/,
    what: /^invoke getStats$/,
    detail: /: no RTC(InboundRTPStream|OutboundRTPStream|DataChannel)Stats$/,
    why: 'no browser takes part in the replay, so there are no streams to tell about',
  },
];

/** Where only keys and types can be alike: SDP, statistics, what depends on machine and moment. */
const SHAPE_ONLY =
  /^invoke (processOffer|generateOffer|processAnswer|getLocalSessionDescriptor|getRemoteSessionDescriptor|getStats|getInfo|getCreationTime|getUsedCpu|getUsedMemory|getKmd|getCpuCount|get(Element)?GstreamerDot)$/;
/** The others come with media. */
const EVENTS = new Set([
  'ElementConnected',
  'ElementDisconnected',
  'ObjectCreated',
  'ObjectDestroyed',
  'MediaSessionStarted',
  'IceGatheringDone',
  'IceCandidateFound',
  'EndOfStream',
  'UriEndpointStateChanged',
  'Recording',
  'Paused',
  'Stopped',
]);

const RECORDINGS = [
  '01-server-manager',
  '02-hello-world',
  '03-magic-mirror',
  '04-one2many',
  '05-one2one',
  '06-errors',
  '07-transactions',
  '08-reconnect-gc',
  '09-webrtc-events',
  '10-stats-properties',
  '11-recorder-player',
  '12-data-channels',
  '13-describe',
  '14-offer-from-server',
];

const used = new Set<Intended>();
let eventsCompared = 0;
let replayed = 0;

function isIntended(recording: string, difference: Difference): boolean {
  const entry = INTENDED.find(
    ({ recording: where, what, note, detail }) =>
      (!where || where.test(recording)) &&
      what.test(difference.what) &&
      (!note || note.test(difference.note)) &&
      (!detail || detail.test(difference.detail)),
  );
  if (entry) used.add(entry);
  return entry !== undefined;
}

/** With what the recorded server had to play. */
async function mediaFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'recordings-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeSampleFile(join(folder, 'small.webm'), { milliseconds: 4003 });
  return folder;
}

describe('the recorded requests get the recorded answers', () => {
  for (const name of RECORDINGS) {
    it(name, { timeout: 60_000 }, async () => {
      const result = await replay(name, {
        ...(name.startsWith('11') && { mediaFolder: await mediaFolder(), stepMs: 100 }),
        garbageCollectorPeriodMs: name.startsWith('08') ? 4000 : 240_000,
        shapeOnly: (request: Frame) => SHAPE_ONLY.test(nameOf(request)),
        expectEvent: (type) => EVENTS.has(type),
        // Addresses and ports are this machine's.
        looseEvent: (type) => type === 'IceCandidateFound',
      });
      eventsCompared += result.events;
      replayed++;
      expect(result.compared).toBeGreaterThan(10);
      expect(result.differences.filter((difference) => !isIntended(name, difference))).toEqual([]);
    });
  }
});

afterAll(() => {
  // Says something only about the whole: one recording alone needs few of the entries.
  if (replayed < RECORDINGS.length) return;
  // Entries that nothing needs any more hide what will go wrong next.
  const stale = INTENDED.filter((entry) => !used.has(entry)).map(({ why }) => why);
  expect(stale).toEqual([]);
  expect(eventsCompared).toBeGreaterThan(100);
});
