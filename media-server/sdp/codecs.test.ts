import { describe, expect, it } from 'vitest';
import { codecForSource, codecNamed, sameCodec } from '.';
import { NO_FEEDBACK, parseParameters } from './codecs';
import { h264Profile } from './h264';

const h264 = (profile: string | undefined, mode?: string) =>
  codecNamed('H264', [
    ...(profile === undefined ? [] : [['profile-level-id', profile] as const]),
    ...(mode === undefined ? [] : [['packetization-mode', mode] as const]),
  ]);
const peer = (...codecs: ReturnType<typeof codecNamed>[]) =>
  codecs.map((codec, i) => ({
    payloadType: 96 + i,
    codec,
    feedback: NO_FEEDBACK,
    rtxPayloadType: undefined,
  }));

describe('H.264 profiles', () => {
  it('tells the profiles that browsers write apart', () => {
    expect(h264Profile('42e01f')).toBe('constrained-baseline');
    expect(h264Profile('42E034')).toBe('constrained-baseline');
    expect(h264Profile('42001f')).toBe('baseline');
    expect(h264Profile('4d001f')).toBe('main');
    expect(h264Profile('640c1f')).toBe('constrained-high');
    expect(h264Profile('640032')).toBe('high');
    expect(h264Profile('f4001f')).toBe('high-444');
    expect(h264Profile(undefined)).toBe('baseline');
    expect(h264Profile('42e0')).toBeUndefined();
    expect(h264Profile('ffffff')).toBeUndefined();
  });

  it('are the same whatever the level, and differ by packetization mode', () => {
    expect(sameCodec(h264('42e01f', '1'), h264('42e034', '1'))).toBe(true);
    expect(sameCodec(h264('42e01f', '1'), h264('42e01f'))).toBe(false);
    expect(sameCodec(h264('42e01f', '1'), h264('42001f', '1'))).toBe(false);
  });
});

describe('the payload type for a source', () => {
  it('is the one of the same profile where there is one', () => {
    const codecs = peer(h264('42001f', '1'), h264('42e01f', '0'), h264('42e01f', '1'));
    expect(codecForSource(codecs, h264('42e01f', '1'))?.payloadType).toBe(98);
  });

  it('is one whose profile includes the source', () => {
    expect(codecForSource(peer(h264('640c1f', '1')), h264('42e01f', '1'))?.payloadType).toBe(96);
    expect(codecForSource(peer(h264('42e01f', '1')), h264('42e01f', '0'))?.payloadType).toBe(96);
  });

  it('is none when the peer cannot decode the source', () => {
    expect(codecForSource(peer(h264('42e01f', '1')), h264('640032', '1'))).toBeUndefined();
    expect(codecForSource(peer(h264('42e01f', '0')), h264('42e01f', '1'))).toBeUndefined();
    expect(codecForSource(peer(codecNamed('VP8')), h264('42e01f', '1'))).toBeUndefined();
    expect(codecForSource(peer(codecNamed('VP9', [['profile-id', '2']])), codecNamed('VP9'))).toBeUndefined();
  });
});

it('reads parameters in any case, spaced or as flags, and only the first of a key', () => {
  expect([...parseParameters('Profile-Level-Id=42E01F; cbr ;minptime=10;minptime=20;;=x')]).toEqual([
    ['profile-level-id', '42E01F'],
    ['cbr', ''],
    ['minptime', '10'],
  ]);
});
