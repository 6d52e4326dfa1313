import { describe, expect, it } from 'vitest';
import { createRingMemory, MAX_RETURNING_BYTES, RECORD, RingReader, RingWriter } from './packet-ring';

const SIZE = 4_096;

function ring(count = 0) {
  const memory = createRingMemory(SIZE, count);
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  const read: string[] = [];
  const drain = (limit = 1_000) =>
    reader.drain(limit, (kind, leg, headerLength, bytes, start, end) =>
      read.push(`${kind} ${leg} ${headerLength} ${bytes.toString('latin1', start, end)}`),
    );
  const write = (leg: number, header: string, body: string) =>
    writer.write(
      RECORD.rtp,
      leg,
      Buffer.from(header),
      header.length,
      Buffer.from(`xx${body}`),
      2,
      2 + body.length,
    );
  return { writer, reader, read, drain, write };
}

describe('a ring of packets', () => {
  it('hands on what was written, in order, header and body joined', () => {
    const { writer, read, drain, write } = ring();
    expect(write(7, 'head', 'body')).toBe(true);
    expect(writer.write(RECORD.control, 1023, undefined, 0, Buffer.from('order'), 0, 5)).toBe(true);
    expect(write(0, 'h', '')).toBe(true);
    expect(drain()).toBe(false);
    expect(read).toEqual(['1 7 4 headbody', '3 1023 0 order', '1 0 1 h']);
  });

  it('refuses what has no room until the reader has made some', () => {
    const { drain, write, read } = ring();
    let written = 0;
    while (write(1, 'head', 'x'.repeat(100))) written++;
    expect(written).toBe(Math.floor(SIZE / 116));
    drain(1);
    expect(write(2, 'head', 'x'.repeat(50))).toBe(true);
    drain();
    expect(read).toHaveLength(written + 1);
  });

  it('loses and mixes up nothing over many rounds of records of any size', () => {
    const { drain, write, read } = ring();
    const expected: string[] = [];
    let seed = 1;
    const random = (below: number) => (seed = (seed * 48_271) % 0x7fffffff) % below;
    for (let round = 0; round < 20_000; round++) {
      const [leg, header, body] = [random(1024), 'h'.repeat(random(20)), String(round).repeat(random(120))];
      if (write(leg, header, body)) expected.push(`1 ${leg} ${header.length} ${header}${body}`);
      if (random(3) === 0) drain(random(12));
    }
    drain();
    expect(read).toEqual(expected);
    expect(read.length).toBeGreaterThan(15_000);
  });

  it.each([
    ['past 2^31', 0x80000000 - SIZE],
    ['past 2^32', 0x100000000 - SIZE],
  ])('counts on %s', (_, count) => {
    const { drain, write, read } = ring(count);
    for (let round = 0; round < 100; round++) {
      expect(write(1, 'head', String(round).repeat(50))).toBe(true);
      if (round % 20 === 19) drain();
    }
    expect(read).toEqual(Array.from({ length: 100 }, (_, round) => `1 1 4 head${String(round).repeat(50)}`));
  });

  it('lets only so much go back as the writer keeps up with', () => {
    const { writer, reader } = ring();
    let returning = 0;
    while (reader.mayReturn(1_000)) returning++;
    expect(returning).toBeGreaterThan(1_000);
    expect(returning * 1_000).toBeLessThan(MAX_RETURNING_BYTES);
    writer.returned(1_000);
    expect([reader.mayReturn(1_000), reader.mayReturn(0)]).toEqual([true, false]);
    for (; returning > 0; returning--) writer.returned(1_000);
    // Empty datagrams cost memory, too.
    for (; reader.mayReturn(0); returning++);
    expect(returning).toBeLessThan(MAX_RETURNING_BYTES / 256);
  });

  it('asks to wake the reader only when it sleeps, and once', () => {
    const { writer, drain, write } = ring();
    expect(writer.takeSleeper()).toBe(false);
    drain();
    expect(writer.takeSleeper()).toBe(true);
    expect(writer.takeSleeper()).toBe(false);
    write(1, 'a', 'b');
    write(1, 'a', 'b');
    // Not at its end yet: it goes on by itself.
    expect(drain(1)).toBe(true);
    expect(writer.takeSleeper()).toBe(false);
    expect(drain()).toBe(false);
    expect(writer.takeSleeper()).toBe(true);
  });

  it('counts what the reader could not send, leg by leg', () => {
    const { writer, reader } = ring();
    reader.drop(3);
    reader.drop(3);
    reader.drop(4);
    expect([writer.dropped(3), writer.dropped(4), writer.dropped(5)]).toEqual([2, 1, 0]);
    reader.forgetDrops(3);
    expect(writer.dropped(3)).toBe(0);
  });
});
