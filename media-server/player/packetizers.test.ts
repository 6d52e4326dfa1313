import { describe, expect, it } from 'vitest';
import { opusPacket, vp8Frame } from '../../test/support/media-files';
import type { Codec, MediaPacket } from '../flow';
import { OPUS, VP8 } from '../model/testing';
import { depacketizerFor, withLengths } from '../recorder/depacketizer';
import type { Frame } from '../recorder/frame';
import type { MediaTrack } from './media-file';
import { packetizerFor } from './packetizers';
import { opusSamples, RtpClock } from './rtp-clock';

const H264: Codec = { kind: 'video', name: 'H264', clockRate: 90_000, parameters: new Map() };
const SPS = Buffer.from('6742c00dd90141fb011000000300100000030320f142a480', 'hex');
const PPS = Buffer.from('68cb8cb2', 'hex');
const unit = (type: number, bytes: number) => Buffer.alloc(bytes, 0x55).fill(0x60 | type, 0, 1);

function cut(track: MediaTrack, data: Uint8Array, keyframe: boolean): MediaPacket[] {
  const packets: MediaPacket[] = [];
  packetizerFor(track, () => 70_000).push({ data, keyframe, timestamp: 5, arrival: 1 }, (each) =>
    packets.push(each),
  );
  return packets;
}
function put(packets: readonly MediaPacket[]): { frames: Frame[]; keyframesNeeded: number } {
  const frames: Frame[] = [];
  let keyframesNeeded = 0;
  const depacketizer = depacketizerFor(packets[0]!.codec.name, {
    frame: (frame) => frames.push(frame),
    keyframeNeeded: () => void keyframesNeeded++,
  });
  for (const packet of packets) depacketizer?.push(packet, false);
  return { frames, keyframesNeeded };
}

describe('a frame cut into packets and put together again', () => {
  it('is the same in VP8', () => {
    const data = vp8Frame(true, 5000, 1280, 720);
    const packets = cut({ kind: 'video', codec: VP8 }, data, true);
    expect(packets).toHaveLength(5);
    const { frames } = put(packets);
    expect(frames).toHaveLength(1);
    expect(Buffer.from(frames[0]!.data).equals(data)).toBe(true);
    expect(frames[0]).toMatchObject({
      keyframe: true,
      timestamp: 5,
      parameters: { width: 1280, height: 720 },
    });
  });
  it('is the same in H.264, in single units, aggregates and fragments', () => {
    const units = [unit(6, 20), unit(6, 30), unit(5, 4000), unit(5, 900)];
    const track = {
      kind: 'video',
      codec: H264,
      h264: { lengthBytes: 4, parameterSets: [SPS, PPS] },
    } as const;
    const packets = cut(track, withLengths(units), true);
    // Parameter sets travel in front, in one packet with what is small.
    expect(packets[0]!.buffer[packets[0]!.payloadStart]! & 0x1f).toBe(24);
    expect(packets.map(({ marker }) => marker)).toEqual([...packets.slice(1).map(() => false), true]);
    expect(packets.every(({ payloadEnd, payloadStart }) => payloadEnd - payloadStart <= 1100)).toBe(true);
    const { frames } = put(packets);
    expect(Buffer.from(frames[0]!.data).equals(withLengths(units))).toBe(true);
    expect(frames[0]?.parameters).toEqual({
      width: 320,
      height: 240,
      sps: [Uint8Array.from(SPS)],
      pps: [Uint8Array.from(PPS)],
    });
  });
  it('is the same in H.264 with start codes', () => {
    const units = [unit(9, 2), SPS, PPS, unit(5, 2000)];
    const stream = Buffer.concat(units.flatMap((each) => [Buffer.from([0, 0, 0, 1]), each]));
    const track = { kind: 'video', codec: H264, h264: { lengthBytes: 0, parameterSets: [] } } as const;
    const { frames } = put(cut(track, stream, true));
    expect(Buffer.from(frames[0]!.data).equals(withLengths([unit(5, 2000)]))).toBe(true);
  });
  it('is the same in Opus', () => {
    const packets = cut({ kind: 'audio', codec: OPUS }, opusPacket(), true);
    expect(packets).toHaveLength(1);
    expect(Buffer.from(put(packets).frames[0]!.data).equals(opusPacket())).toBe(true);
  });
  it('is none when it is a packet of Opus that no datagram holds', () => {
    expect(cut({ kind: 'audio', codec: OPUS }, opusPacket(60_000), true)).toEqual([]);
  });
});

describe('packets that are no frame', () => {
  it('make none, whatever their bytes, and a keyframe is asked for', () => {
    let seed = 1;
    const random = () => (seed = (seed * 48_271) % 0x7fffffff);
    for (const codec of [VP8, H264, OPUS]) {
      for (let round = 0; round < 2000; round++) {
        const [first] = cut({ kind: codec.kind, codec: OPUS }, Buffer.from([0]), true);
        const payload = Buffer.from(Array.from({ length: random() % 12 }, () => random() & 0xff));
        const buffer = Buffer.concat([Buffer.alloc(12), payload]);
        const broken = {
          ...first!,
          codec,
          kind: codec.kind,
          buffer,
          payloadEnd: buffer.length,
          keyframeStart: true,
        };
        expect(() => put([broken, { ...broken, marker: true }])).not.toThrow();
      }
    }
    const packets = cut({ kind: 'video', codec: VP8 }, vp8Frame(true, 5000), true);
    const { frames, keyframesNeeded } = put(packets.slice(1));
    expect(frames).toEqual([]);
    expect(keyframesNeeded).toBe(1);
  });
});

describe('RTP times of a player', () => {
  it('go on smoothly for sound whose times in the file are rounded', () => {
    const clock = new RtpClock(OPUS, 1000, 5_000_000, 0xffffff00);
    const times = [0, 21, 41, 61, 81].map((ms) => clock.timestampOf(1000 + ms, opusPacket()));
    expect(times.map((time, index) => (index === 0 ? 0 : (time - times[index - 1]!) >>> 0))).toEqual([
      0, 960, 960, 960, 960,
    ]);
    expect(clock.mapping).toEqual({ wallTime: 5_000_080, timestamp: times.at(-1) });
    // A gap is a gap.
    expect((clock.timestampOf(1500, opusPacket()) - times[0]!) >>> 0).toBe(24_000);
  });
  it('know how long a packet of Opus lasts', () => {
    expect(opusSamples(Buffer.from([0x78]))).toBe(960);
    expect(opusSamples(Buffer.from([(31 << 3) | 4]))).toBe(960);
    expect(opusSamples(Buffer.from([(16 << 3) | 1]))).toBe(240);
    expect(opusSamples(Buffer.from([(3 << 3) | 3, 2]))).toBe(5760);
    expect(opusSamples(Buffer.alloc(0))).toBe(0);
  });
});
