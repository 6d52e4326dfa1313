/**
 * STUN messages (RFC 8489) as ICE and TURN need them: parse without trusting, build with integrity and fingerprint.
 * Knows nothing of transactions or sockets.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { crc32 } from 'node:zlib';

export const STUN = {
  bindingRequest: 0x0001,
  bindingIndication: 0x0011,
  bindingSuccess: 0x0101,
  bindingError: 0x0111,
  allocate: 0x003,
  refresh: 0x004,
  send: 0x006,
  data: 0x007,
  createPermission: 0x008,
  channelBind: 0x009,
} as const;

export const ATTRIBUTE = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  channelNumber: 0x000c,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedAddressFamily: 0x0017,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  mappedAddress: 0x0001,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
} as const;

const MAGIC_COOKIE = 0x2112a442;
const HEADER = 20;
const INTEGRITY = 24;
const FINGERPRINT_XOR = 0x5354554e;
/** An ICE check has some eight attributes; nobody needs more than this. */
const MAX_ATTRIBUTES = 32;

export interface StunAttribute {
  readonly type: number;
  /** A view into the datagram, without padding. */
  readonly value: Buffer;
}

export interface StunMessage {
  /** Method and class together, as in the first two bytes. */
  readonly type: number;
  /** 12 bytes as a latin1 string, so that it can be a Map key. */
  readonly transactionId: string;
  readonly attributes: readonly StunAttribute[];
  /** Offset of MESSAGE-INTEGRITY, -1 when there is none. */
  readonly integrityOffset: number;
  readonly datagram: Buffer;
}

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** First byte 0 or 1, the cookie and a length that fits: enough to tell STUN from anything else (RFC 7983). */
export function looksLikeStun(datagram: Buffer): boolean {
  return (
    datagram.length >= HEADER &&
    datagram[0]! < 2 &&
    datagram.readUInt32BE(4) === MAGIC_COOKIE &&
    datagram.readUInt16BE(2) === datagram.length - HEADER &&
    (datagram.length & 3) === 0
  );
}

/** Undefined for anything malformed, among it a wrong FINGERPRINT. Integrity is checked separately, with its key. */
export function parseStun(datagram: Buffer): StunMessage | undefined {
  if (!looksLikeStun(datagram)) return undefined;
  const attributes: StunAttribute[] = [];
  let integrityOffset = -1;
  let offset = HEADER;
  while (offset + 4 <= datagram.length) {
    const type = datagram.readUInt16BE(offset);
    const length = datagram.readUInt16BE(offset + 2);
    const end = offset + 4 + length;
    if (end > datagram.length || attributes.length >= MAX_ATTRIBUTES) return undefined;
    if (type === ATTRIBUTE.fingerprint) {
      // Always the last one; what follows it is not covered by anything.
      if (length !== 4 || end !== datagram.length) return undefined;
      if (datagram.readUInt32BE(offset + 4) !== fingerprintOf(datagram.subarray(0, offset))) return undefined;
      break;
    }
    if (type === ATTRIBUTE.messageIntegrity && integrityOffset === -1) {
      if (length !== INTEGRITY - 4) return undefined;
      integrityOffset = offset;
    } else if (integrityOffset === -1) {
      // Attributes after MESSAGE-INTEGRITY are not authentic and are ignored (RFC 8489 section 14.5).
      attributes.push({ type, value: datagram.subarray(offset + 4, end) });
    }
    offset = (end + 3) & ~3;
  }
  return {
    type: datagram.readUInt16BE(0),
    transactionId: datagram.toString('latin1', 8, HEADER),
    attributes,
    integrityOffset,
    datagram,
  };
}

export function attributeOf(message: StunMessage, type: number): Buffer | undefined {
  for (const attribute of message.attributes) if (attribute.type === type) return attribute.value;
  return undefined;
}

/** True when MESSAGE-INTEGRITY is there and right for `key`. */
export function hasIntegrity(message: StunMessage, key: Buffer | string): boolean {
  const { datagram, integrityOffset: offset } = message;
  if (offset < 0) return false;
  const covered = Buffer.from(datagram.subarray(0, offset));
  covered.writeUInt16BE(offset - HEADER + INTEGRITY, 2);
  const expected = createHmac('sha1', key).update(covered).digest();
  return timingSafeEqual(expected, datagram.subarray(offset + 4, offset + INTEGRITY));
}

export function newTransactionId(): Buffer {
  return randomBytes(12);
}

/** Collects attributes, then seals them. One builder makes one message. */
export class StunBuilder {
  readonly transactionId: Buffer;
  readonly #buffer = Buffer.alloc(2_048);
  #length = HEADER;

