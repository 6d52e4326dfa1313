/** A picture as video codecs have it: full-size luma, half-size chroma, 8 bits, BT.601 limited range. */
export interface I420Picture {
  readonly width: number;
  readonly height: number;
  /** All three planes: Y, then U, then V, rows without padding. */
  readonly data: Uint8Array;
}

export function chromaWidth(width: number): number {
  return (width + 1) >> 1;
}

export function i420Size(width: number, height: number): number {
  return width * height + 2 * chromaWidth(width) * ((height + 1) >> 1);
}

/** From RGBA as canvases give it; the opacity is ignored. */
export function i420FromRgba(
  rgba: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
): I420Picture {
  const half = chromaWidth(width);
  const uPlane = width * height;
  const vPlane = uPlane + half * ((height + 1) >> 1);
  const data = new Uint8Array(i420Size(width, height));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = (y * width + x) * 4;
      const r = rgba[i] ?? 0;
      const g = rgba[i + 1] ?? 0;
      const b = rgba[i + 2] ?? 0;
      data[y * width + x] = 16.5 + 0.257 * r + 0.504 * g + 0.098 * b;
      if ((x | y) & 1) continue;
      const chroma = (y >> 1) * half + (x >> 1);
      data[uPlane + chroma] = 128.5 - 0.148 * r - 0.291 * g + 0.439 * b;
      data[vPlane + chroma] = 128.5 + 0.439 * r - 0.368 * g - 0.071 * b;
    }
  }
  return { width, height, data };
}
