import { describe, expect, it } from 'vitest';
import { createRingMemory, RECORD, RingReader, RingWriter } from './packet-ring';

const SIZE = 4_096;

function ring() {
  const memory = createRingMemory(SIZE);
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
