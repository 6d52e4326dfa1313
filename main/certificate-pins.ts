/**
 * Accepts the hub's self-signed certificate, and only that one, and only under the hub's own names. Every other connection
 * is judged by Chromium as always.
 */
import { X509Certificate } from 'node:crypto';
import type { Session } from 'electron';

/** Chromium's codes for setCertificateVerifyProc: accept; or go by Chromium's own verdict. */
const ACCEPT = 0;
const CHROMIUM_DECIDES = -3;

export class CertificatePins {
  readonly #fingerprints = new Map<string, string>();

  /** `hostname` as in a URL; `fingerprint` is SHA-256 over the certificate, as `AB:CD:…`. */
  pin(hostname: string, fingerprint: string): void {
    this.#fingerprints.set(bare(hostname), fingerprint);
  }

  /** `certificate` as PEM. */
  matches(hostname: string, certificate: string): boolean {
    const pinned = this.#fingerprints.get(bare(hostname));
    return pinned !== undefined && pinned === fingerprintOf(certificate);
  }
}

export function verifyCertificates(session: Session, pins: CertificatePins): void {
  session.setCertificateVerifyProc(({ hostname, certificate }, answer) => {
    answer(pins.matches(hostname, certificate.data) ? ACCEPT : CHROMIUM_DECIDES);
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