  constructor(type: number, transactionId: Buffer = newTransactionId()) {
    this.transactionId = transactionId;
    this.#buffer.writeUInt16BE(type, 0);
    this.#buffer.writeUInt32BE(MAGIC_COOKIE, 4);
    transactionId.copy(this.#buffer, 8);
  }

  bytes(type: number, value: Buffer): this {
    const buffer = this.#buffer;
    if (this.#length + 4 + value.length + INTEGRITY + 8 > buffer.length)
      throw new RangeError('STUN message too long');
    buffer.writeUInt16BE(type, this.#length);
    buffer.writeUInt16BE(value.length, this.#length + 2);
    value.copy(buffer, this.#length + 4);
    this.#length = (this.#length + 4 + value.length + 3) & ~3;
    return this;
  }

  text(type: number, value: string): this {
    return this.bytes(type, Buffer.from(value, 'utf8'));
  }

  uint32(type: number, value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value >>> 0);
    return this.bytes(type, bytes);
  }

  xorAddress(type: number, { address, port }: SocketAddress): this {
    return this.bytes(type, encodeXorAddress(address, port, this.transactionId));
  }

  error(code: number, reason: string): this {
    const head = Buffer.from([0, 0, Math.floor(code / 100), code % 100]);
    return this.bytes(ATTRIBUTE.errorCode, Buffer.concat([head, Buffer.from(reason)]));
  }

  /** With MESSAGE-INTEGRITY when a key is given, and FINGERPRINT where ICE wants it. */
  build(key?: Buffer | string, fingerprint = true): Buffer {
    const buffer = this.#buffer;
    if (key !== undefined) {
      buffer.writeUInt16BE(this.#length - HEADER + INTEGRITY, 2);
      const digest = createHmac('sha1', key).update(buffer.subarray(0, this.#length)).digest();
      this.bytes(ATTRIBUTE.messageIntegrity, digest);
    }
    buffer.writeUInt16BE(this.#length - HEADER, 2);
    if (fingerprint) {
      const value = fingerprintOf(buffer.subarray(0, this.#length));
      buffer.writeUInt16BE(this.#length - HEADER + 8, 2);
      this.uint32(ATTRIBUTE.fingerprint, value);
    }
    return Buffer.from(buffer.subarray(0, this.#length));
  }
}

function fingerprintOf(covered: Buffer): number {
  const copy = Buffer.from(covered);
  copy.writeUInt16BE(covered.length - HEADER + 8, 2);
  return (crc32(copy) ^ FINGERPRINT_XOR) >>> 0;
}

/** ERROR-CODE as a number such as 487; undefined when it is missing or malformed. */
export function errorCodeOf(message: StunMessage): number | undefined {
  const value = attributeOf(message, ATTRIBUTE.errorCode);
  if (!value || value.length < 4) return undefined;
  return (value[2]! & 7) * 100 + value[3]!;
}

/** XOR-MAPPED-ADDRESS and its relatives. */
export function xorAddressOf(message: StunMessage, type: number): SocketAddress | undefined {
  const value = attributeOf(message, type);
  if (!value || value.length < 8) return undefined;
  const port = value.readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16);
  if (value[1] === 1 && value.length === 8) {
    const bits = (value.readUInt32BE(4) ^ MAGIC_COOKIE) >>> 0;
    return { address: `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`, port };
  }
  if (value[1] === 2 && value.length === 20) {
    const groups: string[] = [];
    // The cookie and the transaction id follow one another in the header.
    for (let i = 0; i < 16; i += 2) {
      groups.push((value.readUInt16BE(4 + i) ^ message.datagram.readUInt16BE(4 + i)).toString(16));
    }
    return { address: canonicalIPv6(groups), port };
  }
  return undefined;
}

function encodeXorAddress(address: string, port: number, transactionId: Buffer): Buffer {
  const mask = Buffer.alloc(16);
  mask.writeUInt32BE(MAGIC_COOKIE);
  transactionId.copy(mask, 4);
  const bytes = addressBytes(address);
  if (!bytes) throw new TypeError('not an IP address');
  const value = Buffer.alloc(4 + bytes.length);
  value[1] = bytes.length === 4 ? 1 : 2;
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  for (let i = 0; i < bytes.length; i++) value[4 + i] = bytes[i]! ^ mask[i]!;
  return value;
}

/** 4 or 16 bytes; undefined for anything that is no IP address literal. */
export function addressBytes(address: string): Buffer | undefined {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  if (!isIPv6(address)) return undefined;
  let text = address.split('%')[0]!;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const v4 = dotted[2]!.split('.').map(Number);
    text = `${dotted[1]}${((v4[0]! << 8) | v4[1]!).toString(16)}:${((v4[2]! << 8) | v4[3]!).toString(16)}`;
  }
  const [head = '', tail] = text.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const bytes = Buffer.alloc(16);
  front.forEach((group, i) => bytes.writeUInt16BE(parseInt(group, 16), i * 2));
  back.forEach((group, i) => bytes.writeUInt16BE(parseInt(group, 16), 16 - (back.length - i) * 2));
  return bytes;
}

/** RFC 5952 form, the one that dgram reports: the longest run of zero groups (two or more) becomes `::`. */
function canonicalIPv6(groups: readonly string[]): string {
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < groups.length; i++) {
    let length = 0;
    while (groups[i + length] === '0') length++;
    if (length > bestLength) [bestStart, bestLength] = [i, length];
  }
  if (bestStart < 0) return groups.join(':');
  return `${groups.slice(0, bestStart).join(':')}::${groups.slice(bestStart + bestLength).join(':')}`;
}

/** The same text for the same address, however it was written. */
export function canonicalAddress(address: string): string | undefined {
  if (isIPv4(address)) return address;
  const bytes = addressBytes(address);
  if (!bytes) return undefined;
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(bytes.readUInt16BE(i).toString(16));
  return canonicalIPv6(groups);
}
