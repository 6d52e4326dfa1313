import { X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CertificateError, installationCertificate, readCertificate } from './certificate';
import { ManualClock } from './clock';

const DAY = 24 * 60 * 60 * 1_000;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callcast-certificate-'));
});
afterEach(() => rm(folder, { recursive: true }));

const clock = () => new ManualClock(Date.now());
const file = () => join(folder, 'data', 'certificate.pem');

describe("the installation's certificate", () => {
  it('is made once, for every name of this machine, and is readable for the user alone', async () => {
    const made = await installationCertificate(join(folder, 'data'), clock());
    const again = await installationCertificate(join(folder, 'data'), clock());
    expect(again.fingerprint).toBe(made.fingerprint);
    expect(again.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    const parsed = new X509Certificate(made.cert);
    expect(parsed.checkHost('localhost')).toBeDefined();
    expect(parsed.checkIP('127.0.0.1')).toBeDefined();
    expect(parsed.checkIP('::1')).toBeDefined();
    expect(parsed.ca).toBe(false);
    expect(again.names).toContain('localhost');
  });

  it('is made anew shortly before it ends', async () => {
    const time = clock();
    const made = await installationCertificate(join(folder, 'data'), time);
    time.advance(700 * DAY);
    expect((await installationCertificate(join(folder, 'data'), time)).fingerprint).toBe(made.fingerprint);
    time.advance(90 * DAY);
    expect((await installationCertificate(join(folder, 'data'), time)).fingerprint).not.toBe(
      made.fingerprint,
    );
  });

  it('is made anew when the file is damaged, and closed again when it stood open', async () => {
    const made = await installationCertificate(join(folder, 'data'), clock());
    await chmod(file(), 0o644);
    expect((await installationCertificate(join(folder, 'data'), clock())).fingerprint).toBe(made.fingerprint);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    const pem = await readFile(file(), 'utf8');
    for (const damaged of ['', 'garbage', pem.slice(0, 300), pem.slice(-400)]) {
      await writeFile(file(), damaged);
      expect((await installationCertificate(join(folder, 'data'), clock())).fingerprint).not.toBe(
        made.fingerprint,
      );
    }
  });
});

describe("the user's own certificate", () => {
  it('is taken when key and certificate belong together', async () => {
    const made = await installationCertificate(folder, clock());
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await writeFile(cert, made.cert);
    await writeFile(key, made.key);
    expect((await readCertificate(cert, key)).fingerprint).toBe(made.fingerprint);
  });

  it('is refused with a sentence otherwise', async () => {
    const one = await installationCertificate(join(folder, 'one'), clock());
    const two = await installationCertificate(join(folder, 'two'), clock());
    const [cert, key, other] = [join(folder, 'cert.pem'), join(folder, 'key.pem'), join(folder, 'other.pem')];
    await writeFile(cert, one.cert);
    await writeFile(key, one.key);
    await writeFile(other, two.key);
    await expect(readCertificate(cert, other)).rejects.toThrow('does not belong');
    await expect(readCertificate(key, key)).rejects.toThrow('no PEM certificate');
    await expect(readCertificate(cert, cert)).rejects.toThrow('no PEM key');
    await expect(readCertificate(join(folder, 'none'), key)).rejects.toThrow('ENOENT');
    await expect(readCertificate(join(folder, 'none'), key)).rejects.toBeInstanceOf(CertificateError);
  });
});
