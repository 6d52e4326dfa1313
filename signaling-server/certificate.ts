/**
 * The certificate of an installation: made once, kept where only the user can read it, made anew when it runs out.
 * Browsers warn about it, since nobody but this machine vouches for it; the app knows it by its fingerprint.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isIP } from 'node:net';
import { lanAddresses, machineNames } from './addresses';
import type { Clock } from './clock';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the certificate, as `AB:CD:…`. */
  readonly fingerprint: string;
  /** DNS names it is made out to, in lower case, without wildcards. */
  readonly names: readonly string[];
}

/** Browsers refuse certificates that hold longer than 825 days. */
const VALID_DAYS = 800;
const RENEW_BEFORE_DAYS = 14;
const DAY_MS = 24 * 60 * 60 * 1_000;
const FILE = 'certificate.pem';

/** A certificate or key that cannot be used; the message is a sentence for the user. */
export class CertificateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CertificateError';
  }
}

/** The installation's own: read from `folder` (made when missing), or made and written there with mode 0600. */
export async function installationCertificate(folder: string, clock: Clock): Promise<Certificate> {
  const file = join(folder, FILE);
  const kept = await readKept(file, clock);
  if (kept) return kept;
  const made = await make(clock);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writePrivately(file, `${made.key.trim()}\n${made.cert.trim()}\n`);
  return made;
}

/** The user's own PEM files (`--cert`, `--key`). @throws CertificateError */
export async function readCertificate(certFile: string, keyFile: string): Promise<Certificate> {
  const [cert, key] = await Promise.all([readPem(certFile, '--cert'), readPem(keyFile, '--key')]);
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(cert);
  } catch {
    throw new CertificateError(`${certFile} (--cert) holds no PEM certificate.`);
  }
  let matches: boolean;
  try {
    matches = parsed.checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new CertificateError(
      `${keyFile} (--key) holds no PEM key, or one that is protected by a password.`,
    );
  }
  if (!matches)
    throw new CertificateError(`The key in ${keyFile} does not belong to the certificate in ${certFile}.`);
  return describe(parsed, cert, key);
}

async function readPem(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CertificateError(
      `${file} (${option}) cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}.`,
    );
  }
}

/** Undefined when there is none, or none that can be used any longer. */
async function readKept(file: string, clock: Clock): Promise<Certificate | undefined> {
  try {
    const pem = await readFile(file, 'utf8');
    const cert = new X509Certificate(pem);
    const key = createPrivateKey(pem);
    const end = Date.parse(cert.validTo);
    if (!cert.checkPrivateKey(key) || !(end - clock.now() > RENEW_BEFORE_DAYS * DAY_MS)) return undefined;
    // A backup or an editor may have left it readable for others.
    await chmod(file, 0o600);
    return describe(cert, cert.toString(), key.export({ type: 'pkcs8', format: 'pem' }).toString());
  } catch {
    return undefined;
  }
}

async function make(clock: Clock): Promise<Certificate> {
  // Yesterday, for neighbours whose clock is behind ours.
  const notBeforeDate = new Date(clock.now() - DAY_MS);
  const notAfterDate = new Date(clock.now() + VALID_DAYS * DAY_MS);
  const names = [...new Set(['localhost', ...machineNames(hostname())])].filter(isDnsName);
  const addresses = [...new Set(['127.0.0.1', '::1', ...lanAddresses()])];
  // Loaded here: it is heavy, and needed once per installation.
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: 'Callcast on this computer' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate,
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          ...addresses.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  return describe(new X509Certificate(made.cert), made.cert, made.private);
}

function describe(parsed: X509Certificate, cert: string, key: string): Certificate {
  const names = [...(parsed.subjectAltName ?? '').matchAll(/DNS:([^,\s]+)/g)]
    .map((match) => (match[1] ?? '').toLowerCase())
    .filter((name) => !name.includes('*'));
  return { cert, key, fingerprint: parsed.fingerprint256, names };
}

function isDnsName(name: string): boolean {
  return isIP(name) === 0 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name);
}

/** Whole or not at all, and never readable for others, not even for a moment. */
async function writePrivately(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  await rm(temporary, { force: true });
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
