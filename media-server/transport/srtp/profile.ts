/** The SRTP protection profiles that we speak and the keys they need (RFC 5764 section 4.1.2, RFC 7714, RFC 3711). */
import { createCipheriv } from 'node:crypto';
import type { SrtpProfileName } from '../types';

export interface SrtpProfile {
  readonly name: SrtpProfileName;
  /** Number in the use_srtp extension. */
  readonly id: number;
  readonly keyLength: number;
  readonly saltLength: number;
  readonly tagLength: number;
}

export const SRTP_PROFILES: Readonly<{ [name in SrtpProfileName]: SrtpProfile }> = {
  AEAD_AES_128_GCM: { name: 'AEAD_AES_128_GCM', id: 0x0007, keyLength: 16, saltLength: 12, tagLength: 16 },
  AES_CM_128_HMAC_SHA1_80: {
    name: 'AES_CM_128_HMAC_SHA1_80',
    id: 0x0001,
    keyLength: 16,
    saltLength: 14,
    tagLength: 10,
  },
};

export function profileById(id: number): SrtpProfile | undefined {
  return Object.values(SRTP_PROFILES).find((profile) => profile.id === id);
}

/** Labels of RFC 3711 section 4.3.1. */
export const LABEL = {
  rtpKey: 0,
  rtpAuthentication: 1,
  rtpSalt: 2,
  rtcpKey: 3,
  rtcpAuthentication: 4,
  rtcpSalt: 5,
} as const;

/** A session key from master key and salt (RFC 3711 section 4.3; RFC 7714 section 11 pads the shorter salt of GCM). */
export function deriveSessionKey(
  masterKey: Buffer,
  masterSalt: Buffer,
  label: number,
  length: number,
): Buffer {
  const iv = Buffer.alloc(16);
  masterSalt.copy(iv);
  iv[7]! ^= label;
  return createCipheriv('aes-128-ctr', masterKey, iv).update(Buffer.alloc(length));
}
