/**
 * An overlay made ready for drawing into video: YUV with transparency, in several sizes. Only shapes; decoding of files
 * is image-file.ts.
 */

/** One size: per pixel Y, U, V (all multiplied by the opacity) and opacity, 0 to 255. */
export interface OverlayLevel {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Levels from the full size down, each half the one before: drawing takes the one that is hardly larger than needed. */
export interface OverlayImage {
  readonly levels: readonly OverlayLevel[];
}

const SMALLEST = 8;

/** From RGBA, not multiplied by the opacity, as canvases give it. */
export function overlayFromRgba(
  rgba: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
): OverlayImage {
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < data.length; i += 4) {
    const r = rgba[i] ?? 0;
    const g = rgba[i + 1] ?? 0;
    const b = rgba[i + 2] ?? 0;
    const opacity = (rgba[i + 3] ?? 0) / 255;
    // BT.601, limited range.
    data[i] = Math.round((16 + 0.257 * r + 0.504 * g + 0.098 * b) * opacity);
    data[i + 1] = Math.round((128 - 0.148 * r - 0.291 * g + 0.439 * b) * opacity);
    data[i + 2] = Math.round((128 + 0.439 * r - 0.368 * g - 0.071 * b) * opacity);
    data[i + 3] = Math.round(255 * opacity);
  }
  const levels: OverlayLevel[] = [{ width, height, data }];
  for (let level = levels[0]; level && Math.min(level.width, level.height) >= 2 * SMALLEST;) {
    level = halved(level);
    levels.push(level);
  }
  return { levels };
}

function halved({ width, height, data }: OverlayLevel): OverlayLevel {
  const w = width >> 1;
  const h = height >> 1;
  const half = new Uint8Array(w * h * 4);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const from = (2 * y * width + 2 * x) * 4;
      const below = from + width * 4;
      const to = (y * w + x) * 4;
      for (let c = 0; c < 4; c++) {
        half[to + c] =
          ((data[from + c] ?? 0) +
            (data[from + 4 + c] ?? 0) +
            (data[below + c] ?? 0) +
            (data[below + 4 + c] ?? 0) +
            2) >>
          2;
      }
    }
  }
  return { width: w, height: h, data: half };
}
