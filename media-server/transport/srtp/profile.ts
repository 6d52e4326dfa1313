/** The SRTP protection profiles that we speak and the sizes of their keys (RFC 5764 section 4.1.2, RFC 7714, RFC 3711). */
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
