/**
 * Decides whether an SCTP packet (RFC 9260) may be shown to the association: structure within bounds, nothing that would
 * make a receiver loop or remember without end. The checksum is left to the association.
 */
const COMMON_HEADER = 12;
const CHUNK = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  heartbeat: 4,
  error: 9,
  reconfig: 130,
  forwardTsn: 192,
} as const;

/** Parameters of these begin after so many bytes of the chunk. */
const PARAMETERS_FROM = new Map<number, number>([
  [CHUNK.init, 20],
  [CHUNK.initAck, 20],
  [CHUNK.heartbeat, 4],
  [5, 4], // HEARTBEAT ACK
  [6, 4], // ABORT
  [CHUNK.error, 4],
  [CHUNK.reconfig, 4],
]);
const MINIMUM_LENGTH = new Map<number, number>([
  [CHUNK.data, 17],
  [CHUNK.init, 20],
  [CHUNK.initAck, 20],
  [CHUNK.sack, 16],
  [CHUNK.forwardTsn, 8],
]);
/** TSNs ahead of what was received: a 128 KiB window holds far fewer even if every chunk is tiny. */
const MAX_TSN_LEAD = 8_192;
/** Sum of all gaps that a SACK reports. */
const MAX_GAP_SPAN = 16_384;
const MAX_CHUNKS = 256;

/** `lastTsn`: highest TSN received without a gap; undefined before the association stands. */
export function isSanePacket(packet: Buffer, lastTsn: number | undefined): boolean {
  let offset = COMMON_HEADER;
  let chunks = 0;
  if (packet.length < COMMON_HEADER + 4) return false;
  while (offset + 4 <= packet.length) {
    const type = packet[offset]!;
    const length = packet.readUInt16BE(offset + 2);
    if (length < (MINIMUM_LENGTH.get(type) ?? 4) || offset + length > packet.length) return false;
    if (++chunks > MAX_CHUNKS) return false;
    if (!isSaneChunk(packet.subarray(offset, offset + length), type, lastTsn)) return false;
    offset += (length + 3) & ~3;
  }
  return true;
}

function isSaneChunk(chunk: Buffer, type: number, lastTsn: number | undefined): boolean {
  const parametersFrom = PARAMETERS_FROM.get(type);
  if (parametersFrom !== undefined) return hasSaneParameters(chunk, parametersFrom);
  if (type === CHUNK.data || type === CHUNK.forwardTsn) {
    if (lastTsn === undefined) return false;
    // Modulo 2^32: what is behind looks far ahead, and that is fine for data (a duplicate).
    const lead = (chunk.readUInt32BE(4) - lastTsn) >>> 0;
    return lead <= MAX_TSN_LEAD || lead >= 0x80000000;
  }
  if (type === CHUNK.sack) return hasSaneGaps(chunk);
  return true;
}

function hasSaneParameters(chunk: Buffer, from: number): boolean {
  let offset = from;
  while (offset + 4 <= chunk.length) {
    const length = chunk.readUInt16BE(offset + 2);
    if (length < 4 || offset + length > chunk.length) return false;
    offset += (length + 3) & ~3;
  }
  return true;
}

function hasSaneGaps(chunk: Buffer): boolean {
  const gaps = chunk.readUInt16BE(12);
  const duplicates = chunk.readUInt16BE(14);
  if (16 + (gaps + duplicates) * 4 > chunk.length) return false;
  let span = 0;
  for (let i = 0; i < gaps; i++) {
    const start = chunk.readUInt16BE(16 + i * 4);
    const end = chunk.readUInt16BE(18 + i * 4);
    if (end < start) return false;
    span += end - start + 1;
  }
  return span <= MAX_GAP_SPAN;
}
