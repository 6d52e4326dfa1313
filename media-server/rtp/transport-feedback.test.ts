import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTransportFeedback, TransportFeedback } from './transport-feedback';

function told(feedback: TransportFeedback, now = 1_000_000, hold = 0, missingSince?: number) {
  const all = [];
  for (;;) {
    const packet = feedback.build(1, 2, now, hold, missingSince);
    if (!packet) return all;
    expect(packet.length % 4).toBe(0);
    const statuses = readTransportFeedback(packet);
    expect(statuses).toBeDefined();
    all.push(...statuses!);
  }
}

describe('TransportFeedback', () => {
  it('tells the arrival time of each packet to a quarter of a millisecond', () => {
    const feedback = new TransportFeedback();
    const arrivals = [1000, 1000.3, 1007.7, 1007.7, 1090.1];
    arrivals.forEach((arrival, index) => feedback.add(65_534 + index, arrival));
    arrivals.forEach((arrival, index) => feedback.add((65_534 + index) & 0xffff, arrival));
    const statuses = told(feedback);
    expect(statuses.map(({ sequenceNumber }) => sequenceNumber)).toEqual([65_534, 65_535, 0, 1, 2]);
    statuses.forEach(({ arrival }, index) =>
      expect(Math.abs(arrival! - arrivals[index]!)).toBeLessThanOrEqual(0.25),
    );
    expect(feedback.pending).toBe(false);
  });

  it('names lost packets once they are not repaired', () => {
    const feedback = new TransportFeedback();
    feedback.add(10, 500);
    feedback.add(13, 510);
    const statuses = told(feedback, 2_000, 100, 510);
    expect(statuses.map(({ arrival }) => arrival === undefined)).toEqual([false, true, true, false]);
  });

  it('holds back what a repair may still mend, and keeps the loss quiet when it did', () => {
    const feedback = new TransportFeedback();
    feedback.add(10, 500);
    feedback.add(12, 510);
    feedback.add(13, 512);
    expect(told(feedback, 530, 100, 510).map(({ sequenceNumber }) => sequenceNumber)).toEqual([10]);
    const later = told(feedback, 620, 100, undefined);
    expect(later.map(({ sequenceNumber, arrival }) => [sequenceNumber, arrival === undefined])).toEqual([
      [11, false],
      [12, false],
      [13, false],
    ]);
  });

  it('tells all losses at once when packets begin to queue', () => {
    const feedback = new TransportFeedback();
    const send = (ms: number) => Math.floor((ms / 1000) * 2 ** 18) & 0xffffff;
    // The path takes 20 ms, then longer and longer.
    for (let index = 0; index < 100; index++) feedback.add(index, index * 10 + 20, send(index * 10));
    told(feedback, 1_020);
    for (let index = 100; index < 140; index++) {
      if (index % 5 !== 0) feedback.add(index, index * 10 + 20 + (index - 99) * 8, send(index * 10));
    }
    const lost = told(feedback, 1_800, 100, undefined).filter(({ arrival }) => arrival === undefined);
    expect(lost.length).toBeGreaterThan(4);
  });

  it('does not keep lasting loss quiet', () => {
    const feedback = new TransportFeedback();
    const lostIn = (from: number, to: number) => {
      let lost = 0;
      let all = 0;
      for (let now = from; now < to; now += 50) {
        for (let at = now; at < now + 50; at += 5)
          if ((at / 5) % 5 !== 0) feedback.add((at / 5) & 0xffff, at);
        const statuses = told(feedback, now + 50, 0, undefined);
        lost += statuses.filter(({ arrival }) => arrival === undefined).length;
        all += statuses.length;
      }
      return lost / all;
    };
    expect(lostIn(0, 10_000)).toBeLessThan(0.03);
    expect(lostIn(10_000, 30_000)).toBeGreaterThan(0.03);
    expect(lostIn(30_000, 40_000)).toBeGreaterThan(0.12);
  });

  it('reports a packet that came out of order, and not a duplicate', () => {
    const feedback = new TransportFeedback();
    feedback.add(5, 100);
    feedback.add(7, 101);
    told(feedback, 101, 0, 100);
    feedback.add(6, 103);
    feedback.add(6, 150);
    const six = told(feedback).find(({ sequenceNumber }) => sequenceNumber === 6);
    expect(six?.arrival).toBeCloseTo(103, 0);
  });

  it('starts anew after a jump that no loss explains', () => {
    const feedback = new TransportFeedback();
    feedback.add(5, 100);
    feedback.add(30_000, 101);
    expect(told(feedback).map(({ sequenceNumber }) => sequenceNumber)).toEqual([30_000]);
  });

  it('tells of every packet exactly once, whatever is lost and however long the pauses are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ gap: fc.nat(40), pause: fc.nat(9_000), flush: fc.boolean() }), {
          minLength: 1,
          maxLength: 60,
        }),
        (steps) => {
          const feedback = new TransportFeedback();
          let number = 60_000;
          let now = 5_000;
          const sent = new Map<number, number>();
          const heard = new Map<number, number>();
          const flush = () => {
            for (const { sequenceNumber, arrival } of told(feedback, now, 0, 0)) {
              if (arrival !== undefined) heard.set(sequenceNumber, arrival);
            }
          };
          for (const { gap, pause, flush: now_ } of steps) {
            number = (number + 1 + gap) & 0xffff;
            now += pause / 7;
            feedback.add(number, now);
            sent.set(number, now);
            if (now_) flush();
          }
          flush();
          expect([...heard.keys()]).toEqual([...sent.keys()]);
          const first = [...sent.values()][0]!;
          for (const [key, arrival] of sent)
            expect(
              Math.abs(heard.get(key)! - heard.get([...sent.keys()][0]!)! - (arrival - first)),
            ).toBeLessThan(1);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('refuses damaged messages without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 80 }), (bytes) => {
        const packet = Buffer.concat([Buffer.from([0x8f, 205, 0, (bytes.length + 4) >> 2]), bytes]);
        readTransportFeedback(packet);
      }),
      { numRuns: 1_000 },
    );
  });
});
