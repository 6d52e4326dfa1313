/** How many bits a filtered picture gets. */

/** Enough for a talking head at the usual sizes; what a browser would spend itself. */
const BITS_PER_PIXEL = 0.13;
const MIN_BITRATE = 100_000;
const MAX_BITRATE = 3_000_000;
/** Below this the encoder would not follow a wish: every change costs a keyframe. */
const WORTH_A_CHANGE = 1.3;
/** An improvement waits longer than a necessity. */
const RAISE_INTERVAL_MS = 8_000;
const LOWER_INTERVAL_MS = 1_500;

/** Bit/s to aim at for a picture, given what its viewers can take (undefined: they do not know). */
export function targetBitrate(
  width: number,
  height: number,
  fps: number,
  capacity: number | undefined,
): number {
  const wanted = Math.min(MAX_BITRATE, Math.max(MIN_BITRATE, width * height * fps * BITS_PER_PIXEL));
  // Something is left for other streams and for retransmissions.
  return capacity === undefined ? wanted : Math.max(MIN_BITRATE, Math.min(wanted, 0.9 * capacity));
}

/** Whether an encoder that aims at `current` since `since` milliseconds should be set to `wanted`. */
export function isWorthAChange(current: number, wanted: number, since: number): boolean {
  if (wanted > current * WORTH_A_CHANGE) return since >= RAISE_INTERVAL_MS;
  if (wanted * WORTH_A_CHANGE < current) return since >= LOWER_INTERVAL_MS;
  return false;
}
