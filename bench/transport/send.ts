/**
 * What one outgoing RTP packet costs: encryption alone, sending alone, and both through a MediaTransport, in µs of this
 * process's CPU time. Receivers are plain sockets in this process that nobody reads from (the kernel drops what does not
 * fit), so that receiving costs nothing here. Run: npx tsx bench/transport/send.ts [payload bytes]
 */
import { createCipheriv, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { startTransportHost, type MediaTransport } from '../../media-server/transport';
import { makeCipher, SrtpSender } from '../../media-server/transport/srtp/srtp-session';
import { SRTP_PROFILES } from '../../media-server/transport/srtp/profile';

const SIZE = Number(process.argv[2] ?? 1_100);
const PACKETS = 60_000;
const WARM_UP = 6_000;

/** Runs in slices, so that the event loop may do what sends have queued. */
async function measure(name: string, run: (i: number) => void): Promise<void> {
  for (let i = 0; i < WARM_UP; i++) run(i);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = process.cpuUsage();
  for (let i = 0; i < PACKETS; i++) {
    run(i);
    if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const { user, system } = process.cpuUsage(before);
  console.log(`${name.padEnd(58)} ${((user + system) / PACKETS).toFixed(2)} µs`);
}

const payload = randomBytes(SIZE);
const header = Buffer.alloc(20);
header[0] = 0x90;
header[1] = 96;
header.writeUInt32BE(0xbede0001, 12);
const setHeader = (i: number, ssrc: number) => {
  header.writeUInt16BE(i & 0xffff, 2);
  header.writeUInt32BE(ssrc, 8);
};

{
  const key = randomBytes(16);
  const iv = randomBytes(12);
  await measure('floor: createCipheriv GCM, update, final, tag', (i) => {
    iv.writeUInt32BE(i, 8);
    const cipher = createCipheriv('aes-128-gcm', key, iv);
    cipher.setAAD(header);
    cipher.update(payload);
    cipher.final();
    cipher.getAuthTag();
  });
}
for (const profile of Object.values(SRTP_PROFILES)) {
  const senders = Array.from({ length: 50 }, () =>
    new SrtpSender(makeCipher(profile, randomBytes(profile.keyLength), randomBytes(profile.saltLength))),
  );
  const out = Buffer.alloc(2_048);
  await measure(`SrtpSender ${profile.name}, 50 in turn`, (i) => {
    const n = i % 50;
    setHeader(Math.floor(i / 50), n + 1);
    header.copy(out);
    payload.copy(out, 20);
    senders[n]!.protectRtp(out, 20, 20 + SIZE);
  });
}
{
  const receivers: dgram.Socket[] = [];
  const senders: dgram.Socket[] = [];
  for (let i = 0; i < 50; i++) {
    const receiver = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => receiver.bind(0, '127.0.0.1', resolve));
    const sender = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => sender.connect(receiver.address().port, '127.0.0.1', resolve));
    receivers.push(receiver);
    senders.push(sender);
  }
  const datagram = randomBytes(SIZE + 36);
  await measure('floor: connected send, 50 sockets in turn (read here, too)', (i) => senders[i % 50]!.send(datagram));
  for (const socket of [...receivers, ...senders]) socket.close();
}

async function pair(connectedSockets: boolean, profile: 'AEAD_AES_128_GCM' | 'AES_CM_128_HMAC_SHA1_80', count: number) {
  const [server, clients] = [
    await startTransportHost({ listenAddresses: ['127.0.0.1'], connectedSockets, srtpProfiles: [profile] }),
    await startTransportHost({ listenAddresses: ['127.0.0.1'] }),
  ];
  const transports: MediaTransport[] = [];
  const quiet = { rtp() {}, rtcp() {} };
  for (let i = 0; i < count; i++) {
    const a = server.createTransport({ listener: quiet, role: 'controlled' });
    const b = clients.createTransport({ listener: quiet, role: 'controlling' });
    a.setRemote({ ice: b.localIce, fingerprints: [b.localFingerprint], dtlsRole: 'server' });
    b.setRemote({ ice: a.localIce, fingerprints: [a.localFingerprint], dtlsRole: 'client' });
    a.gatherCandidates();
    while (a.gatheringState !== 'complete') await new Promise((resolve) => setImmediate(resolve));
    for (const candidate of a.localCandidates()) b.addRemoteCandidate(candidate);
    while (!a.writable || !b.writable) await new Promise((resolve) => setTimeout(resolve, 1));
    transports.push(a);
  }
  return { transports, close: () => Promise.all([server.close(), clients.close()]) };
}
for (const connected of [true, false]) {
  const { transports, close } = await pair(connected, 'AEAD_AES_128_GCM', 50);
  // The clients' side decrypts in this process; close their sockets' work out of the figure by sending to nobody.
  await measure(`MediaTransport.sendRtp, ${connected ? 'connected' : 'shared'} sockets, receivers in this process`, (i) => {
    const n = i % 50;
    setHeader(Math.floor(i / 50), n + 1);
    transports[n]!.sendRtp(header, 20, payload, 0, SIZE);
  });
  await close();
}
