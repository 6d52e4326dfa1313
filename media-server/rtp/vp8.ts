/**
 * VP8 in RTP (RFC 7741): what forwarding needs to know of a payload, and the rewriting of picture ids so that a viewer
 * who gets another source, or fewer frames, sees an unbroken stream. Does not decode.
 */

/** What a payload descriptor says. Reuse it; -1 stands for "not there". */
export class Vp8Descriptor {
  /** Bytes of the descriptor in front of the VP8 data. */
  length = 0;
  /** First packet of a frame. */
  frameStart = false;
  keyframe = false;
  pictureId = -1;
  /** 7 or 15; 0 when there is none. */
  pictureIdBits = 0;
  pictureIdOffset = 0;
  tl0PictureIndex = -1;
  tl0Offset = 0;
  temporalLayer = -1;
  /** The frame refers to base layer frames only: one may switch up here. */
  layerSync = false;
}

/** False when the payload is too short to be what it says it is. */
export function readVp8Descriptor(packet: Buffer, start: number, end: number, out: Vp8Descriptor): boolean {
  if (start >= end) return false;
  let at = start;
  const first = packet[at++]!;
  out.frameStart = (first & 0x10) !== 0 && (first & 0x07) === 0;
  out.pictureId = out.tl0PictureIndex = out.temporalLayer = -1;
  out.pictureIdBits = 0;
  out.layerSync = false;
  if (first & 0x80) {
    if (at >= end) return false;
    const extension = packet[at++]!;
    if (extension & 0x80) {
      if (at >= end) return false;
      out.pictureIdOffset = at - start;
      const high = packet[at++]!;
      if (high & 0x80) {
        if (at >= end) return false;
        out.pictureId = ((high & 0x7f) << 8) | packet[at++]!;
        out.pictureIdBits = 15;
      } else {
        out.pictureId = high;
        out.pictureIdBits = 7;
      }
    }
    if (extension & 0x40) {
      if (at >= end) return false;
      out.tl0Offset = at - start;
      out.tl0PictureIndex = packet[at++]!;
    }
    if (extension & 0x30) {
      if (at >= end) return false;
      const layers = packet[at++]!;
      if (extension & 0x20) {
        out.temporalLayer = layers >> 6;
        out.layerSync = (layers & 0x20) !== 0;
      }
    }
  }
  out.length = at - start;
  // The first bit of the frame's own header is 0 for a keyframe (RFC 6386 section 9.1).
  out.keyframe = out.frameStart && at < end && (packet[at]! & 1) === 0;
  return true;
}

/** Writes the descriptor at `packet[start…]` into `target`, with other picture ids. Returns its length. */
export function writeVp8Descriptor(
  packet: Buffer,
  start: number,
  descriptor: Vp8Descriptor,
  pictureIdDelta: number,
  tl0Delta: number,
  target: Buffer,
  at: number,
): number {
  for (let index = 0; index < descriptor.length; index++) target[at + index] = packet[start + index]!;
  if (descriptor.pictureIdBits === 15) {
    const id = (descriptor.pictureId + pictureIdDelta) & 0x7fff;
    target[at + descriptor.pictureIdOffset] = 0x80 | (id >> 8);
    target[at + descriptor.pictureIdOffset + 1] = id & 0xff;
  } else if (descriptor.pictureIdBits === 7) {
    target[at + descriptor.pictureIdOffset] = (descriptor.pictureId + pictureIdDelta) & 0x7f;
  }
  if (descriptor.tl0PictureIndex >= 0)
    target[at + descriptor.tl0Offset] = (descriptor.tl0PictureIndex + tl0Delta) & 0xff;
  return descriptor.length;
}

/** Longest descriptor: flags, extension, 15 bits of picture id, TL0PICIDX, layers. */
export const MAX_VP8_DESCRIPTOR_BYTES = 6;

/** Width times height that a keyframe announces in its first bytes, behind the descriptor (RFC 6386 section 9.1); 0 when it is none. */
export function keyframePixels(data: Uint8Array): number {
  const isKeyframe = data.length >= 10 && ((data[0] ?? 1) & 1) === 0;
  if (!isKeyframe || data[3] !== 0x9d || data[4] !== 0x01 || data[5] !== 0x2a) return 0;
  const side = (at: number) => ((data[at] ?? 0) | ((data[at + 1] ?? 0) << 8)) & 0x3fff;
  return side(6) * side(8);
}
