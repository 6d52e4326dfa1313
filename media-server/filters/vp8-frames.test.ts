import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MediaPacket } from '../flow';
import { codecNamed } from '../sdp';
import { Vp8FrameAssembler, type Vp8Frame } from './vp8-frames';
import { Vp8Packetizer } from './vp8-packets';

/** Frame `n` of a stream: the first byte of VP8 data tells keyframes (bit 0 clear), the rest its number. */
function frame(n: number, keyframe: boolean, size = 3000) {
  const data = new Uint8Array(size).fill(n & 0xff);
  data[0] = keyframe ? 0x10 : 0x11;
  return { data, keyframe, timestamp: (n * 3000) >>> 0, arrival: n * 33 };
}

function packets(
  count: number,
  keyframes: number[] = [0],
  size?: (n: number) => number,
  first = 65_530,
): MediaPacket[] {
  const packetizer = new Vp8Packetizer(codecNamed('VP8'), 7, first, 0x7ffe);
  const made: MediaPacket[] = [];
  for (let n = 0; n < count; n++)
    packetizer.push(frame(n, keyframes.includes(n), size?.(n)), (packet) => made.push(packet));
  return made;
}

function assemble(stream: readonly MediaPacket[]) {
  const frames: Vp8Frame[] = [];
  let requests = 0;
  const assembler = new Vp8FrameAssembler({
    output: (each) => frames.push(each),
    keyframeNeeded: () => requests++,
  });
  for (const packet of stream) assembler.push(packet);
  return {
    frames,
    numbers: frames.map(({ timestamp }) => timestamp / 3000),
    requests: () => requests,
    assembler,
  };
}

describe('VP8 frames', () => {
  it('come out of packets as they went in, across the wrap of sequence numbers', () => {
    const { frames, requests } = assemble(packets(10));
    expect(frames).toHaveLength(10);
    expect(frames[0]).toMatchObject({ keyframe: true, timestamp: 0 });
    expect(frames[7]?.data).toEqual(frame(7, false).data);
    expect(requests()).toBe(0);
  });

  it('are cut into packets of equal size below the limit, with marker and picture id', () => {
    const made = packets(1, [0], () => 5000);
    expect(made).toHaveLength(5);
    const sizes = made.map(({ buffer }) => buffer.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1112);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(10);
    expect(made.map(({ marker }) => marker)).toEqual([false, false, false, false, true]);
    expect(made.map(({ keyframeStart }) => keyframeStart)).toEqual([true, false, false, false, false]);
  });

  it('come out in order whatever the order of packets within a few', () => {
    const shuffled = fc.array(fc.nat(3), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(shuffled, (delays) => {
        const stream = packets(20)
          .map((packet, i) => ({ packet, at: i + (i === 0 ? 0 : (delays[i] ?? 0)) }))
          .sort((a, b) => a.at - b.at)
          .map(({ packet }) => packet);
        expect(assemble(stream).numbers).toEqual(Array.from({ length: 20 }, (_, i) => i));
      }),
    );
  });

  it('survive doubled packets and padding', () => {
    const stream = packets(6).flatMap((packet) => [packet, packet]);
    expect(assemble(stream).numbers).toEqual([0, 1, 2, 3, 4, 5]);
    const [head, ...rest] = packets(3, [0], () => 900);
    if (!head) throw new Error('no packets');
    const moved = rest.map((packet) => ({ ...packet, sequenceNumber: (packet.sequenceNumber + 1) & 0xffff }));
    const padding = {
      ...head,
      sequenceNumber: (head.sequenceNumber + 1) & 0xffff,
      payloadEnd: head.payloadStart,
      marker: false,
      keyframeStart: false,
    };
    expect(assemble([head, padding, ...moved]).numbers).toEqual([0, 1, 2]);
  });

  it('begin with a keyframe', () => {
    expect(assemble(packets(8, [5])).numbers).toEqual([5, 6, 7]);
  });

  it('wait for a lost packet, then go on at the next keyframe', () => {
    const stream = packets(30, [0, 20]);
    const lost = stream.findIndex(({ timestamp }) => timestamp === 10 * 3000);
    const { numbers, requests } = assemble(stream.filter((_, i) => i !== lost));
    expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
    expect(requests()).toBe(1);
  });

  it('take a packet that comes late, but not too late', () => {
    const stream = packets(30);
    const at = stream.findIndex(({ timestamp }) => timestamp === 10 * 3000);
    const [late] = stream.splice(at, 1);
    if (!late) throw new Error('no packet');
    // Three frames of 33 ms later.
    stream.splice(at + 9, 0, { ...late, late: true });
    expect(assemble(stream).numbers).toHaveLength(30);
  });

  it('never come out damaged, twice or backwards, whatever is lost', () => {
    const losses = fc.array(fc.boolean(), { minLength: 200, maxLength: 200 });
    fc.assert(
      fc.property(losses, fc.nat(65_535), (kept, first) => {
        const stream = packets(60, [0, 15, 30, 45], (n) => 500 + ((n * 977) % 4000), first);
        const { frames, numbers } = assemble(stream.filter((_, i) => kept[i % 200] ?? true));
        for (let i = 1; i < numbers.length; i++) {
          const [before = 0, now = 0] = [numbers[i - 1], numbers[i]];
          // Each follows the one before, or is a keyframe.
          expect(now === before + 1 || (now > before && frames[i]?.keyframe)).toBe(true);
        }
        for (const each of frames) {
          const n = each.timestamp / 3000;
          expect(each.data).toHaveLength(500 + ((n * 977) % 4000));
          expect(each.data.subarray(1).every((byte) => byte === (n & 0xff))).toBe(true);
        }
      }),
    );
  });
});
