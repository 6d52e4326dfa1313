/** Where a decoder can start, codec by codec. The one place that knows which payload format belongs to which codec. */
import type { CodecName } from '../flow';
import { isH264KeyframeStart } from './h264';
import { readVp8Descriptor, Vp8Descriptor } from './vp8';

const descriptor = new Vp8Descriptor();

/** True for the first packet of a keyframe (H.264: of its parameter sets), and for every packet of audio. */
export function isKeyframeStart(codec: CodecName, packet: Buffer, start: number, end: number): boolean {
  switch (codec) {
    case 'VP8':
      return readVp8Descriptor(packet, start, end, descriptor) && descriptor.keyframe;
    case 'H264':
      return isH264KeyframeStart(packet, start, end);
    case 'VP9':
      return isVp9KeyframeStart(packet, start, end);
    case 'AV1':
      // Aggregation header, N: first packet of a coded video sequence (AV1 RTP payload, section 4.4).
      return end > start && (packet[start]! & 0x08) !== 0;
    case 'opus':
    case 'PCMU':
    case 'PCMA':
    case 'G722':
      return true;
  }
}

/** RFC 9628 section 4.2: begins a frame (B), not predicted from another picture (P), lowest spatial layer. */
function isVp9KeyframeStart(packet: Buffer, start: number, end: number): boolean {
  if (start >= end) return false;
  const flags = packet[start]!;
  if ((flags & 0x40) !== 0 || (flags & 0x08) === 0) return false;
  if ((flags & 0x20) === 0) return true;
  let at = start + 1;
  if (flags & 0x80) at += at < end && packet[at]! & 0x80 ? 2 : 1;
  return at < end && ((packet[at]! >> 1) & 0x07) === 0;
}
