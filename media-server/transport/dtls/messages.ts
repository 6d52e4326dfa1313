/**
 * DTLS 1.2 handshake messages (RFC 5246 section 7.4, RFC 6347 section 4.2, RFC 8422 for elliptic curves, RFC 5764 for
 * SRTP): bytes to fields and back. A malformed one raises TransportError `dtls-protocol`.
 */
import { TransportError } from '../transport-error';

export const HANDSHAKE = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

export const SUITE = { ecdheEcdsa: 0xc02b, ecdheRsa: 0xc02f } as const;
export const CURVE = { p256: 23, x25519: 29 } as const;
export const SIGNATURE = {
  ecdsaP256Sha256: 0x0403,
  ecdsaP384Sha384: 0x0503,
  rsaPkcs1Sha256: 0x0401,
  rsaPkcs1Sha384: 0x0501,
  rsaPkcs1Sha512: 0x0601,
  rsaPssSha256: 0x0804,
} as const;
/** What we can verify, best first. */
export const SIGNATURES: readonly number[] = Object.values(SIGNATURE);

const EXTENSION = {
  supportedGroups: 10,
  ecPointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  renegotiationInfo: 0xff01,
} as const;

const VERSION = 0xfefd;

/** Reads big-endian fields; running over the end is the peer's fault. */
class Reader {
  readonly #bytes: Buffer;
  #offset = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  get left(): number {
    return this.#bytes.length - this.#offset;
  }
  uint(size: 1 | 2 | 3): number {
    return this.bytes(size).readUIntBE(0, size);
  }
  bytes(length: number): Buffer {
    if (length > this.left) throw malformed();
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }
  vector(size: 1 | 2 | 3): Buffer {
    return this.bytes(this.uint(size));
  }
}

function malformed(): TransportError {
  return new TransportError('dtls-protocol', 'malformed handshake message');
}

function uint16s(bytes: Buffer): number[] {
  if (bytes.length % 2 !== 0) throw malformed();
  return Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(i * 2));
}

function vector(size: 1 | 2 | 3, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(size);
  length.writeUIntBE(body.length, 0, size);
  return Buffer.concat([length, body]);
}

function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => bytes.writeUInt16BE(value, i * 2));
  return bytes;
}

function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([u16(type), vector(2, body)]);
}

export interface HelloExtensions {
  readonly groups: readonly number[];
  readonly signatures: readonly number[];
  readonly srtpProfiles: readonly number[];
  readonly extendedMasterSecret: boolean;
}

function parseExtensions(reader: Reader): HelloExtensions {
  let groups: number[] = [];
  let signatures: number[] = [];
  let srtpProfiles: number[] = [];
  let extendedMasterSecret = false;
  if (reader.left > 0) {
    const list = new Reader(reader.vector(2));
    while (list.left > 0) {
      const type = list.uint(2);
      const body = new Reader(list.vector(2));
      if (type === EXTENSION.supportedGroups) groups = uint16s(body.vector(2));
      else if (type === EXTENSION.signatureAlgorithms) signatures = uint16s(body.vector(2));
      else if (type === EXTENSION.useSrtp) srtpProfiles = uint16s(body.vector(2));
      else if (type === EXTENSION.extendedMasterSecret) extendedMasterSecret = true;
    }
  }
  return { groups, signatures, srtpProfiles, extendedMasterSecret };
}

export interface ClientHello extends HelloExtensions {
  readonly random: Buffer;
  readonly suites: readonly number[];
}

export function parseClientHello(body: Buffer): ClientHello {
  const reader = new Reader(body);
  const version = reader.uint(2);
  // DTLS counts downwards: 0xfefd is 1.2, and 1.3 clients say 1.2 here.
  if (version >> 8 !== 0xfe || version > VERSION) {
    throw new TransportError('dtls-negotiation', 'the peer does not speak DTLS 1.2');
  }
  const random = reader.bytes(32);
  reader.vector(1); // session id: nothing is resumed
  reader.vector(1); // cookie: ICE has validated the address
  const suites = uint16s(reader.vector(2));
  reader.vector(1); // compression
  return { random, suites, ...parseExtensions(reader) };
}

