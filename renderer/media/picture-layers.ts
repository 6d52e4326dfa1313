/**
 * The layers in which a picture is sent that many watch: two or three sizes, each in three frame rates, so that a media server can
 * hand on to every viewer what fits their link. The page offers them to any media server: one that takes simulcast
 * (RFC 8853) says so in its answer, and with one that does not (KMS) the browser keeps the first encoding alone, which
 * then becomes the whole picture. Cameras and screens alike: of a screen, most of which stands still, the full size costs
 * little, and who cannot have it is better off with a small one than with none.
 */

/** `RTCRtpEncodingParameters` with the extension for temporal layers (https://www.w3.org/TR/webrtc-svc/). */
export interface PictureLayer extends RTCRtpEncodingParameters {
  scalabilityMode?: string;
}

/** Three frame rates of one VP8 stream, each half of the next: any receiver decodes it as if it had none. */
const THREE_RATES = 'L1T3';
const LOW = { rid: 'low', kilobits: 150 };
const MIDDLE = { rid: 'mid', kilobits: 500 };
/** Chromium sends three sizes of pictures that are at least so long on one side; of smaller ones it leaves out the full one. */
const LARGE_SIDE = 960;
/** Under a limit lower than this the smaller layers would take what the full picture needs. */
const MIN_LAYERED_KILOBITS = 2 * (LOW.kilobits + MIDDLE.kilobits);

/**
 * What to offer of a picture whose longer side is `side` points; browsers want the smallest first, each half of the next.
 * `maxKilobits` is for all together, 0: no limit. With three, a viewer who is tried with more has a step in between.
 */
export function layersOf(side: number, maxKilobits: number): PictureLayer[] {
  if (maxKilobits > 0 && maxKilobits < MIN_LAYERED_KILOBITS) return [{ scalabilityMode: THREE_RATES }];
  const smaller = side < LARGE_SIDE ? [LOW] : [LOW, MIDDLE];
  return [
    ...smaller.map(({ rid, kilobits }, index) => ({
      rid,
      scaleResolutionDownBy: 2 ** (smaller.length - index),
      maxBitrate: kilobits * 1_000,
      scalabilityMode: THREE_RATES,
    })),
    { rid: 'full', scaleResolutionDownBy: 1, scalabilityMode: THREE_RATES },
  ];
}

/** Changes what the answer left of the encodings: the last, or only, one is the full picture and gets the rest of the limit. */
export function settleEncodings(encodings: RTCRtpEncodingParameters[], maxKilobits: number): void {
  const full = encodings.at(-1);
  if (full === undefined) return;
  full.scaleResolutionDownBy = 1;
  const smaller = encodings.slice(0, -1).reduce((sum, { maxBitrate = 0 }) => sum + maxBitrate, 0);
  if (maxKilobits === 0) delete full.maxBitrate;
  else full.maxBitrate = maxKilobits * 1_000 - smaller;
}

/** Whether the answer takes simulcast. */
export function isLayered(answer: string): boolean {
  return /^a=simulcast:.*\brecv /m.test(answer);
}
