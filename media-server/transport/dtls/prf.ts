/** The pseudo-random function of TLS 1.2 with SHA-256 (RFC 5246 section 5) and what is derived with it. */
import { createHash, createHmac } from 'node:crypto';

export function prf(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const blocks: Buffer[] = [];
  let a = labelled;
  for (let have = 0; have < length; have += 32) {
    a = createHmac('sha256', secret).update(a).digest();
    blocks.push(createHmac('sha256', secret).update(a).update(labelled).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

export function sha256(parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Extended master secret (RFC 7627) when both sides know it, else the classic one. */
export function masterSecret(
  preMaster: Buffer,
  extended: boolean,
  sessionHash: Buffer,
  clientRandom: Buffer,
  serverRandom: Buffer,
): Buffer {
  return extended
    ? prf(preMaster, 'extended master secret', sessionHash, 48)
    : prf(preMaster, 'master secret', Buffer.concat([clientRandom, serverRandom]), 48);
}
