/**
 * H.264 in RTP (RFC 6184): finds the packet at which a decoder can start. Nothing is reassembled.
 */

const SLICE_IDR = 5;
const SPS = 7;
const STAP_A = 24;
const FU_A = 28;

/**
 * True for the first packet of a keyframe: sequence parameters (alone or aggregated), or the start of an IDR picture.
 * Encoders send SPS, PPS and IDR under one timestamp, so the caller takes only the first of them for each timestamp.
 */
export function isH264KeyframeStart(packet: Buffer, start: number, end: number): boolean {
  if (start >= end) return false;
  const type = packet[start]! & 0x1f;
  if (type === SPS || type === SLICE_IDR) return true;
  if (type === STAP_A) {
    let at = start + 1;
    while (at + 3 <= end) {
      const size = (packet[at]! << 8) | packet[at + 1]!;
      const inner = packet[at + 2]! & 0x1f;
      if (inner === SPS || inner === SLICE_IDR) return true;
      at += 2 + size;
    }
    return false;
  }
  if (type === FU_A && start + 1 < end) {
    const header = packet[start + 1]!;
    return (header & 0x80) !== 0 && (header & 0x1f) === SLICE_IDR;
  }
  return false;
}
