/** AES_CM_128_HMAC_SHA1_80 (RFC 3711) on node:crypto. */
import { createCipheriv, createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { RTCP_CLEAR, RTCP_ENCRYPTED, sharedPacket, type PacketCipher } from './packet-cipher';
import { deriveSessionKey, LABEL } from './profile';

const TAG = 10;
const ALGORITHM = 'aes-128-ctr';

export class CmCipher implements PacketCipher {
  readonly packet = sharedPacket;
  readonly fragile = false;
  readonly rtpOverhead = TAG;
  readonly rtcpOverhead = TAG + 4;
  readonly #rtpKey: KeyObject;
  readonly #rtpSalt: Buffer;
  readonly #rtpAuthentication: KeyObject;
  readonly #rtcpKey: KeyObject;
  readonly #rtcpSalt: Buffer;
  readonly #rtcpAuthentication: KeyObject;
  readonly #iv = Buffer.alloc(16);
  readonly #rollover = Buffer.alloc(4);

  constructor(masterKey: Buffer, masterSalt: Buffer) {
    const derive = (label: number, length: number) => deriveSessionKey(masterKey, masterSalt, label, length);
    this.#rtpKey = createSecretKey(derive(LABEL.rtpKey, 16));
    this.#rtpSalt = derive(LABEL.rtpSalt, 14);
    this.#rtpAuthentication = createSecretKey(derive(LABEL.rtpAuthentication, 20));
    this.#rtcpKey = createSecretKey(derive(LABEL.rtcpKey, 16));
    this.#rtcpSalt = derive(LABEL.rtcpSalt, 14);
    this.#rtcpAuthentication = createSecretKey(derive(LABEL.rtcpAuthentication, 20));
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
    const iv = this.#ivFor(this.#rtpSalt, ssrc, rollover, sequence);
    packet.set(
      createCipheriv(ALGORITHM, this.#rtpKey, iv).update(packet.subarray(headerLength, length)),
      headerLength,
    );
    packet.set(this.#rtpTag(packet, length, rollover), length);
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
    if (!timingSafeEqual(this.#rtpTag(packet, end, rollover), packet.subarray(end, length))) return -1;
    const iv = this.#ivFor(this.#rtpSalt, ssrc, rollover, sequence);
    packet.set(
      createCipheriv(ALGORITHM, this.#rtpKey, iv).update(packet.subarray(headerLength, end)),
      headerLength,
    );
    return end;
  }

  sealRtcp(packet: Buffer, length: number, ssrc: number, index: number): number {
    const iv = this.#ivFor(this.#rtcpSalt, ssrc, index >>> 16, index & 0xffff);
    packet.set(
      createCipheriv(ALGORITHM, this.#rtcpKey, iv).update(packet.subarray(RTCP_CLEAR, length)),
      RTCP_CLEAR,
    );
    packet.writeUInt32BE((index | RTCP_ENCRYPTED) >>> 0, length);
    packet.set(this.#rtcpTag(packet, length + 4), length + 4);
    return length + 4 + TAG;
  }

  openRtcp(packet: Buffer, length: number): number {
    const end = length - TAG - 4;
    if (end < RTCP_CLEAR) return -1;
    if (!timingSafeEqual(this.#rtcpTag(packet, end + 4), packet.subarray(end + 4, length))) return -1;
    const word = packet.readUInt32BE(end);
    // Authenticated but not encrypted RTCP exists in the standard and in no browser.
    if (word < RTCP_ENCRYPTED) return -1;
    const index = word - RTCP_ENCRYPTED;
    const iv = this.#ivFor(this.#rtcpSalt, packet.readUInt32BE(4), index >>> 16, index & 0xffff);
    packet.set(
      createCipheriv(ALGORITHM, this.#rtcpKey, iv).update(packet.subarray(RTCP_CLEAR, end)),
      RTCP_CLEAR,
    );
    return end;
  }

  /** salt · 2^16 XOR ssrc · 2^64 XOR index · 2^16 (RFC 3711 section 4.1.1). */
  #ivFor(salt: Buffer, ssrc: number, rollover: number, sequence: number): Buffer {
    const iv = this.#iv;
    iv.set(salt);
    iv[4]! ^= ssrc >>> 24;
    iv[5]! ^= ssrc >>> 16;
    iv[6]! ^= ssrc >>> 8;
    iv[7]! ^= ssrc;
    iv[8]! ^= rollover >>> 24;
    iv[9]! ^= rollover >>> 16;
    iv[10]! ^= rollover >>> 8;
    iv[11]! ^= rollover;
    iv[12]! ^= sequence >>> 8;
    iv[13]! ^= sequence;
    return iv;
  }

  #rtpTag(packet: Buffer, length: number, rollover: number): Buffer {
    this.#rollover.writeUInt32BE(rollover >>> 0);
    const hmac = createHmac('sha1', this.#rtpAuthentication);
    return hmac.update(packet.subarray(0, length)).update(this.#rollover).digest().subarray(0, TAG);
  }

  #rtcpTag(packet: Buffer, length: number): Buffer {
    const hmac = createHmac('sha1', this.#rtcpAuthentication);
    return hmac.update(packet.subarray(0, length)).digest().subarray(0, TAG);
  }
}
