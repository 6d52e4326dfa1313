/** AEAD_AES_128_GCM (RFC 7714) on node:crypto. */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import {
  RTCP_CLEAR,
  RTCP_ENCRYPTED,
  sharedPacket,
  streamOf,
  type PacketOpener,
  type PacketSealer,
  type StreamSealer,
} from './packet-cipher';
import { deriveSessionKeys, writePacketIv, type SessionKeys } from './session-keys';

const TAG = 16;
const ALGORITHM = 'aes-128-gcm';
/** Two zero bytes, SSRC, roll-over counter, sequence number; all XOR the salt (RFC 7714 section 8.1). */
export const GCM_IV_OFFSET = 2;

export class GcmCipher implements PacketSealer, PacketOpener {
  readonly packet = sharedPacket;
  readonly fragile = true;
  readonly rtpOverhead = TAG;
  readonly rtcpOverhead = TAG + 4;
  readonly #rtpKey: KeyObject;
  readonly #rtpSalt: Buffer;
  readonly #rtcpKey: KeyObject;
  readonly #rtcpSalt: Buffer;
  readonly #iv = Buffer.alloc(12);
  readonly #rtcpAad = Buffer.alloc(RTCP_CLEAR + 4);

  constructor({ rtpKey, rtpSalt, rtcpKey, rtcpSalt }: SessionKeys) {
    this.#rtpKey = createSecretKey(rtpKey);
    this.#rtpSalt = rtpSalt;
    this.#rtcpKey = createSecretKey(rtcpKey);
    this.#rtcpSalt = rtcpSalt;
  }

  static fromMaster(masterKey: Buffer, masterSalt: Buffer): GcmCipher {
    return new GcmCipher(deriveSessionKeys(masterKey, masterSalt));
  }

  /** For the vectors of RFC 7714, which begin after the derivation. */
  static withSessionKeys(rtpKey: Buffer, rtpSalt: Buffer, rtcpKey: Buffer, rtcpSalt: Buffer): GcmCipher {
    return new GcmCipher({ rtpKey, rtpSalt, rtcpKey, rtcpSalt });
  }

  close(): void {
    // Nothing but memory is held.
  }

  stream(ssrc: number): StreamSealer {
    return streamOf(this, ssrc);
  }

  sealRtp(
    packet: Buffer,
    headerLength: number,
    length: number,
    ssrc: number,
    rollover: number,
    sequence: number,
  ): number {
    writePacketIv(this.#iv, this.#rtpSalt, GCM_IV_OFFSET, ssrc, rollover, sequence);
    this.#seal(this.#rtpKey, packet.subarray(0, headerLength), packet, headerLength, length);
    return length + TAG;
  }

  openRtp(
    packet: Buffer,
    headerLength: number,
    length: number,
    ssrc: number,
    rollover: number,
    sequence: number,
  ): number {
    const end = length - TAG;
    if (end < headerLength) return -1;
    writePacketIv(this.#iv, this.#rtpSalt, GCM_IV_OFFSET, ssrc, rollover, sequence);
    const header = packet.subarray(0, headerLength);
    return this.#open(this.#rtpKey, header, packet, headerLength, end) ? end : -1;
  }

  sealRtcp(packet: Buffer, length: number, ssrc: number, index: number): number {
    const word = (index | RTCP_ENCRYPTED) >>> 0;
    writePacketIv(this.#iv, this.#rtcpSalt, GCM_IV_OFFSET, ssrc, index >>> 16, index & 0xffff);
    this.#seal(this.#rtcpKey, this.#aadOfRtcp(packet, word), packet, RTCP_CLEAR, length);
    packet.writeUInt32BE(word, length + TAG);
    return length + TAG + 4;
  }

  openRtcp(packet: Buffer, length: number): number {
    const end = length - TAG - 4;
    if (end < RTCP_CLEAR) return -1;
    const word = packet.readUInt32BE(length - 4);
    // Authenticated but not encrypted RTCP exists in the standard and in no browser.
    if (word < RTCP_ENCRYPTED) return -1;
    const index = word - RTCP_ENCRYPTED;
    const ssrc = packet.readUInt32BE(4);
    writePacketIv(this.#iv, this.#rtcpSalt, GCM_IV_OFFSET, ssrc, index >>> 16, index & 0xffff);
    return this.#open(this.#rtcpKey, this.#aadOfRtcp(packet, word), packet, RTCP_CLEAR, end) ? end : -1;
  }

  /** `packet[from..end)` in place, with the vector as written; the tag goes behind it. */
  #seal(key: KeyObject, clear: Buffer, packet: Buffer, from: number, end: number): void {
    const cipher = createCipheriv(ALGORITHM, key, this.#iv);
    cipher.setAAD(clear);
    packet.set(cipher.update(packet.subarray(from, end)), from);
    cipher.final();
    packet.set(cipher.getAuthTag(), end);
  }

  /** The reverse; false, and the packet as it was, when it is not authentic. */
  #open(key: KeyObject, clear: Buffer, packet: Buffer, from: number, end: number): boolean {
    const decipher = createDecipheriv(ALGORITHM, key, this.#iv);
    decipher.setAuthTag(packet.subarray(end, end + TAG));
    decipher.setAAD(clear);
    const plain = decipher.update(packet.subarray(from, end));
    try {
      decipher.final();
    } catch {
      return false;
    }
    packet.set(plain, from);
    return true;
  }

  #aadOfRtcp(packet: Buffer, word: number): Buffer {
    packet.copy(this.#rtcpAad, 0, 0, RTCP_CLEAR);
    this.#rtcpAad.writeUInt32BE(word, RTCP_CLEAR);
    return this.#rtcpAad;
  }
}
