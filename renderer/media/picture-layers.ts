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
const LOW_KILOBITS = 150;
const MIDDLE_KILOBITS = 500;
/** Chromium sends three sizes of pictures that are at least so long on one side; of smaller ones it leaves out the last. */
const LARGE_SIDE = 960;
/** Under a limit lower than this the smaller layers would take what the full picture needs. */
const MIN_LAYERED_KILOBITS = 2 * (LOW_KILOBITS + MIDDLE_KILOBITS);

interface Size {
  /** The picture's sides are divided by it. */
  readonly scale: number;
  /** Undefined: what is left of the limit. */
  readonly kilobits?: number;
}
/** Browsers want the smallest first, each half of the next. A viewer who is tried with more has a step in between. */
const LARGE: readonly Size[] = [
  { scale: 4, kilobits: LOW_KILOBITS },
  { scale: 2, kilobits: MIDDLE_KILOBITS },
  { scale: 1 },
];
const SMALL: readonly Size[] = [{ scale: 2, kilobits: LOW_KILOBITS }, { scale: 1 }];
const ALONE: readonly Size[] = [{ scale: 1 }];

/** What to offer. `maxKilobits` is for all layers together, 0: no limit. What each is, `settleEncodings` says later. */
export function layersOf(maxKilobits: number): PictureLayer[] {
  if (maxKilobits > 0 && maxKilobits < MIN_LAYERED_KILOBITS) return [{ scalabilityMode: THREE_RATES }];
  return LARGE.map(({ scale }, index) => ({
    rid: `layer${index}`,
    scaleResolutionDownBy: scale,
    scalabilityMode: THREE_RATES,
  }));
}

/**
 * Makes of the encodings that the answer left what suits a picture whose longer side is `side` points; again whenever it
 * is replaced by one of another size.
 */
export function settleEncodings(
  encodings: RTCRtpEncodingParameters[],
  side: number,
  maxKilobits: number,
): void {
  const sizes = encodings.length === 1 ? ALONE : side < LARGE_SIDE ? SMALL : LARGE;
  const smaller = sizes.reduce((sum, { kilobits = 0 }) => sum + kilobits, 0);
  encodings.forEach((encoding, index) => {
    const size = sizes[index];
    encoding.active = size !== undefined;
    if (size === undefined) return;
    encoding.scaleResolutionDownBy = size.scale;
    const kilobits = size.kilobits ?? (maxKilobits > 0 ? maxKilobits - smaller : undefined);
    if (kilobits === undefined) delete encoding.maxBitrate;
    else encoding.maxBitrate = kilobits * 1_000;
  });
}

/** Whether the answer takes simulcast. */
export function isLayered(answer: string): boolean {
  return /^a=simulcast:.*\brecv /m.test(answer);
}
