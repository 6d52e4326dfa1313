import { describe, expect, it } from 'vitest';
import { measure, type StatsReport } from './connection-stats';

/** The shape of Chromium's reports, with the fields that count. */
function report(
  second: number,
  fields: { sent?: number; received?: number; lost?: number; packets?: number } = {},
): StatsReport {
  const timestamp = 1_000_000 + second * 1000;
  const entries: Record<string, unknown>[] = [
    { id: 'T', type: 'transport', selectedCandidatePairId: 'CP' },
    {
      id: 'CP',
      type: 'candidate-pair',
      currentRoundTripTime: 0.012,
      availableOutgoingBitrate: 2_500_000,
      localCandidateId: 'L',
      remoteCandidateId: 'R',
    },
    { id: 'L', type: 'local-candidate', candidateType: 'host', protocol: 'udp' },
    { id: 'R', type: 'remote-candidate', candidateType: 'prflx', protocol: 'udp' },
    { id: 'CV', type: 'codec', mimeType: 'video/VP8' },
    { id: 'CA', type: 'codec', mimeType: 'audio/opus' },
    {
      id: 'OV',
      type: 'outbound-rtp',
      kind: 'video',
      timestamp,
      bytesSent: fields.sent ?? 0,
      frameWidth: 640,
      frameHeight: 480,
      framesPerSecond: 30,
      codecId: 'CV',
    },
    { id: 'OA', type: 'outbound-rtp', kind: 'audio', timestamp, bytesSent: 0, codecId: 'CA' },
    {
      id: 'IV',
      type: 'inbound-rtp',
      kind: 'video',
      timestamp,
      bytesReceived: fields.received ?? 0,
      packetsReceived: fields.packets ?? 0,
      packetsLost: fields.lost ?? 0,
      frameWidth: 640,
      frameHeight: 480,
      framesPerSecond: 29,
      framesDecoded: 31,
      freezeCount: 1,
      codecId: 'CV',
    },
    { id: 'RI', type: 'remote-inbound-rtp', fractionLost: 0.05, roundTripTime: 0.02 },
  ];
  return new Map(entries.map((entry) => [entry['id'] as string, entry]));
}

describe('measure', () => {
  it('needs two reports for anything per second', () => {
    const first = measure(null, report(0, { sent: 5_000_000 }));
    expect(first.outgoing.bitrate).toBeNull();
    expect(first.incoming.loss).toBeNull();
    expect(first).toMatchObject({
      roundTrip: 0.012,
      outgoing: { width: 640, height: 480, framesPerSecond: 30 },
    });
  });

  it('computes bitrates from bytes and the time between', () => {
    const stats = measure(report(0), report(2, { sent: 250_000, received: 125_000, packets: 100 }));
    expect(stats.outgoing.bitrate).toBe(1_000_000);
    expect(stats.incoming.bitrate).toBe(500_000);
  });

  it('computes incoming loss of the interval, and never below nothing', () => {
    expect(measure(report(0), report(1, { packets: 95, lost: 5 })).incoming.loss).toBeCloseTo(0.05);
    expect(measure(report(0, { lost: 9 }), report(1, { packets: 100, lost: 4 })).incoming.loss).toBe(0);
  });

  it('takes outgoing loss from what the other side reports', () => {
    expect(measure(null, report(0)).outgoing.loss).toBe(0.05);
  });

  it('names codecs, candidates and counts', () => {
    const stats = measure(null, report(0));
    expect(stats.outgoing).toMatchObject({ videoCodec: 'VP8', audioCodec: 'opus' });
    expect(stats.candidates).toEqual({ local: 'host', remote: 'prflx', protocol: 'udp' });
    expect(stats).toMatchObject({ framesDecoded: 31, freezes: 1, availableOutgoing: 2_500_000 });
  });

  it('finds the pair of browsers that mark it themselves', () => {
    const now = new Map(report(0));
    now.delete('T');
    now.set('CP', { ...now.get('CP'), nominated: true, state: 'succeeded' });
    expect(measure(null, now).roundTrip).toBe(0.012);
  });

  it('says nothing where nothing is known', () => {
    const stats = measure(null, new Map());
    expect(stats).toMatchObject({ roundTrip: null, candidates: null, framesDecoded: 0 });
    expect(stats.outgoing).toMatchObject({ bitrate: null, videoCodec: null, width: null });
  });

  it('survives entries with fields of other types', () => {
    const odd: StatsReport = new Map([
      ['X', { id: 'X', type: 'inbound-rtp', kind: 'video', timestamp: 'x', bytesReceived: null }],
    ]);
    expect(measure(odd, odd).incoming.bitrate).toBeNull();
  });
});
