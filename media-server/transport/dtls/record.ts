/**
 * The DTLS 1.2 record layer (RFC 6347 section 4.1) with AES-128-GCM (RFC 5288): cutting datagrams into records, sealing,
 * opening, and refusing what was seen before.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';

export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

export const RECORD_HEADER = 13;
const TAG = 16;
const EXPLICIT_NONCE = 8;
const VERSION = 0xfefd;

export interface Record {
  readonly type: number;
  readonly epoch: number;
  /** 48 bits: exact as a number. */
  readonly sequence: number;
  readonly fragment: Buffer;
}

/** The records of a datagram up to the first that makes no sense; the rest is ignored, as RFC 6347 advises. */
export function parseRecords(datagram: Buffer): Record[] {
  const records: Record[] = [];
  let offset = 0;
  while (offset + RECORD_HEADER <= datagram.length) {
    const length = datagram.readUInt16BE(offset + 11);
    const end = offset + RECORD_HEADER + length;
    // 0xfeff (DTLS 1.0) appears on first ClientHellos.
    if (datagram[offset + 1] !== 0xfe || end > datagram.length) break;
    records.push({
      type: datagram[offset]!,
      epoch: datagram.readUInt16BE(offset + 3),
      sequence: datagram.readUIntBE(offset + 5, 6),
      fragment: datagram.subarray(offset + RECORD_HEADER, end),
    });
    offset = end;
  }
  return records;
}

export function plainRecord(type: number, sequence: number, fragment: Buffer): Buffer {
  const record = Buffer.allocUnsafe(RECORD_HEADER + fragment.length);
  writeHeader(record, type, 0, sequence, fragment.length);
  fragment.copy(record, RECORD_HEADER);
  return record;
}

function writeHeader(record: Buffer, type: number, epoch: number, sequence: number, length: number): void {
  record[0] = type;
  record.writeUInt16BE(VERSION, 1);
  record.writeUInt16BE(epoch, 3);
  record.writeUIntBE(sequence, 5, 6);
  record.writeUInt16BE(length, 11);
}

/** One direction's key and implicit nonce. */
export class RecordKey {
  readonly #key: Buffer;
  readonly #nonce = Buffer.alloc(12);
  readonly #aad = Buffer.alloc(13);

  constructor(key: Buffer, implicitNonce: Buffer) {
    this.#key = key;
    implicitNonce.copy(this.#nonce);
  }

  seal(type: number, epoch: number, sequence: number, plain: Buffer): Buffer {
    const length = EXPLICIT_NONCE + plain.length + TAG;
    const record = Buffer.allocUnsafe(RECORD_HEADER + length);
    writeHeader(record, type, epoch, sequence, length);
    record.copy(record, RECORD_HEADER, 3, 11); // the explicit nonce is epoch and sequence number
    record.copy(this.#nonce, 4, 3, 11);
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#nonce);
    cipher.setAAD(this.#aadFor(type, epoch, sequence, plain.length));
    cipher.update(plain).copy(record, RECORD_HEADER + EXPLICIT_NONCE);
    cipher.final();
    cipher.getAuthTag().copy(record, record.length - TAG);
    return record;
  }

  /** Undefined when the record is not authentic. */
  open({ type, epoch, sequence, fragment }: Record): Buffer | undefined {
    if (fragment.length < EXPLICIT_NONCE + TAG) return undefined;
    fragment.copy(this.#nonce, 4, 0, EXPLICIT_NONCE);
    const sealed = fragment.subarray(EXPLICIT_NONCE, fragment.length - TAG);
    const decipher = createDecipheriv('aes-128-gcm', this.#key, this.#nonce);
    decipher.setAuthTag(fragment.subarray(fragment.length - TAG));
    decipher.setAAD(this.#aadFor(type, epoch, sequence, sealed.length));
    const plain = decipher.update(sealed);
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plain;
  }

  #aadFor(type: number, epoch: number, sequence: number, length: number): Buffer {
    const aad = this.#aad;
    aad.writeUInt16BE(epoch, 0);
    aad.writeUIntBE(sequence, 2, 6);
    aad[8] = type;
    aad.writeUInt16BE(VERSION, 9);
    aad.writeUInt16BE(length, 11);
    return aad;
  }
}

const WINDOW = 64;

/** Sliding window over sequence numbers (RFC 6347 section 4.1.2.6). */
export class ReplayWindow {
  #highest = -1;
  readonly #seen = new Uint8Array(WINDOW);

  /** True when `sequence` is new and inside the window or ahead of it. Does not remember it. */
  accepts(sequence: number): boolean {
    if (sequence > this.#highest) return true;
    return sequence > this.#highest - WINDOW && this.#seen[sequence % WINDOW] === 0;
  }

  /** Call only for authentic packets. */
  remember(sequence: number): void {
    if (sequence > this.#highest) {
      if (sequence - this.#highest >= WINDOW) this.#seen.fill(0);
      else for (let s = this.#highest + 1; s < sequence; s++) this.#seen[s % WINDOW] = 0;
      this.#highest = sequence;
    }
    this.#seen[sequence % WINDOW] = 1;
  }
}
