import { afterEach, describe, expect, it } from 'vitest';
import { startTransportHost } from './transport-host';
import type { MediaTransport, TransportHost, TransportHostOptions, TransportListener } from './types';

const hosts: TransportHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

async function host(options: TransportHostOptions = {}): Promise<TransportHost> {
  const started = await startTransportHost({ listenAddresses: ['127.0.0.1'], ...options });
  hosts.push(started);
  return started;
}

async function until(reasonNotYet: () => string | undefined, limit = 5_000): Promise<void> {
  const deadline = performance.now() + limit;
  for (let why = reasonNotYet(); why !== undefined; why = reasonNotYet()) {
    if (performance.now() > deadline) throw new Error(why);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

class Recorder implements TransportListener {
  readonly rtpPackets: Buffer[] = [];
  readonly rtcpPackets: Buffer[] = [];
  readonly states: string[] = [];
  rtp(packet: Buffer): void {
    this.rtpPackets.push(packet);
  }
  rtcp(packet: Buffer): void {
    this.rtcpPackets.push(packet);
  }
  iceStateChanged(state: string): void {
    this.states.push(`ice ${state}`);
  }
  dtlsStateChanged(state: string, error?: Error): void {
    this.states.push(`dtls ${state}${error ? ` ${error.message}` : ''}`);
  }
}

function introduce(a: MediaTransport, b: MediaTransport): void {
  a.setRemote({ ice: b.localIce, fingerprints: [b.localFingerprint], dtlsRole: 'server' });
  b.setRemote({ ice: a.localIce, fingerprints: [a.localFingerprint], dtlsRole: 'client' });
}

export function rtpHeader(sequence: number, ssrc = 0x1234): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = 96;
  header.writeUInt16BE(sequence, 2);
  header.writeUInt32BE(ssrc, 8);
  return header;
}

describe('two transports', () => {
  it.each(['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80'] as const)('carry media with %s', async (profile) => {
    const [one, two] = [await host({ srtpProfiles: [profile] }), await host()];
    const [ra, rb] = [new Recorder(), new Recorder()];
    const a = one.createTransport({ listener: ra, role: 'controlled' });
    const b = two.createTransport({ listener: rb, role: 'controlling' });
    introduce(a, b);
    const t0 = performance.now();
    b.gatherCandidates();
    await until(() => (b.gatheringState === 'complete' ? undefined : 'gathering'));
    for (const candidate of b.localCandidates()) a.addRemoteCandidate(candidate);
    await until(() => (a.writable && b.writable ? undefined : `${ra.states.join()} / ${rb.states.join()}`));
    console.log('ready in', performance.now() - t0, ra.states, rb.states);
    expect(a.stats().srtpProfile).toBe(profile);
    const payload = Buffer.from('some media');
    for (let i = 65_530; i < 65_546; i++) expect(a.sendRtp(rtpHeader(i & 0xffff), 12, payload, 5, 10)).toBe(true);
    b.sendRtcp(Buffer.from('80c90001000012340000000000000000', 'hex'));
    await until(() => (rb.rtpPackets.length === 16 && ra.rtcpPackets.length === 1 ? undefined : 'no media'));
    expect(rb.rtpPackets[15]!.subarray(12).toString()).toBe('media');
    expect(ra.rtcpPackets[0]!.toString('hex')).toBe('80c90001000012340000000000000000');
    b.close();
    await until(() => (a.dtlsState === 'closed' ? undefined : 'no goodbye'));
  });
});