export function buildClientHello(random: Buffer, cookie: Buffer, srtpProfiles: readonly number[]): Buffer {
  return Buffer.concat([
    u16(VERSION),
    random,
    vector(1),
    vector(1, cookie),
    vector(2, u16(SUITE.ecdheEcdsa, SUITE.ecdheRsa)),
    vector(1, Buffer.from([0])),
    vector(
      2,
      extension(EXTENSION.renegotiationInfo, vector(1)),
      extension(EXTENSION.extendedMasterSecret, Buffer.alloc(0)),
      extension(EXTENSION.supportedGroups, vector(2, u16(CURVE.x25519, CURVE.p256))),
      extension(EXTENSION.ecPointFormats, vector(1, Buffer.from([0]))),
      extension(EXTENSION.signatureAlgorithms, vector(2, u16(...SIGNATURES))),
      extension(EXTENSION.useSrtp, Buffer.concat([vector(2, u16(...srtpProfiles)), vector(1)])),
    ),
  ]);
}

export interface ServerHello extends HelloExtensions {
  readonly random: Buffer;
  readonly suite: number;
}

export function parseServerHello(body: Buffer): ServerHello {
  const reader = new Reader(body);
  if (reader.uint(2) !== VERSION) {
    throw new TransportError('dtls-negotiation', 'the peer does not speak DTLS 1.2');
  }
  const random = reader.bytes(32);
  reader.vector(1);
  const suite = reader.uint(2);
  reader.uint(1);
  return { random, suite, ...parseExtensions(reader) };
}

export function buildServerHello(
  random: Buffer,
  suite: number,
  srtpProfile: number,
  extendedMasterSecret: boolean,
): Buffer {
  return Buffer.concat([
    u16(VERSION),
    random,
    vector(1),
    u16(suite),
    Buffer.from([0]),
    vector(
      2,
      extension(EXTENSION.renegotiationInfo, vector(1)),
      extendedMasterSecret ? extension(EXTENSION.extendedMasterSecret, Buffer.alloc(0)) : Buffer.alloc(0),
      extension(EXTENSION.ecPointFormats, vector(1, Buffer.from([0]))),
      extension(EXTENSION.useSrtp, Buffer.concat([vector(2, u16(srtpProfile)), vector(1)])),
    ),
  ]);
}

export function parseHelloVerifyRequest(body: Buffer): Buffer {
  const reader = new Reader(body);
  reader.uint(2);
  return reader.vector(1);
}

/** The end-entity certificate in DER; undefined when the peer sent an empty list. */
export function parseCertificate(body: Buffer): Buffer | undefined {
  const list = new Reader(new Reader(body).vector(3));
  return list.left === 0 ? undefined : Buffer.from(list.vector(3));
}

export function buildCertificate(der: Buffer): Buffer {
  return vector(3, vector(3, der));
}

export interface ServerKeyExchange {
  readonly curve: number;
  readonly publicKey: Buffer;
  /** The bytes under the signature, without the randoms. */
  readonly params: Buffer;
  readonly scheme: number;
  readonly signature: Buffer;
}

export function parseServerKeyExchange(body: Buffer): ServerKeyExchange {
  const reader = new Reader(body);
  if (reader.uint(1) !== 3) throw new TransportError('dtls-negotiation', 'the peer wants an unnamed curve');
  const curve = reader.uint(2);
  const publicKey = reader.vector(1);
  const params = body.subarray(0, body.length - reader.left);
  return { curve, publicKey, params, scheme: reader.uint(2), signature: reader.vector(2) };
}

export function keyExchangeParams(curve: number, publicKey: Buffer): Buffer {
  return Buffer.concat([Buffer.from([3]), u16(curve), vector(1, publicKey)]);
}

/** A signature with its scheme: the tail of ServerKeyExchange and the whole of CertificateVerify. */
export function buildSignature(scheme: number, signature: Buffer): Buffer {
  return Buffer.concat([u16(scheme), vector(2, signature)]);
}

export function parseSignature(body: Buffer): { scheme: number; signature: Buffer } {
  const reader = new Reader(body);
  return { scheme: reader.uint(2), signature: reader.vector(2) };
}

export function buildCertificateRequest(): Buffer {
  // ecdsa_sign and rsa_sign; no certificate authorities.
  return Buffer.concat([vector(1, Buffer.from([64, 1])), vector(2, u16(...SIGNATURES)), vector(2)]);
}

export function parseCertificateRequest(body: Buffer): { signatures: number[] } {
  const reader = new Reader(body);
  reader.vector(1);
  return { signatures: uint16s(reader.vector(2)) };
}

export function buildClientKeyExchange(publicKey: Buffer): Buffer {
  return vector(1, publicKey);
}

export function parseClientKeyExchange(body: Buffer): Buffer {
  return new Reader(body).vector(1);
}
