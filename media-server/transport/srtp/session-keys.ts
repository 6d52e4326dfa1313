/**
 * What the SRTP ciphers begin with, whichever profile: the session keys that master key and salt stand for, and the
 * initialization vector of a packet.
 */
import { createCipheriv } from 'node:crypto';

/** Labels of RFC 3711 section 4.3.1. */
const LABEL = {
  rtpKey: 0,
  rtpAuthentication: 1,
  rtpSalt: 2,
  rtcpKey: 3,
  rtcpAuthentication: 4,
  rtcpSalt: 5,
} as const;

/** AES-128, in both profiles. */
const KEY_LENGTH = 16;
/** Of HMAC-SHA1. */
const AUTHENTICATION_KEY_LENGTH = 20;

/** What encrypts. The salts are as long as the master's. */
export interface SessionKeys {
  readonly rtpKey: Buffer;
  readonly rtpSalt: Buffer;
  readonly rtcpKey: Buffer;
  readonly rtcpSalt: Buffer;
}

export function deriveSessionKeys(masterKey: Buffer, masterSalt: Buffer): SessionKeys {
  const saltLength = masterSalt.length;
  return {
    rtpKey: derive(masterKey, masterSalt, LABEL.rtpKey, KEY_LENGTH),
    rtpSalt: derive(masterKey, masterSalt, LABEL.rtpSalt, saltLength),
    rtcpKey: derive(masterKey, masterSalt, LABEL.rtcpKey, KEY_LENGTH),
    rtcpSalt: derive(masterKey, masterSalt, LABEL.rtcpSalt, saltLength),
  };
}

/** For the profile whose tags are made apart from the encryption. */
export function deriveAuthenticationKeys(
  masterKey: Buffer,
  masterSalt: Buffer,
): { rtp: Buffer; rtcp: Buffer } {
  return {
    rtp: derive(masterKey, masterSalt, LABEL.rtpAuthentication, AUTHENTICATION_KEY_LENGTH),
    rtcp: derive(masterKey, masterSalt, LABEL.rtcpAuthentication, AUTHENTICATION_KEY_LENGTH),
  };
}

/** A session key from master key and salt (RFC 3711 section 4.3; RFC 7714 section 11 pads the shorter salt of GCM). */
function derive(masterKey: Buffer, masterSalt: Buffer, label: number, length: number): Buffer {
  const iv = Buffer.alloc(16);
  masterSalt.copy(iv);
  iv[7]! ^= label;
  return createCipheriv('aes-128-ctr', masterKey, iv).update(Buffer.alloc(length));
}

/**
 * Writes the vector of one packet into `iv`: the salt XOR the SSRC, the roll-over counter and the sequence number, which
 * lie one behind the other from byte `at` on (RFC 3711 section 4.1.1: 4; RFC 7714 section 8.1: 2). An RTCP index is its
 * upper bits as the counter and its lower 16 as the number. What `iv` has beyond the salt stays as it is.
 */
export function writePacketIv(
  iv: Buffer,
  salt: Buffer,
  at: number,
  ssrc: number,
  rollover: number,
  sequence: number,
): void {
  iv.set(salt);
  iv[at]! ^= ssrc >>> 24;
  iv[at + 1]! ^= ssrc >>> 16;
  iv[at + 2]! ^= ssrc >>> 8;
  iv[at + 3]! ^= ssrc;
  iv[at + 4]! ^= rollover >>> 24;
  iv[at + 5]! ^= rollover >>> 16;
  iv[at + 6]! ^= rollover >>> 8;
  iv[at + 7]! ^= rollover;
  iv[at + 8]! ^= sequence >>> 8;
  iv[at + 9]! ^= sequence;
}
