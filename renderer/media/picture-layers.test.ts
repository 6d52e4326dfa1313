import { describe, expect, it } from 'vitest';
import { isLayered, layersOf, settleEncodings, type PictureLayer } from './picture-layers';

describe('the layers of a picture', () => {
  const settled = (side: number, maxKilobits = 0, count = 3) => {
    const encodings: PictureLayer[] = layersOf(0).slice(0, count);
    settleEncodings(encodings, side, maxKilobits);
    return encodings
      .filter(({ active }) => active)
      .map(({ scaleResolutionDownBy, maxBitrate }) => [scaleResolutionDownBy, maxBitrate]);
  };

  it('are three sizes of a large picture, the smallest first and the full one unlimited', () => {
    expect(settled(1_280)).toEqual([
      [4, 150_000],
      [2, 500_000],
      [1, undefined],
    ]);
    expect(new Set(layersOf(0).map(({ rid }) => rid)).size).toBe(3);
  });

  it('are two sizes of a smaller picture, or of one that is not there yet', () => {
    for (const side of [640, 0])
      expect(settled(side)).toEqual([
        [2, 150_000],
        [1, undefined],
      ]);
  });

  it('follow a picture of another size', () => {
    const encodings = layersOf(0);
    settleEncodings(encodings, 640, 0);
    settleEncodings(encodings, 1_280, 0);
    expect(encodings.map(({ active, scaleResolutionDownBy }) => [active, scaleResolutionDownBy])).toEqual([
      [true, 4],
      [true, 2],
      [true, 1],
    ]);
    expect(encodings.map(({ maxBitrate }) => maxBitrate)).toEqual([150_000, 500_000, undefined]);
  });

  it('are frame rates alone under a limit that has no room for several sizes', () => {
    expect(layersOf(1_000)).toEqual([{ scalabilityMode: 'L1T3' }]);
    expect(layersOf(1_300)).toHaveLength(3);
  });

  it('keep together to the limit', () => {
    for (const side of [640, 1_280]) {
      const sum = settled(side, 2_000).reduce((all, [, bits]) => all + (bits ?? 0), 0);
      expect(sum).toBe(2_000_000);
    }
  });

  it('become the whole picture where the answer left only the smallest', () => {
    expect(settled(1_280, 0, 1)).toEqual([[1, undefined]]);
    expect(settled(640, 2_000, 1)).toEqual([[1, 2_000_000]]);
  });

  it('are taken by an answer that says so', () => {
    const answer = (line: string) => `v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n${line}a=rtcp-mux\r\n`;
    expect(isLayered(answer('a=simulcast:recv low;full\r\n'))).toBe(true);
    expect(isLayered(answer('a=simulcast:send low;full\r\n'))).toBe(false);
    expect(isLayered(answer(''))).toBe(false);
  });
});
