import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { generate } from 'selfsigned';
import { startTransportHost } from '../transport-host';
import type { MediaTransport, TransportHost } from '../types';
import { Certificates, fingerprintOf } from './certificate';

const hosts: TransportHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

async function until(done: () => boolean): Promise<void> {
  const end = performance.now() + 8_000;
  while (!done()) {
    if (performance.now() > end) throw new Error('not within eight seconds');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
async function transport(certificate: Awaited<ReturnType<Certificates['of']>>): Promise<MediaTransport> {
  const host = await startTransportHost({ listenAddresses: ['127.0.0.1'] });
  hosts.push(host);
  return host.createTransport({ listener: { rtp() {}, rtcp() {} }, role: 'controlled', certificate });
}

describe('certificates', () => {
  it('are made once for each kind of key', async () => {
    const certificates = new Certificates();
    const [rsa, again, ec] = await Promise.all([
      certificates.of('rsa'),
      certificates.of('rsa'),
      certificates.of('ec'),
    ]);
    expect(again).toBe(rsa);
    const details = (der: Buffer) => new X509Certificate(der).publicKey;
    expect(details(rsa.der).asymmetricKeyType).toBe('rsa');
    expect(details(rsa.der).asymmetricKeyDetails?.modulusLength).toBe(2_048);
    expect(details(ec.der).asymmetricKeyType).toBe('ec');
    expect(rsa.fingerprint).toEqual(fingerprintOf(rsa.der, 'sha-256'));
  });

  it.each([
    ['rsa', 'ec'],
    ['ec', 'rsa'],
    ['rsa', 'rsa'],
  ] as const)('%s as DTLS server and %s as client shake hands', async (server, client) => {
    const certificates = new Certificates();
    const a = await transport(await certificates.of(server));
    const b = await transport(await certificates.of(client));
    expect(a.localFingerprint).toEqual((await certificates.of(server)).fingerprint);
    for (const side of [a, b]) side.gatherCandidates();
    await until(() => a.gatheringState === 'complete' && b.gatheringState === 'complete');
    a.setRemote({ ice: b.localIce, fingerprints: [b.localFingerprint], dtlsRole: 'server' });
    b.setRemote({ ice: a.localIce, fingerprints: [a.localFingerprint], dtlsRole: 'client' });
    for (const candidate of a.localCandidates()) b.addRemoteCandidate(candidate);
    await until(() => a.writable && b.writable);
  });

  it('may be configured, certificate and key in one text and in either order', async () => {
    const pems = await generate([{ name: 'commonName', value: 'x' }], { keyType: 'rsa', keySize: 2_048 });
    for (const text of [`${pems.cert}\n${pems.private}`, `${pems.private}\n${pems.cert}`]) {
      const { der } = await new Certificates({ rsa: text }).of('rsa');
      expect(der).toEqual(Buffer.from(new X509Certificate(pems.cert).raw));
    }
    await expect(new Certificates({ ec: `${pems.cert}\n${pems.private}` }).of('ec')).rejects.toThrow('ECDSA');
    await expect(new Certificates({ ec: 'nothing of the kind' }).of('ec')).rejects.toThrow();
  });
});
