import { describe, expect, it } from 'vitest';
import { isLayered, layersOf, settleEncodings } from './picture-layers';

describe('the layers of a picture', () => {
  it('are three sizes of a large picture without a limit, the smallest first and the full one unlimited', () => {
    const layers = layersOf(1_280, 0);
    expect(layers.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy)).toEqual([4, 2, 1]);
    expect(layers.map(({ maxBitrate }) => maxBitrate)).toEqual([150_000, 500_000, undefined]);
    expect(new Set(layers.map(({ rid }) => rid)).size).toBe(3);
  });

  it('are two sizes of a smaller picture, or of one that is not there yet', () => {
    for (const side of [640, 0])
      expect(layersOf(side, 0).map(({ scaleResolutionDownBy }) => scaleResolutionDownBy)).toEqual([2, 1]);
  });

  it('are frame rates alone under a limit that has no room for several sizes', () => {
    expect(layersOf(1_280, 1_000)).toEqual([{ scalabilityMode: 'L1T3' }]);
    expect(layersOf(1_280, 1_300)).toHaveLength(3);
  });

  it('keep together to the limit', () => {
    const layers = layersOf(1_280, 2_000);
    settleEncodings(layers, 2_000);
    expect(layers.reduce((sum, { maxBitrate = 0 }) => sum + maxBitrate, 0)).toBe(2_000_000);
    expect(layers.at(-1)?.scaleResolutionDownBy).toBe(1);
  });

  it('become the whole picture where the answer left only the smallest', () => {
    const [lowest] = layersOf(1_280, 0);
    if (lowest === undefined) throw new Error('no layer');
    settleEncodings([lowest], 0);
    expect(lowest).toEqual({ rid: 'low', scaleResolutionDownBy: 1, scalabilityMode: 'L1T3' });
    settleEncodings([lowest], 2_000);
    expect(lowest.maxBitrate).toBe(2_000_000);
  });

  it('are taken by an answer that says so', () => {
    const answer = (line: string) => `v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n${line}a=rtcp-mux\r\n`;
    expect(isLayered(answer('a=simulcast:recv low;full\r\n'))).toBe(true);
    expect(isLayered(answer('a=simulcast:send low;full\r\n'))).toBe(false);
    expect(isLayered(answer(''))).toBe(false);
  });
});
