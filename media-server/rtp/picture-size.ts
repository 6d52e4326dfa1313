/** How large the picture is that a keyframe begins, read from its first packet, where that tells it (VP8, H.264). */
import type { MediaPacket } from '../flow';
import { pictureSize } from '../recorder/h264-parameters';
import { keyframePixels, readVp8Descriptor, Vp8Descriptor } from './vp8';

const SPS = 7;
const STAP_A = 24;

const descriptor = new Vp8Descriptor();

/** Width times height; 0 when the packet does not tell. */
export function pixelsOf({ codec, buffer, payloadStart, payloadEnd }: MediaPacket): number {
  if (codec.name === 'VP8') {
    if (!readVp8Descriptor(buffer, payloadStart, payloadEnd, descriptor)) return 0;
    return keyframePixels(buffer.subarray(payloadStart + descriptor.length, payloadEnd));
  }
  if (codec.name !== 'H264') return 0;
  const set = parameterSet(buffer.subarray(payloadStart, payloadEnd));
  const size = set && pictureSize(set);
  return size ? size.width * size.height : 0;
}

/** The sequence parameter set, alone or the first of several units in one packet (RFC 6184, section 5.7.1). */
function parameterSet(payload: Buffer): Buffer | undefined {
  if (payload.length < 1) return undefined;
  const type = payload[0]! & 0x1f;
  if (type === SPS) return payload;
  if (type !== STAP_A || payload.length < 4) return undefined;
  const end = 3 + payload.readUInt16BE(1);
  return (payload[3]! & 0x1f) === SPS && end <= payload.length ? payload.subarray(3, end) : undefined;
}
