/**
 * H.264 in SDP (RFC 6184 section 8): which streams a receiver that announced certain parameters can decode. Levels are
 * left out on purpose: browsers announce 3.1, send what they like and decode it all the same.
 */
import type { Codec } from '../flow';

export type H264Profile =
  'constrained-baseline' | 'baseline' | 'main' | 'constrained-high' | 'high' | 'high-444';

/** profile_idc, then the constraint byte as mask and value; the first match counts (RFC 6184 table 5). */
const PROFILES: readonly (readonly [idc: number, mask: number, value: number, profile: H264Profile])[] = [
  [0x42, 0x4f, 0x40, 'constrained-baseline'],
  [0x4d, 0x8f, 0x80, 'constrained-baseline'],
  [0x58, 0xcf, 0xc0, 'constrained-baseline'],
  [0x42, 0x4f, 0x00, 'baseline'],
  [0x58, 0xcf, 0x80, 'baseline'],
  [0x4d, 0xaf, 0x00, 'main'],
  [0x64, 0xff, 0x0c, 'constrained-high'],
  [0x64, 0xff, 0x00, 'high'],
  [0xf4, 0xff, 0x00, 'high-444'],
];

/** What else a decoder of the key's profile can decode. */
const DECODES: Record<H264Profile, readonly H264Profile[]> = {
  'constrained-baseline': [],
  baseline: ['constrained-baseline'],
  main: ['constrained-baseline'],
  'constrained-high': ['constrained-baseline'],
  high: ['constrained-baseline', 'main', 'constrained-high'],
  'high-444': ['constrained-baseline', 'main', 'constrained-high', 'high'],
};

/** Undefined for a profile this table does not know. No profile-level-id means baseline (RFC 6184 section 8.1). */
export function h264Profile(profileLevelId: string | undefined): H264Profile | undefined {
  if (profileLevelId === undefined) return 'baseline';
  if (!/^[0-9a-fA-F]{6}$/.test(profileLevelId)) return undefined;
  const idc = Number.parseInt(profileLevelId.slice(0, 2), 16);
  const constraints = Number.parseInt(profileLevelId.slice(2, 4), 16);
  return PROFILES.find(([known, mask, value]) => known === idc && (constraints & mask) === value)?.[3];
}

/** 0 when absent (RFC 6184). */
export function packetizationMode(codec: Codec): number {
  return Number(codec.parameters.get('packetization-mode') ?? '0');
}

/** Same profile and the same way of cutting frames into packets: forwarded without a thought. */
export function sameH264(a: Codec, b: Codec): boolean {
  const profile = h264Profile(a.parameters.get('profile-level-id'));
  return (
    profile !== undefined &&
    profile === h264Profile(b.parameters.get('profile-level-id')) &&
    packetizationMode(a) === packetizationMode(b)
  );
}

/** Can a receiver that announced `receiver` decode packets made for `source`? */
export function h264Receives(receiver: Codec, source: Codec): boolean {
  const wanted = h264Profile(source.parameters.get('profile-level-id'));
  const has = h264Profile(receiver.parameters.get('profile-level-id'));
  if (wanted === undefined || has === undefined) return false;
  // A receiver of fragmented and aggregated units takes single ones as well, not the other way round.
  if (packetizationMode(source) > packetizationMode(receiver)) return false;
  return wanted === has || DECODES[has].includes(wanted);
}
