/** What both sides of an association know and nobody else does, and the keys that are cut from it. */
import type { DtlsRole } from '../types';
import { masterSecret, prf, sha256 } from './prf';
import { RecordKey } from './record';

/** Keys for SRTP, cut from the exporter as RFC 5764 section 4.2 orders them. */
export interface SrtpKeyingMaterial {
  readonly localKey: Buffer;
  readonly remoteKey: Buffer;
  readonly localSalt: Buffer;
  readonly remoteSalt: Buffer;
}

export interface AgreedKeys {
  /** Our own role. */
  readonly role: DtlsRole;
  /** What the key exchange gave. */
  readonly preMaster: Buffer;
  readonly extendedMasterSecret: boolean;
  /** Up to and including ClientKeyExchange. */
  readonly transcript: readonly Buffer[];
  readonly localRandom: Buffer;
  readonly remoteRandom: Buffer;
}

export class AssociationSecrets {
  readonly #server: boolean;
  readonly #clientRandom: Buffer;
  readonly #serverRandom: Buffer;
  readonly #master: Buffer;

  constructor(agreed: AgreedKeys) {
    const { role, preMaster, extendedMasterSecret, transcript, localRandom, remoteRandom } = agreed;
    this.#server = role === 'server';
    this.#clientRandom = this.#server ? remoteRandom : localRandom;
    this.#serverRandom = this.#server ? localRandom : remoteRandom;
    this.#master = masterSecret(
      preMaster,
      extendedMasterSecret,
      sha256(transcript),
      this.#clientRandom,
      this.#serverRandom,
    );
  }

  /** RFC 5246 section 6.3. */
  recordKeys(): { write: RecordKey; read: RecordKey } {
    const seed = Buffer.concat([this.#serverRandom, this.#clientRandom]);
    const block = prf(this.#master, 'key expansion', seed, 40);
    const client = new RecordKey(Buffer.from(block.subarray(0, 16)), block.subarray(32, 36));
    const server = new RecordKey(Buffer.from(block.subarray(16, 32)), block.subarray(36, 40));
    return this.#server ? { write: server, read: client } : { write: client, read: server };
  }

  /** What the Finished message of that side has to say. */
  verifyData(who: DtlsRole, transcript: readonly Buffer[]): Buffer {
    return prf(this.#master, `${who} finished`, sha256(transcript), 12);
  }

  /** RFC 5705 with the label and layout of RFC 5764. */
  exportSrtpKeys(keyLength: number, saltLength: number): SrtpKeyingMaterial {
    const seed = Buffer.concat([this.#clientRandom, this.#serverRandom]);
    const material = prf(this.#master, 'EXTRACTOR-dtls_srtp', seed, 2 * (keyLength + saltLength));
    const clientKey = material.subarray(0, keyLength);
    const serverKey = material.subarray(keyLength, 2 * keyLength);
    const clientSalt = material.subarray(2 * keyLength, 2 * keyLength + saltLength);
    const serverSalt = material.subarray(2 * keyLength + saltLength);
    return this.#server
      ? { localKey: serverKey, remoteKey: clientKey, localSalt: serverSalt, remoteSalt: clientSalt }
      : { localKey: clientKey, remoteKey: serverKey, localSalt: clientSalt, remoteSalt: serverSalt };
  }
}
