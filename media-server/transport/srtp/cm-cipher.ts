/** AES_CM_128_HMAC_SHA1_80 (RFC 3711) on node:crypto. */
import { createCipheriv, createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import {
  RTCP_CLEAR,
  RTCP_ENCRYPTED,
  sharedPacket,
  streamOf,
  type PacketOpener,
  type PacketSealer,
  type StreamSealer,
} from './packet-cipher';
import { deriveAuthenticationKeys, deriveSessionKeys, writePacketIv } from './session-keys';

const TAG = 10;
const ALGORITHM = 'aes-128-ctr';
/** salt · 2^16 XOR ssrc · 2^64 XOR index · 2^16 (RFC 3711 section 4.1.1). */
const IV_OFFSET = 4;

export class CmCipher implements PacketSealer, PacketOpener {
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
  /** The last two bytes stay zero: they count the blocks. */
  readonly #iv = Buffer.alloc(16);
  readonly #rollover = Buffer.alloc(4);

  constructor(masterKey: Buffer, masterSalt: Buffer) {
    const keys = deriveSessionKeys(masterKey, masterSalt);
    const authentication = deriveAuthenticationKeys(masterKey, masterSalt);
    this.#rtpKey = createSecretKey(keys.rtpKey);
    this.#rtpSalt = keys.rtpSalt;
    this.#rtpAuthentication = createSecretKey(authentication.rtp);
    this.#rtcpKey = createSecretKey(keys.rtcpKey);
    this.#rtcpSalt = keys.rtcpSalt;
    this.#rtcpAuthentication = createSecretKey(authentication.rtcp);
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
    this.#cryptRtp(packet, headerLength, length, ssrc, rollover, sequence);
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
    this.#cryptRtp(packet, headerLength, end, ssrc, rollover, sequence);
    return end;
  }

  sealRtcp(packet: Buffer, length: number, ssrc: number, index: number): number {
    this.#cryptRtcp(packet, length, ssrc, index);
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
    this.#cryptRtcp(packet, end, packet.readUInt32BE(4), word - RTCP_ENCRYPTED);
    return end;
  }

  /** Encrypts or decrypts, which is the same in counter mode: `packet[from..end)`, in place. */
  #cryptRtp(
    packet: Buffer,
    from: number,
    end: number,
    ssrc: number,
    rollover: number,
    sequence: number,
  ): void {
    writePacketIv(this.#iv, this.#rtpSalt, IV_OFFSET, ssrc, rollover, sequence);
    const cipher = createCipheriv(ALGORITHM, this.#rtpKey, this.#iv);
    packet.set(cipher.update(packet.subarray(from, end)), from);
  }

  #cryptRtcp(packet: Buffer, end: number, ssrc: number, index: number): void {
    writePacketIv(this.#iv, this.#rtcpSalt, IV_OFFSET, ssrc, index >>> 16, index & 0xffff);
    const cipher = createCipheriv(ALGORITHM, this.#rtcpKey, this.#iv);
    packet.set(cipher.update(packet.subarray(RTCP_CLEAR, end)), RTCP_CLEAR);
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
