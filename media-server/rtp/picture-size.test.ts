import { describe, expect, it } from 'vitest';
import type { CodecName, MediaPacket } from '../flow';
import { codecNamed } from '../sdp/codecs';
import { pixelsOf } from './picture-size';

function packet(codec: CodecName, ...payload: readonly number[]): MediaPacket {
  const buffer = Buffer.from([...new Array<number>(12).fill(0), ...payload]);
  return {
    kind: 'video',
    codec: codecNamed(codec),
    buffer,
    payloadStart: 12,
    payloadEnd: buffer.length,
    sequenceNumber: 0,
    timestamp: 0,
    marker: false,
    ssrc: 1,
    keyframeStart: true,
    arrival: 0,
    late: false,
  };
}

/** Chromium's, constrained baseline, 640×480. */
const SPS = [0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x50, 0x1e, 0xd0, 0x0f, 0x08, 0x84, 0x6a];

describe('pixelsOf', () => {
  it('reads a VP8 keyframe behind its payload descriptor', () => {
    const frame = [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01];
    expect(pixelsOf(packet('VP8', 0x90, 0x80, 0x80, 0x01, ...frame))).toBe(640 * 480);
    expect(pixelsOf(packet('VP8', 0x10, 0x11, ...frame.slice(1)))).toBe(0);
  });

  it('reads H.264 parameters, alone and aggregated', () => {
    expect(pixelsOf(packet('H264', ...SPS))).toBe(640 * 480);
    expect(pixelsOf(packet('H264', 0x78, 0, SPS.length, ...SPS, 0, 2, 0x68, 0xce))).toBe(640 * 480);
  });

  it('says nothing of what is cut off, or of another codec', () => {
    for (const codec of ['VP8', 'H264', 'VP9', 'AV1'] as const) {
      expect(pixelsOf(packet(codec))).toBe(0);
      expect(pixelsOf(packet(codec, 0x78))).toBe(0);
    }
    expect(pixelsOf(packet('H264', 0x78, 0, 200, ...SPS))).toBe(0);
    expect(pixelsOf(packet('VP9', ...SPS))).toBe(0);
  });
});
