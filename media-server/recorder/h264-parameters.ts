/** What a file must know of an H.264 stream: the picture's size, read from its sequence parameter set (H.264 section 7.3.2.1). */

/** Reads bits of an RBSP: emulation prevention bytes are left out (section 7.4.1). Past the end all bits are 0. */
class BitReader {
  readonly #bytes: number[] = [];
  #at = 0;

  constructor(nal: Uint8Array) {
    let zeros = 0;
    for (const byte of nal) {
      if (zeros >= 2 && byte === 3) {
        zeros = 0;
        continue;
      }
      zeros = byte === 0 ? zeros + 1 : 0;
      this.#bytes.push(byte);
    }
  }
  get isOver(): boolean {
    return this.#at > this.#bytes.length * 8;
  }
  bit(): number {
    const byte = this.#bytes[this.#at >> 3] ?? 0;
    return (byte >> (7 - (this.#at++ & 7))) & 1;
  }
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }
  /** Exp-Golomb (section 9.1). */
  unsigned(): number {
    let zeros = 0;
    while (this.bit() === 0 && !this.isOver) if (++zeros > 31) return 0;
    return 2 ** zeros - 1 + this.bits(zeros);
  }
  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? -value / 2 : (value + 1) / 2;
  }
}

/** Profiles whose parameter sets tell about chroma. */
const CHROMA_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
const MAX_SIDE = 16_384;

/** The size of the picture that is shown; undefined when the set makes no sense. */
export function pictureSize(sps: Uint8Array): { width: number; height: number } | undefined {
  if (sps.length < 5 || (sps[0]! & 0x1f) !== 7) return undefined;
  const reader = new BitReader(sps.subarray(1));
  const profile = reader.bits(8);
  reader.bits(16);
  reader.unsigned();
  let chroma = 1;
  if (CHROMA_PROFILES.has(profile)) {
    chroma = reader.unsigned();
    if (chroma === 3) reader.bit();
    reader.unsigned();
    reader.unsigned();
    reader.bit();
    if (reader.bit() === 1) skipScalingLists(reader, chroma === 3 ? 12 : 8);
  }
  reader.unsigned();
  const orderType = reader.unsigned();
  if (orderType === 0) reader.unsigned();
  else if (orderType === 1) {
    reader.bit();
    reader.signed();
    reader.signed();
    const cycle = reader.unsigned();
    for (let i = 0; i < cycle && !reader.isOver; i++) reader.signed();
  }
  reader.unsigned();
  reader.bit();
  const widthInBlocks = reader.unsigned() + 1;
  const heightInUnits = reader.unsigned() + 1;
  const framesOnly = reader.bit();
  if (framesOnly === 0) reader.bit();
  reader.bit();
  let [left, right, top, bottom] = [0, 0, 0, 0];
  if (reader.bit() === 1) {
    [left, right] = [reader.unsigned(), reader.unsigned()];
    [top, bottom] = [reader.unsigned(), reader.unsigned()];
  }
  // Cropping counts in chroma samples, and in fields where there are any (table 6-1).
  const cropX = chroma === 1 || chroma === 2 ? 2 : 1;
  const cropY = (chroma === 1 ? 2 : 1) * (2 - framesOnly);
  const width = widthInBlocks * 16 - (left + right) * cropX;
  const height = heightInUnits * 16 * (2 - framesOnly) - (top + bottom) * cropY;
  const isSane = !reader.isOver && width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE;
  return isSane ? { width, height } : undefined;
}

function skipScalingLists(reader: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (reader.bit() === 0) continue;
    let next = 8;
    for (let i = 0, last = 8; i < (list < 6 ? 16 : 64) && next !== 0; i++) {
      next = (last + reader.signed() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

/** AVCDecoderConfigurationRecord with lengths of four bytes (ISO/IEC 14496-15 section 5.3.3.1). */
export function avcConfiguration(sps: readonly Uint8Array[], pps: readonly Uint8Array[]): Uint8Array {
  const first = sps[0] ?? new Uint8Array(4);
  const sets = (list: readonly Uint8Array[]) =>
    list.flatMap((set) => [Uint8Array.of(set.length >> 8, set.length & 0xff), set]);
  return Buffer.concat([
    Uint8Array.of(1, first[1] ?? 0, first[2] ?? 0, first[3] ?? 0, 0xff, 0xe0 | sps.length),
    ...sets(sps),
    Uint8Array.of(pps.length),
    ...sets(pps),
    // 4:2:0, 8 bits: what High means in practice; without parameter set extensions.
    Uint8Array.from(first[1] === 100 ? [0xfd, 0xf8, 0xf8, 0] : []),
  ]);
}
