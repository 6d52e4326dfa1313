/** Ephemeral Diffie-Hellman on X25519 (RFC 7748) or P-256, and signatures by TLS scheme number. */
import {
  constants,
  createECDH,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  sign,
  verify,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { TransportError } from '../transport-error';
import type { DtlsCertificate } from './certificate';
import { CURVE, SIGNATURE } from './messages';

export interface EphemeralKey {
  readonly curve: number;
  readonly publicKey: Buffer;
  /** Throws when the peer's point is not on the curve or is degenerate. */
  agree(peerPublicKey: Buffer): Buffer;
}

/** SubjectPublicKeyInfo of an X25519 key is this, followed by its 32 bytes (RFC 8410). */
const X25519_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

export function makeEphemeralKey(curve: number): EphemeralKey {
  if (curve === CURVE.x25519) {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    return {
      curve,
      publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(X25519_PREFIX.length),
      agree(peer) {
        if (peer.length !== 32) throw new TransportError('dtls-protocol', 'bad X25519 key');
        const der = Buffer.concat([X25519_PREFIX, peer]);
        return diffieHellman({
          privateKey,
          publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }),
        });
      },
    };
  }
  if (curve === CURVE.p256) {
    const ecdh = createECDH('prime256v1');
    return { curve, publicKey: ecdh.generateKeys(), agree: (peer) => ecdh.computeSecret(peer) };
  }
  throw new TransportError('dtls-negotiation', 'no common elliptic curve');
}

/** The scheme that our certificate signs with. */
export function schemeOf(certificate: DtlsCertificate): number {
  return certificate.keyType === 'rsa' ? SIGNATURE.rsaPkcs1Sha256 : SIGNATURE.ecdsaP256Sha256;
}

export function signWith(certificate: DtlsCertificate, data: Buffer): Buffer {
  return sign('sha256', data, certificate.privateKey);
}

const SCHEMES = new Map<number, { hash: string; keyType: string; pss?: true }>([
  [SIGNATURE.ecdsaP256Sha256, { hash: 'sha256', keyType: 'ec' }],
  [SIGNATURE.ecdsaP384Sha384, { hash: 'sha384', keyType: 'ec' }],
  [SIGNATURE.rsaPkcs1Sha256, { hash: 'sha256', keyType: 'rsa' }],
  [SIGNATURE.rsaPkcs1Sha384, { hash: 'sha384', keyType: 'rsa' }],
  [SIGNATURE.rsaPkcs1Sha512, { hash: 'sha512', keyType: 'rsa' }],
  [SIGNATURE.rsaPssSha256, { hash: 'sha256', keyType: 'rsa', pss: true }],
]);

export function publicKeyOf(der: Buffer): KeyObject {
  return new X509Certificate(der).publicKey;
}

/** True only when `signature` was made over `data` by the owner of `key`. */
export function verifySignature(key: KeyObject, scheme: number, data: Buffer, signature: Buffer): boolean {
  const known = SCHEMES.get(scheme);
  if (!known || key.asymmetricKeyType !== known.keyType) return false;
  const padding = known.pss
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  return verify(known.hash, data, { key, ...padding }, signature);
}
