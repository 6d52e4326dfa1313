/**
 * Accepts the hub's self-signed certificate, and only that one, and only under the hub's own names. Every other connection
 * is judged by Chromium as always.
 */
import { X509Certificate } from 'node:crypto';
import type { Session } from 'electron';

/** Chromium's codes for setCertificateVerifyProc: accept; refuse; or go by Chromium's own verdict. */
const ACCEPT = 0;
const REFUSE = -2;
const CHROMIUM_DECIDES = -3;

export class CertificatePins {
  readonly #fingerprints = new Map<string, string>();

  /** `hostname` as in a URL; `fingerprint` is SHA-256 over the certificate, as `AB:CD:…`. */
  pin(hostname: string, fingerprint: string): void {
    this.#fingerprints.set(bare(hostname), fingerprint);
  }

  /** Forgets what was pinned for the hub before. */
  clear(): void {
    this.#fingerprints.clear();
  }

  /** What is pinned for that name. */
  of(hostname: string): string | null {
    return this.#fingerprints.get(bare(hostname)) ?? null;
  }

  /** `certificate` as PEM. Undefined: nothing is pinned for that name. */
  judge(hostname: string, certificate: string): 'same' | 'other' | undefined {
    const pinned = this.#fingerprints.get(bare(hostname));
    if (pinned === undefined) return undefined;
    return pinned === fingerprintOf(certificate) ? 'same' : 'other';
  }

  matches(hostname: string, certificate: string): boolean {
    return this.judge(hostname, certificate) === 'same';
  }
}

/**
 * Again after pins changed: Chromium remembers verdicts as long as it has the same judge.
 * @param onOther a host showed another certificate than the one that is pinned for it; it is refused, whoever signed it
 */
export function verifyCertificates(
  session: Session,
  pins: CertificatePins,
  onOther: (hostname: string) => void,
): void {
  session.setCertificateVerifyProc(({ hostname, certificate }, answer) => {
    const verdict = pins.judge(hostname, certificate.data);
    if (verdict === 'other') onOther(hostname);
    answer(verdict === 'same' ? ACCEPT : verdict === 'other' ? REFUSE : CHROMIUM_DECIDES);
  });
}

/** URLs write IPv6 addresses in brackets, Chromium reports them without. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

function fingerprintOf(pem: string): string | null {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    return null;
  }
}
