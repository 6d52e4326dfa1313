/**
 * What one outgoing RTP packet costs, in µs of this process's CPU time: encryption alone, sending alone, and both through
 * a MediaTransport. The receivers run in another process; what the kernel does to deliver on loopback is charged to the
 * sender, as it is for everybody. Run: npx tsx bench/transport/send.ts [payload bytes] [--json]
 */
import { fork } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { parseArgs } from 'node:util';
import { startTransportHost, type MediaTransport, type RemoteParameters } from '../../media-server/transport';
import { GcmCipher } from '../../media-server/transport/srtp/gcm-cipher';
import { SRTP_PROFILES } from '../../media-server/transport/srtp/profile';
import { makeSealer, SrtpSender } from '../../media-server/transport/srtp/srtp-session';
import type { IceCandidate } from '../../media-server/transport/types';

const COUNT = 50;
const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const SIZE = Number(positionals[0] ?? 1_100);
const PACKETS = 60_000;
const WARM_UP = 10_000;

interface Introduction {
  readonly remote: RemoteParameters;
  readonly candidates: readonly IceCandidate[];
}

/** The other process: plain sockets, then transports that answer introductions. Both read and drop. */
async function receivers(): Promise<void> {
  const tell = (message: unknown) => process.send!(message);
  const ports: number[] = [];
  for (let i = 0; i < COUNT; i++) {
    const socket = dgram.createSocket('udp4');
    socket.on('message', () => {});
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    ports.push(socket.address().port);
  }
  const host = await startTransportHost({ listenAddresses: ['127.0.0.1'] });
  process.on('message', ({ remote, candidates }: Introduction) => {
    const transport = host.createTransport({ listener: { rtp() {}, rtcp() {} }, role: 'controlling' });
    transport.setRemote({ ...remote, dtlsRole: 'client' });
    for (const candidate of candidates) transport.addRemoteCandidate(candidate);
    tell({ ice: transport.localIce, fingerprints: [transport.localFingerprint], dtlsRole: 'server' });
  });
  tell(ports);
}

/** What was measured, by name. */
const microseconds = new Map<string, number>();
function print(line: string): void {
  if (!values.json) console.log(line);
}

/** In slices, so that the event loop may do what it has to, and the best of three: others use the machine, too. */
async function measure(name: string, run: (i: number) => void): Promise<void> {
  for (let i = 0; i < WARM_UP; i++) run(i);
  let best = { user: Infinity, system: Infinity };
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = process.cpuUsage();
    for (let i = 0; i < PACKETS; i++) {
      run(WARM_UP + round * PACKETS + i);
      if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const { user, system } = process.cpuUsage(before);
    if (user + system < best.user + best.system) best = { user, system };
  }
  const [user, system] = [best.user / PACKETS, best.system / PACKETS];
  microseconds.set(name, user + system);
  const total = (user + system).toFixed(2).padStart(6);
  print(`${name.padEnd(56)} ${total} µs (user ${user.toFixed(2)}, system ${system.toFixed(2)})`);
}

const payload = randomBytes(SIZE);
const header = Buffer.alloc(20);
header[0] = 0x90;
header[1] = 96;
header.writeUInt32BE(0xbede0001, 12);
function setHeader(sequence: number, ssrc: number): void {
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(ssrc, 8);
}

async function encryption(): Promise<void> {
  const key = randomBytes(16);
  const iv = randomBytes(12);
  await measure('floor: GCM by createCipheriv, setAAD, update, final', (i) => {
    iv.writeUInt32BE(i, 8);
    const cipher = createCipheriv('aes-128-gcm', key, iv);
    cipher.setAAD(header);
    cipher.update(payload);
    cipher.final();
    cipher.getAuthTag();
  });
  for (const profile of Object.values(SRTP_PROFILES)) {
    for (const fast of profile.name === 'AEAD_AES_128_GCM' ? [false, true] : [false]) {
      const senders = Array.from({ length: COUNT }, () => {
        const [master, salt] = [randomBytes(profile.keyLength), randomBytes(profile.saltLength)];
        const ordinary = profile.name === 'AEAD_AES_128_GCM' && !fast;
        return new SrtpSender(
          ordinary ? GcmCipher.fromMaster(master, salt) : makeSealer(profile, master, salt),
        );
      });
      await measure(`encrypt: ${profile.name}${fast ? ', fast' : ''}`, (i) => {
        const sender = senders[i % COUNT]!;
        setHeader(Math.floor(i / COUNT), 7);
        header.copy(sender.packet);
        payload.copy(sender.packet, 20);
        sender.protectRtp(sender.packet, 20, 20 + SIZE);
      });
      for (const sender of senders) sender.close();
    }
  }
}

async function sending(ports: readonly number[]): Promise<void> {
  const sockets: dgram.Socket[] = [];
  for (const port of ports) {
    const socket = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
    sockets.push(socket);
  }
  const datagram = randomBytes(SIZE + 36);
  await measure('floor: send on connected sockets', (i) => sockets[i % COUNT]!.send(datagram));
  for (const socket of sockets) socket.close();
}

const child = process.send
  ? undefined
  : fork(process.argv[1]!, process.argv.slice(2), { execArgv: process.execArgv });
if (!child) await receivers();
else {
  const heard = <T>() =>
    new Promise<T>((resolve) => child.once('message', (message) => resolve(message as T)));
  const ports = await heard<number[]>();
  await encryption();
  await sending(ports);
  for (const connectedSockets of [true, false]) {
    const host = await startTransportHost({ listenAddresses: ['127.0.0.1'], connectedSockets });
    const transports: MediaTransport[] = [];
    for (let i = 0; i < COUNT; i++) {
      const transport = host.createTransport({ listener: { rtp() {}, rtcp() {} }, role: 'controlled' });
      transport.gatherCandidates();
      while (transport.gatheringState !== 'complete') await new Promise((resolve) => setImmediate(resolve));
      const answer = heard<RemoteParameters>();
      const remote = {
        ice: transport.localIce,
        fingerprints: [transport.localFingerprint],
        dtlsRole: 'client',
      };
      child.send({ remote, candidates: transport.localCandidates() });
      transport.setRemote(await answer);
      transports.push(transport);
    }
    while (!transports.every(({ writable }) => writable))
      await new Promise((resolve) => setTimeout(resolve, 5));
    await measure(`encrypt and send: sendRtp, ${connectedSockets ? 'connected' : 'shared'} sockets`, (i) => {
      setHeader(Math.floor(i / COUNT), 7);
      transports[i % COUNT]!.sendRtp(header, 20, payload, 0, SIZE);
    });
    const [{ roundTripTime }] = [transports[0]!.stats()];
    print(
      `   dropped ${transports.reduce((sum, t) => sum + t.stats().packetsDropped, 0)}, rtt ${roundTripTime}`,
    );
    await host.close();
  }
  child.disconnect();
  child.kill();
  if (values.json) console.log(JSON.stringify({ microseconds: Object.fromEntries(microseconds) }));
}
