import { describe, expect, it } from 'vitest';
import { Reception } from './reception';
import { Repair } from './repair';

describe('Reception', () => {
  it('tells packets in order, late ones, duplicates and new beginnings apart', () => {
    const reception = new Reception(1, 90_000);
    const add = (sequence: number) => reception.add(sequence & 0xffff, 0, 100, 0, false);
    expect([65_534, 65_535, 1, 0, 1, 65_535, 20_000, 20_001].map(add)).toEqual([
      'next',
      'next',
      'next',
      'late',
      'duplicate',
      'duplicate',
      'restart',
      'next',
    ]);
  });

  it('reports loss since the last report and in all', () => {
    const reception = new Reception(7, 90_000);
    for (let sequence = 0; sequence < 100; sequence++)
      if (sequence % 4 !== 3) reception.add(sequence, 0, 100, 0, false);
    const first = reception.report(0);
    expect(first?.fractionLost).toBeCloseTo(0.25, 1);
    expect(first?.packetsLost).toBe(24);
    for (let sequence = 100; sequence < 200; sequence++) reception.add(sequence, 0, 100, 0, false);
    expect(reception.report(0)).toMatchObject({ ssrc: 7, packetsLost: 25, highestSequence: 199 });
    expect(reception.fractionLost).toBeLessThan(0.02);
  });

  it('measures jitter as RFC 3550 does: none for a steady stream', () => {
    const steady = new Reception(1, 90_000);
    const uneven = new Reception(2, 90_000);
    for (let index = 0; index < 200; index++) {
      steady.add(index, index * 3_000, 100, (index * 1000) / 30, false);
      uneven.add(index, index * 3_000, 100, (index * 1000) / 30 + (index % 2) * 10, false);
    }
    expect(steady.jitter).toBeLessThan(2);
    expect(uneven.jitter).toBeGreaterThan(800);
    expect(uneven.jitter).toBeLessThan(950);
  });

  it('tells how long ago the last sender report came', () => {
    const reception = new Reception(1, 48_000);
    reception.add(1, 0, 10, 0, false);
    reception.senderReport(
      {
        type: 'sender-report',
        ssrc: 1,
        wallTime: 0,
        ntpMiddle: 99,
        timestamp: 0,
        packets: 0,
        octets: 0,
        reports: [],
      },
      1_000,
    );
    expect(reception.report(1_500)).toMatchObject({
      lastSenderReport: 99,
      delaySinceLastSenderReport: 32_768,
    });
  });
});

describe('Repair', () => {
  it('asks at once, again after a round trip, and gives up in the end', () => {
    const repair = new Repair();
    repair.next(10, 0);
    expect(repair.next(13, 0)).toBe(true);
    expect(repair.due(0, 40)).toEqual([11, 12]);
    expect(repair.due(30, 40)).toEqual([]);
    repair.recovered(11);
    expect(repair.due(60, 40)).toEqual([12]);
    for (let now = 100; now < 2_000; now += 20) repair.due(now, 40);
    expect(repair.waiting).toBe(0);
    expect(repair.takeAbandoned()).toBe(true);
    expect(repair.takeAbandoned()).toBe(false);
  });

  it('forgets what is older than a keyframe', () => {
    const repair = new Repair();
    repair.next(65_534, 0);
    repair.next(2, 0);
    repair.keyframe(1);
    expect(repair.due(0, 40)).toEqual([1]);
  });

  it('takes an outage for what it is', () => {
    const repair = new Repair();
    repair.next(0, 0);
    repair.next(1_000, 0);
    expect(repair.waiting).toBe(0);
    expect(repair.takeAbandoned()).toBe(true);
  });

  it('stays bounded however much is missing', () => {
    const repair = new Repair();
    for (let sequence = 0; sequence < 60_000; sequence += 3) repair.next(sequence & 0xffff, sequence / 100);
    expect(repair.waiting).toBeLessThanOrEqual(300);
  });
});
