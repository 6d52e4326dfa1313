/** AEAD_AES_128_GCM (RFC 7714) on node:crypto. */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { RTCP_CLEAR, RTCP_ENCRYPTED, sharedPacket, type PacketCipher } from './packet-cipher';
import { deriveSessionKey, LABEL } from './profile';

const TAG = 16;
const ALGORITHM = 'aes-128-gcm';

export class GcmCipher implements PacketCipher {
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

  private constructor(rtpKey: Buffer, rtpSalt: Buffer, rtcpKey: Buffer, rtcpSalt: Buffer) {
    this.#rtpKey = createSecretKey(rtpKey);
    this.#rtpSalt = rtpSalt;
    this.#rtcpKey = createSecretKey(rtcpKey);
    this.#rtcpSalt = rtcpSalt;
  }

  static fromMaster(masterKey: Buffer, masterSalt: Buffer): GcmCipher {
    const derive = (label: number, length: number) => deriveSessionKey(masterKey, masterSalt, label, length);
    return new GcmCipher(
      derive(LABEL.rtpKey, 16),
      derive(LABEL.rtpSalt, 12),
      derive(LABEL.rtcpKey, 16),
      derive(LABEL.rtcpSalt, 12),
    );
  }

  /** For the vectors of RFC 7714, which begin after the derivation. */
  static withSessionKeys(rtpKey: Buffer, rtpSalt: Buffer, rtcpKey: Buffer, rtcpSalt: Buffer): GcmCipher {
    return new GcmCipher(rtpKey, rtpSalt, rtcpKey, rtcpSalt);
  }

  close(): void {
    // Nothing but memory is held.
  }

  sealRtp(
    packet: Buffer,
    headerLength: number,
    length: number,
    ssrc: number,
    rollover: number,
    sequence: number,
  ): number {
    const cipher = createCipheriv(ALGORITHM, this.#rtpKey, this.#rtpIv(ssrc, rollover, sequence));
    cipher.setAAD(packet.subarray(0, headerLength));
    packet.set(cipher.update(packet.subarray(headerLength, length)), headerLength);
    cipher.final();
    packet.set(cipher.getAuthTag(), length);
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
    const decipher = createDecipheriv(ALGORITHM, this.#rtpKey, this.#rtpIv(ssrc, rollover, sequence));
    decipher.setAuthTag(packet.subarray(end, length));
    decipher.setAAD(packet.subarray(0, headerLength));
    const plain = decipher.update(packet.subarray(headerLength, end));
    try {
      decipher.final();
    } catch {
      return -1;
    }
    packet.set(plain, headerLength);
    return end;
  }

  sealRtcp(packet: Buffer, length: number, ssrc: number, index: number): number {
    const word = (index | RTCP_ENCRYPTED) >>> 0;
    const cipher = createCipheriv(ALGORITHM, this.#rtcpKey, this.#rtcpIv(ssrc, index));
    cipher.setAAD(this.#aadOfRtcp(packet, word));
    packet.set(cipher.update(packet.subarray(RTCP_CLEAR, length)), RTCP_CLEAR);
    cipher.final();
    packet.set(cipher.getAuthTag(), length);
    packet.writeUInt32BE(word, length + TAG);
    return length + TAG + 4;
  }

  openRtcp(packet: Buffer, length: number): number {
    const end = length - TAG - 4;
    if (end < RTCP_CLEAR) return -1;
    const word = packet.readUInt32BE(length - 4);
    // Authenticated but not encrypted RTCP exists in the standard and in no browser.
    if (word < RTCP_ENCRYPTED) return -1;
    const decipher = createDecipheriv(
      ALGORITHM,
      this.#rtcpKey,
      this.#rtcpIv(packet.readUInt32BE(4), word - RTCP_ENCRYPTED),
    );
    decipher.setAuthTag(packet.subarray(end, end + TAG));
    decipher.setAAD(this.#aadOfRtcp(packet, word));
    const plain = decipher.update(packet.subarray(RTCP_CLEAR, end));
    try {
      decipher.final();
    } catch {
      return -1;
    }
    packet.set(plain, RTCP_CLEAR);
    return end;
  }

  /** Two zero bytes, SSRC, roll-over counter, sequence number; all XOR the salt (RFC 7714 section 8.1). */
  #rtpIv(ssrc: number, rollover: number, sequence: number): Buffer {
    const iv = this.#iv;
    const salt = this.#rtpSalt;
    iv[0] = salt[0]!;
    iv[1] = salt[1]!;
    iv[2] = salt[2]! ^ (ssrc >>> 24);
    iv[3] = salt[3]! ^ (ssrc >>> 16);
    iv[4] = salt[4]! ^ (ssrc >>> 8);
    iv[5] = salt[5]! ^ ssrc;
    iv[6] = salt[6]! ^ (rollover >>> 24);
    iv[7] = salt[7]! ^ (rollover >>> 16);
    iv[8] = salt[8]! ^ (rollover >>> 8);
    iv[9] = salt[9]! ^ rollover;
    iv[10] = salt[10]! ^ (sequence >>> 8);
    iv[11] = salt[11]! ^ sequence;
    return iv;
  }

  #rtcpIv(ssrc: number, index: number): Buffer {
    const iv = this.#iv;
    iv.fill(0);
    iv.writeUInt32BE(ssrc, 2);
    iv.writeUInt32BE(index, 8);
    for (let i = 0; i < 12; i++) iv[i]! ^= this.#rtcpSalt[i]!;
    return iv;
  }

  #aadOfRtcp(packet: Buffer, word: number): Buffer {
    packet.copy(this.#rtcpAad, 0, 0, RTCP_CLEAR);
    this.#rtcpAad.writeUInt32BE(word, RTCP_CLEAR);
    return this.#rtcpAad;
  }
}
