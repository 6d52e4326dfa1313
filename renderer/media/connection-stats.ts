/**
 * What a connection is doing, out of two consecutive reports of `RTCPeerConnection.getStats()`: pure, so that recorded
 * reports test it. https://www.w3.org/TR/webrtc-stats/
 */

export interface FlowStats {
  /** Bits per second since the report before; null with the first report. */
  readonly bitrate: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly framesPerSecond: number | null;
  /** Such as `VP8` or `opus`, without the `video/`. */
  readonly videoCodec: string | null;
  readonly audioCodec: string | null;
  /** Share of packets that did not arrive since the report before, 0 to 1; null where nothing is known. */
  readonly loss: number | null;
}

export interface ConnectionStats {
  /** Seconds. */
  readonly roundTrip: number | null;
  readonly outgoing: FlowStats;
  readonly incoming: FlowStats;
  /** `host`, `srflx`, `prflx` or `relay`, of the pair in use. */
  readonly candidates: { readonly local: string; readonly remote: string; readonly protocol: string } | null;
  readonly framesDecoded: number;
  readonly freezes: number;
  /** Bits per second that the sender believes the path carries. */
  readonly availableOutgoing: number | null;
}

/** A report as it came, and when: what the next one is compared with. */
export type StatsReport = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

export function measure(before: StatsReport | null, now: StatsReport): ConnectionStats {
  const pair = selectedPair(now);
  return {
    roundTrip:
      number(pair?.['currentRoundTripTime']) ??
      maximum(ofType(now, 'remote-inbound-rtp').map((each) => number(each['roundTripTime']))),
    outgoing: flow(before, now, 'outbound-rtp'),
    incoming: flow(before, now, 'inbound-rtp'),
    candidates: candidatesOf(now, pair),
    framesDecoded: sum(ofType(now, 'inbound-rtp').map((each) => number(each['framesDecoded']))),
    freezes: sum(ofType(now, 'inbound-rtp').map((each) => number(each['freezeCount']))),
    availableOutgoing: number(pair?.['availableOutgoingBitrate']),
  };
}

type Entry = Readonly<Record<string, unknown>>;

function flow(before: StatsReport | null, now: StatsReport, type: 'outbound-rtp' | 'inbound-rtp'): FlowStats {
  const entries = ofType(now, type);
  // Of several layers, the largest picture tells what is really sent.
  const video = entries
    .filter((each) => each['kind'] === 'video')
    .sort((a, b) => (number(b['frameWidth']) ?? 0) - (number(a['frameWidth']) ?? 0))[0];
  const audio = entries.find((each) => each['kind'] === 'audio');
  return {
    bitrate: bitrate(before, entries, type === 'outbound-rtp' ? 'bytesSent' : 'bytesReceived'),
    width: number(video?.['frameWidth']),
    height: number(video?.['frameHeight']),
    framesPerSecond: number(video?.['framesPerSecond']),
    videoCodec: codec(now, video),
    audioCodec: codec(now, audio),
    loss: type === 'outbound-rtp' ? lossOut(now) : lossIn(before, entries),
  };
}

function bitrate(before: StatsReport | null, entries: readonly Entry[], field: string): number | null {
  if (before === null) return null;
  let bits = 0;
  let seconds = 0;
  for (const entry of entries) {
    const earlier = before.get(string(entry['id']));
    const elapsed = ((number(entry['timestamp']) ?? 0) - (number(earlier?.['timestamp']) ?? 0)) / 1000;
    const bytes = (number(entry[field]) ?? 0) - (number(earlier?.[field]) ?? 0);
    if (earlier === undefined || elapsed <= 0 || bytes < 0) continue;
    bits += bytes * 8;
    seconds = Math.max(seconds, elapsed);
  }
  return seconds > 0 ? bits / seconds : null;
}

/** What the other side reported of the last interval. */
function lossOut(now: StatsReport): number | null {
  return maximum(ofType(now, 'remote-inbound-rtp').map((each) => number(each['fractionLost'])));
}

function lossIn(before: StatsReport | null, entries: readonly Entry[]): number | null {
  if (before === null) return null;
  let lost = 0;
  let received = 0;
  for (const entry of entries) {
    const earlier = before.get(string(entry['id']));
    lost += (number(entry['packetsLost']) ?? 0) - (number(earlier?.['packetsLost']) ?? 0);
    received += (number(entry['packetsReceived']) ?? 0) - (number(earlier?.['packetsReceived']) ?? 0);
  }
  // Retransmissions and late packets make `packetsLost` go down again.
  return received > 0 ? Math.min(1, Math.max(0, lost) / (Math.max(0, lost) + received)) : null;
}

function selectedPair(now: StatsReport): Entry | undefined {
  for (const transport of ofType(now, 'transport')) {
    const pair = now.get(string(transport['selectedCandidatePairId']));
    if (pair !== undefined) return pair;
  }
  // Firefox marks the pair instead.
  return ofType(now, 'candidate-pair').find(
    (each) => each['selected'] === true || (each['nominated'] === true && each['state'] === 'succeeded'),
  );
}

function candidatesOf(now: StatsReport, pair: Entry | undefined): ConnectionStats['candidates'] {
  const local = now.get(string(pair?.['localCandidateId']));
  const remote = now.get(string(pair?.['remoteCandidateId']));
  if (local === undefined || remote === undefined) return null;
  return {
    local: string(local['candidateType']),
    remote: string(remote['candidateType']),
    protocol: string(local['protocol']),
  };
}

function codec(now: StatsReport, entry: Entry | undefined): string | null {
  const mime = string(now.get(string(entry?.['codecId']))?.['mimeType']);
  const name = mime.slice(mime.indexOf('/') + 1);
  return name === '' ? null : name;
}

function ofType(report: StatsReport, type: string): Entry[] {
  return [...report.values()].filter((each) => each['type'] === type);
}
function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
function maximum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
