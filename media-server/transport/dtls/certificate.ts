/** The certificates that a media server shows its peers: one per kind of key, self-signed, known by their fingerprints. */
import { createHash, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { generate } from 'selfsigned';
import type { Fingerprint } from '../types';

export type KeyType = 'ec' | 'rsa';

export interface DtlsCertificate {
  readonly der: Buffer;
  readonly privateKey: KeyObject;
  /** What it can sign with: decides the cipher suites. */
  readonly keyType: KeyType;
  readonly fingerprint: Fingerprint;
}

const DAY = 24 * 3600 * 1000;
const RSA_BITS = 2048;

/** ECDSA on P-256 unless told otherwise: a signature takes a fraction of a millisecond where RSA takes several. */
export async function makeCertificate(keyType: KeyType = 'ec'): Promise<DtlsCertificate> {
  const pems = await generate([{ name: 'commonName', value: 'Callcast media server' }], {
    ...(keyType === 'ec' ? { keyType, curve: 'P-256' } : { keyType, keySize: RSA_BITS }),
    algorithm: 'sha256',
    // Peers with a slow clock must not find it in the future.
    notBeforeDate: new Date(Date.now() - DAY),
    notAfterDate: new Date(Date.now() + 365 * DAY),
  });
  return loadCertificate(pems.cert, pems.private);
}

/**
 * One certificate for each kind of key, for endpoints that ask for a kind: the configured one, or one that is made when
 * the first of them asks. Rejects with what node:crypto raises when a configured text makes no sense.
 */
export class Certificates {
  /** PEM, certificate and key in one text. */
  readonly #configured: Partial<Record<KeyType, string>>;
  readonly #known = new Map<KeyType, Promise<DtlsCertificate>>();

  constructor(configured: Partial<Record<KeyType, string>> = {}) {
    this.#configured = configured;
  }
  of(keyType: KeyType): Promise<DtlsCertificate> {
    let known = this.#known.get(keyType);
    if (!known) this.#known.set(keyType, (known = this.#load(keyType)));
    return known;
  }
  async #load(keyType: KeyType): Promise<DtlsCertificate> {
    const pem = this.#configured[keyType];
    if (pem === undefined) return makeCertificate(keyType);
    const certificate = loadCertificate(pem, pem);
    if (certificate.keyType === keyType) return certificate;
    throw new Error(`the configured certificate has no ${keyType === 'rsa' ? 'RSA' : 'ECDSA'} key`);
  }
}

/** Throws what node:crypto throws when the PEM texts make no sense. */
export function loadCertificate(certPem: string, keyPem: string): DtlsCertificate {
  const certificate = new X509Certificate(certPem);
  const privateKey = createPrivateKey(keyPem);
  const der = Buffer.from(certificate.raw);
  return {
    der,
    privateKey,
    keyType: privateKey.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec',
    fingerprint: fingerprintOf(der, 'sha-256')!,
  };
}

/** SHA-1 and MD5 can be forged and are not accepted (RFC 8122 section 5 allows, RFC 8827 wants better). */
const HASHES = new Map([
  ['sha-256', 'sha256'],
  ['sha-384', 'sha384'],
  ['sha-512', 'sha512'],
]);

export function fingerprintOf(der: Buffer, algorithm: string): Fingerprint | undefined {
  const hash = HASHES.get(algorithm.toLowerCase());
  if (hash === undefined) return undefined;
  const hex = createHash(hash).update(der).digest('hex').toUpperCase();
  return { algorithm: algorithm.toLowerCase(), value: hex.replace(/..(?!$)/g, '$&:') };
}

export function matchesFingerprint(der: Buffer, announced: readonly Fingerprint[]): boolean {
  return announced.some(
    ({ algorithm, value }) => fingerprintOf(der, algorithm)?.value === value.trim().toUpperCase(),
  );
}
