import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isKeyframeStart } from './payload';
import { readVp8Descriptor, Vp8Descriptor, writeVp8Descriptor } from './vp8';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const starts = (codec: Parameters<typeof isKeyframeStart>[0], hex: string) => {
  const payload = bytes(hex);
  return isKeyframeStart(codec, payload, 0, payload.length);
};

describe('isKeyframeStart', () => {
  it.each([
    ['VP8, keyframe, with picture id', 'VP8', '90 80 817e 50 38 00 9d 01 2a', true],
    ['VP8, second packet of a keyframe', 'VP8', '80 80 817e 50 38 00', false],
    ['VP8, interframe', 'VP8', '90 80 817e 51 38 00', false],
    ['VP8, second partition', 'VP8', '91 80 817e 50', false],
    ['VP8, without extension', 'VP8', '10 50 00 00', true],
    ['VP8, cut off', 'VP8', '90 80', false],
    ['H.264, sequence parameters', 'H264', '67 42 c0 1f', true],
    ['H.264, IDR in one packet', 'H264', '65 88 84', true],
    ['H.264, aggregate of SPS and PPS', 'H264', '78 0004 6742c01f 0002 68ce', true],
    ['H.264, start of a fragmented IDR', 'H264', '7c 85 88', true],
    ['H.264, end of a fragmented IDR', 'H264', '7c 45 88', false],
    ['H.264, slice', 'H264', '61 e0', false],
    ['H.264, empty aggregate', 'H264', '78', false],
    ['VP9, keyframe', 'VP9', '8a 81 00', true],
    ['VP9, predicted', 'VP9', 'ca 81 00', false],
    ['AV1, new sequence', 'AV1', '18 0a', true],
    ['AV1, other', 'AV1', '10 0a', false],
    ['Opus', 'opus', '78 00', true],
  ] as const)('%s', (_what, codec, hex, expected) => {
    expect(starts(codec, hex)).toBe(expected);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 20 }),
        fc.constantFrom('VP8', 'H264', 'VP9', 'AV1'),
        (raw, codec) => {
          expect(typeof isKeyframeStart(codec as 'VP8', Buffer.from(raw), 0, raw.length)).toBe('boolean');
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('VP8 descriptors', () => {
  it('are written with other picture ids and otherwise as they were', () => {
    const payload = bytes('90 f0 ffff 05 a3 10 20 30');
    const descriptor = new Vp8Descriptor();
    expect(readVp8Descriptor(payload, 0, payload.length, descriptor)).toBe(true);
    expect(descriptor).toMatchObject({
      length: 6,
      pictureId: 0x7fff,
      tl0PictureIndex: 5,
      temporalLayer: 2,
      layerSync: true,
    });
    const target = Buffer.alloc(8);
    expect(writeVp8Descriptor(payload, 0, descriptor, 2, -6, target, 1)).toBe(6);
    expect(target.subarray(1, 7)).toEqual(bytes('90 f0 8001 ff a3'));
  });

  it('with a short picture id stay short', () => {
    const payload = bytes('90 80 7f 10');
    const descriptor = new Vp8Descriptor();
    readVp8Descriptor(payload, 0, payload.length, descriptor);
    const target = Buffer.alloc(4);
    writeVp8Descriptor(payload, 0, descriptor, 1, 0, target, 0);
    expect(target.subarray(0, 3)).toEqual(bytes('90 80 00'));
  });
});
