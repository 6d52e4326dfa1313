/** Against a real TURN server (coturn) and our own STUN answers, on loopback. */
import { spawn, type ChildProcess } from 'node:child_process';
import dgram from 'node:dgram';
import { writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { generate } from 'selfsigned';
import { parseStun, STUN, StunBuilder, ATTRIBUTE } from './ice/stun';
import { startTransportHost } from './transport-host';
import type { IceCandidate, MediaTransport, MediaTransportOptions, TransportHost, TurnServer } from './types';

const COTURN = ['/usr/bin/turnserver', '/usr/local/bin/turnserver'].find((path) => existsSync(path));
const hosts: TransportHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

async function until(reasonNotYet: () => string | undefined, limit = 10_000): Promise<void> {
  const deadline = performance.now() + limit;
  for (let why = reasonNotYet(); why !== undefined; why = reasonNotYet()) {
    if (performance.now() > deadline) throw new Error(why);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function transport(
  options: Partial<MediaTransportOptions>,
  received: Buffer[] = [],
): Promise<MediaTransport> {
  const host = await startTransportHost({ listenAddresses: ['127.0.0.1'] });
  hosts.push(host);
  const listener = { rtp: (packet: Buffer) => void received.push(packet), rtcp() {} };
  return host.createTransport({ listener, role: 'controlled', ...options });
}

/** Both gather, exchange the candidates that `use` picks, and connect. */
async function meet(
  a: MediaTransport,
  b: MediaTransport,
  use: (candidate: IceCandidate) => boolean,
): Promise<void> {
  for (const side of [a, b]) side.gatherCandidates();
  await until(() =>
    a.gatheringState === 'complete' && b.gatheringState === 'complete' ? undefined : 'gathering',
  );
  a.setRemote({ ice: b.localIce, fingerprints: [b.localFingerprint], dtlsRole: 'server' });
  b.setRemote({ ice: a.localIce, fingerprints: [a.localFingerprint], dtlsRole: 'client' });
  for (const candidate of a.localCandidates().filter(use)) b.addRemoteCandidate(candidate);
  for (const candidate of b.localCandidates().filter(use)) a.addRemoteCandidate(candidate);
  await until(() => (a.writable && b.writable ? undefined : `${a.iceState} ${b.iceState} ${a.dtlsState}`));
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** A certificate for the loopback address, its own authority. */
async function loopbackCertificate(): Promise<{ cert: string; key: string }> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'turn.test.example' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  return { cert, key };
}

const header = Buffer.from('80600001000000000000123400000000'.slice(0, 24), 'hex');

describe.skipIf(COTURN === undefined)('a relay (coturn)', () => {
  let server: ChildProcess;
  let folder: string;
  let port: number;
  let tlsPort: number;
  let certificate: { cert: string; key: string };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'turn-'));
    [port, tlsPort] = [await freePort(), await freePort()];
    certificate = await loopbackCertificate();
    const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    await Promise.all([
      writeFile(files.cert, certificate.cert),
      writeFile(files.key, certificate.key, { mode: 0o600 }),
    ]);
    const options = ['-n', '--no-cli', '--no-dtls', '--lt-cred-mech', '--allow-loopback-peers'];
    const addresses = ['127.0.0.1', '::1'].flatMap((address) => ['-L', address, '-E', address]);
    const secure = ['--tls-listening-port', String(tlsPort), '--cert', files.cert, '--pkey', files.key];
    const where = [...addresses, '-p', String(port), ...secure, '--pidfile', join(folder, 'pid')];
    const who = [
      '-u',
      'me:secret',
      '-r',
      'test.example',
      '--userdb',
      join(folder, 'db'),
      '--log-file',
      'stdout',
    ];
    server = spawn(COTURN!, [...options, ...where, ...who], { cwd: folder, stdio: 'ignore' });
    const answers = () =>
      new Promise<boolean>((resolve) => {
        const socket = net.connect(port, '127.0.0.1', () => resolve(true));
        socket.on('connect', () => socket.destroy()).on('error', () => resolve(false));
      });
    while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  afterAll(async () => {
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await gone;
    await rm(folder, { recursive: true, force: true });
  });

  const turn = (changes: Partial<TurnServer> = {}): TurnServer[] => [
    { host: '127.0.0.1', port, username: 'me', password: 'secret', transport: 'udp', ...changes },
  ];

  it.each(['udp', 'tcp'] as const)('reached over %s carries media both ways', async (way) => {
    const [heardA, heardB]: [Buffer[], Buffer[]] = [[], []];
    const a = await transport({ turnServers: turn({ transport: way }), relayOnly: true }, heardA);
    const b = await transport({ role: 'controlling' }, heardB);
    for (const side of [a, b]) side.gatherCandidates();
    await until(() =>
      a.gatheringState === 'complete' && b.gatheringState === 'complete' ? undefined : 'gathering',
    );
    expect(a.localCandidates().map(({ type }) => type)).toEqual(['relay', 'relay']);
    a.setRemote({ ice: b.localIce, fingerprints: [b.localFingerprint], dtlsRole: 'server' });
    b.setRemote({ ice: a.localIce, fingerprints: [a.localFingerprint], dtlsRole: 'client' });
    for (const candidate of a.localCandidates()) b.addRemoteCandidate(candidate);
    for (const candidate of b.localCandidates()) a.addRemoteCandidate(candidate);
    await until(() => (a.writable && b.writable ? undefined : `${a.iceState} ${b.iceState} ${a.dtlsState}`));
    expect(a.selectedPair?.local.type).toBe('relay');
    expect(b.selectedPair?.remote.type).toBe('relay');
    for (const side of [a, b]) expect(side.sendRtp(header, 12, Buffer.alloc(1_001, 5), 0, 1_001)).toBe(true);
    await until(() => (heardA.length === 1 && heardB.length === 1 ? undefined : 'no media'));
    expect(heardB[0]).toHaveLength(1_013);
    a.close();
    await until(() => (b.dtlsState === 'closed' ? undefined : 'no goodbye through the relay'));
  });

  it('reached over TLS carries media, when its certificate is one to trust', async () => {
    const { cert } = certificate;
    const secure = turn({ transport: 'tls', port: tlsPort, certificateAuthorities: cert });
    const heard: Buffer[] = [];
    const a = await transport({ turnServers: secure, relayOnly: true });
    const b = await transport({ role: 'controlling' }, heard);
    await meet(a, b, (candidate) => candidate.address === '127.0.0.1');
    expect(a.selectedPair?.local).toMatchObject({ type: 'relay', address: '127.0.0.1' });
    expect(a.sendRtp(header, 12, Buffer.alloc(1_001, 5), 0, 1_001)).toBe(true);
    await until(() => (heard.length === 1 ? undefined : 'no media'));
  });

  it('over TLS with a certificate that nobody vouches for gives no candidate', async () => {
    const a = await transport({
      turnServers: turn({ transport: 'tls', port: tlsPort }),
      relayOnly: true,
    });
    a.gatherCandidates();
    await until(() => (a.gatheringState === 'complete' ? undefined : 'gathering'));
    expect(a.localCandidates()).toEqual([]);
  });

  it('that has IPv6 addresses gives one of them, too, and carries media to a peer of that family', async () => {
    const heard: Buffer[] = [];
    const a = await transport({ turnServers: turn(), relayOnly: true });
    const host = await startTransportHost({ listenAddresses: ['::1'] });
    hosts.push(host);
    const listener = { rtp: (packet: Buffer) => void heard.push(packet), rtcp() {} };
    const b = host.createTransport({ listener, role: 'controlling' });
    await meet(a, b, (candidate) => candidate.address === '::1');
    expect(
      a
        .localCandidates()
        .map(({ address }) => address)
        .sort(),
    ).toEqual(['127.0.0.1', '::1']);
    expect(a.selectedPair).toMatchObject({
      local: { type: 'relay', address: '::1' },
      remote: { type: 'host', address: '::1' },
    });
    expect(a.sendRtp(header, 12, Buffer.alloc(1_001, 5), 0, 1_001)).toBe(true);
    await until(() => (heard.length === 1 ? undefined : 'no media'));
  });

  it('is left alone when the password is wrong', async () => {
    const a = await transport({ turnServers: turn({ password: 'wrong' }) });
    a.gatherCandidates();
    await until(() => (a.gatheringState === 'complete' ? undefined : 'gathering'));
    expect(a.localCandidates().map(({ type }) => type)).toEqual(['host']);
  });
});

describe('a STUN server', () => {
  it('adds the address that it sees', async () => {
    const server = dgram.createSocket('udp4');
    server.on('message', (datagram, { address, port }) => {
      const message = parseStun(datagram);
      if (message?.type !== STUN.bindingRequest) return;
      const answer = new StunBuilder(STUN.bindingSuccess, Buffer.from(message.transactionId, 'latin1'));
      server.send(
        answer.xorAddress(ATTRIBUTE.xorMappedAddress, { address: '203.0.113.9', port: 4_321 }).build(),
        port,
        address,
      );
    });
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
    const a = await transport({ stunServers: [{ host: '127.0.0.1', port: server.address().port }] });
    a.gatherCandidates();
    await until(() => (a.gatheringState === 'complete' ? undefined : 'gathering'));
    expect(a.localCandidates().find(({ type }) => type === 'srflx')).toMatchObject({
      address: '203.0.113.9',
      port: 4_321,
      relatedAddress: '127.0.0.1',
    });
    server.close();
  });
});
