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
