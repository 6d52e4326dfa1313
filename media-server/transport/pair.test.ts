import { afterEach, describe, expect, it } from 'vitest';
import { startTransportHost } from './transport-host';
import type {
  DataChannel,
  IceRole,
  MediaTransport,
  RemoteParameters,
  TransportHost,
  TransportHostOptions,
  TransportListener,
} from './types';

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
  readonly channels: DataChannel[] = [];
  dataChannel(channel: DataChannel): void {
    this.channels.push(channel);
  }
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

function introduce(a: MediaTransport, b: MediaTransport, tamper: Tamper = (p) => p): void {
  a.setRemote(tamper({ ice: b.localIce, fingerprints: [b.localFingerprint], dtlsRole: 'server' }));
  b.setRemote({ ice: a.localIce, fingerprints: [a.localFingerprint], dtlsRole: 'client' });
}

function rtpHeader(sequence: number, ssrc = 0x1234): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = 96;
  header.writeUInt16BE(sequence, 2);
  header.writeUInt32BE(ssrc, 8);
  return header;
}

describe('two transports', () => {
  it.each(['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80'] as const)(
    'carry media with %s',
    async (profile) => {
      const [one, two] = [await host({ srtpProfiles: [profile] }), await host()];
      const [ra, rb] = [new Recorder(), new Recorder()];
      const a = one.createTransport({ listener: ra, role: 'controlled' });
      const b = two.createTransport({ listener: rb, role: 'controlling' });
      introduce(a, b);
      b.gatherCandidates();
      await until(() => (b.gatheringState === 'complete' ? undefined : 'gathering'));
      for (const candidate of b.localCandidates()) a.addRemoteCandidate(candidate);
      await until(() => (a.writable && b.writable ? undefined : `${ra.states.join()} / ${rb.states.join()}`));
      expect(a.stats().srtpProfile).toBe(profile);
      const payload = Buffer.from('some media');
      for (let i = 65_530; i < 65_546; i++)
        expect(a.sendRtp(rtpHeader(i & 0xffff), 12, payload, 5, 10)).toBe(true);
      b.sendRtcp(Buffer.from('80c90001000012340000000000000000', 'hex'));
      await until(() =>
        rb.rtpPackets.length === 16 && ra.rtcpPackets.length === 1 ? undefined : 'no media',
      );
      expect(rb.rtpPackets[15]!.subarray(12).toString()).toBe('media');
      expect(ra.rtcpPackets[0]!.toString('hex')).toBe('80c90001000012340000000000000000');
      b.close();
      await until(() => (a.dtlsState === 'closed' ? undefined : 'no goodbye'));
    },
  );

  it('open data channels from both sides, exchange messages and close them', async () => {
    const { a, b, ra, rb } = await connectedPair();
    a.enableDataChannels({ remotePort: 5000 });
    b.enableDataChannels({ remotePort: 5000 });
    const fromA = a.createDataChannel({ label: 'from a', protocol: 'x' });
    const fromB = b.createDataChannel({ label: 'ünordered', ordered: false, maxRetransmits: 3 });
    await until(() => (ra.channels.length + rb.channels.length === 2 ? undefined : 'not opened'));
    const [atB, atA] = [rb.channels[0]!, ra.channels[0]!];
    expect(atB).toMatchObject({ label: 'from a', protocol: 'x', ordered: true });
    expect(atA).toMatchObject({ label: 'ünordered', ordered: false, maxRetransmits: 3 });
    const heard: string[] = [];
    fromA.listener = {
      message: (data, text) => heard.push(`A ${data.length} ${text}`),
      closed: () => heard.push('A closed'),
    };
    atB.listener = {
      message: (data, text) => void atB.send(data, text),
      closed: () => heard.push('B closed'),
    };
    await until(() => (fromA.state === 'open' && fromB.state === 'open' ? undefined : 'not acknowledged'));
    expect(fromA.send(Buffer.from('hello'), true)).toBe(true);
    expect(fromA.send(Buffer.alloc(0), true)).toBe(true);
    expect(fromA.send(Buffer.alloc(60_000, 7), false)).toBe(true);
    expect(fromA.send(Buffer.alloc(70_000), false)).toBe(false);
    await until(() => (heard.length === 3 ? undefined : heard.join()));
    expect(heard).toEqual(['A 5 true', 'A 0 true', 'A 60000 false']);
    fromA.close();
    await until(() => (fromA.state === 'closed' && atB.state === 'closed' ? undefined : 'not closed'));
    b.close();
    await until(() => (atA.state === 'closed' ? undefined : 'not closed by the end'));
  });

  it.each(['127.0.0.1', '::1'])('of one server talk to each other on %s', async (address) => {
    const one = await host({ listenAddresses: [address] });
    const { a, b } = await connectedPair(one, one);
    expect(a.selectedPair?.local.address).toBe(address);
    expect(b.stats().roundTripTime).toBeLessThan(1_000);
  });

  it('keep the media flowing through an ICE restart', async () => {
    const { a, b, rb } = await connectedPair();
    let sequence = 0;
    const send = () => a.sendRtp(rtpHeader(sequence++), 12, Buffer.from('x'), 0, 1);
    const before = b.selectedPair;
    a.restartIce();
    b.restartIce();
    expect(send()).toBe(true);
    introduce(a, b);
    await until(() => (a.gatheringState === 'complete' ? undefined : 'gathering'));
    for (const candidate of a.localCandidates()) b.addRemoteCandidate(candidate);
    await until(() => {
      expect(send()).toBe(true);
      return b.selectedPair === before || a.iceState !== 'completed' ? 'not restarted' : undefined;
    });
    await until(() => (rb.rtpPackets.length === sequence ? undefined : 'lost'));
    expect(a.dtlsState).toBe('connected');
  });

  it('refuse a certificate that was not announced', async () => {
    const { a, b, ra, rb } = await introducedPair(await host(), await host(), (parameters) => ({
      ...parameters,
      // Of any other first byte: one certificate in 256 has the one that would be written here.
      fingerprints: [
        {
          algorithm: 'sha-256',
          value: parameters.fingerprints[0]!.value.replace(/^../, (byte) => (byte === '00' ? '01' : '00')),
        },
      ],
    }));
    await until(() => (a.dtlsState === 'failed' && b.dtlsState === 'failed' ? undefined : 'not refused'));
    expect([...ra.states, ...rb.states].join()).toContain('certificate of the peer');
    expect(a.writable || b.writable).toBe(false);
  });

  it('settle a role conflict', async () => {
    const [one, two] = [await host(), await host()];
    const { a, b } = await connectedPair(one, two, 'controlling');
    expect([a.role, b.role].sort()).toEqual(['controlled', 'controlling']);
  });
});

type Tamper = (parameters: RemoteParameters) => RemoteParameters;

async function introducedPair(
  one: TransportHost,
  two: TransportHost,
  tamper: Tamper = (p) => p,
  role: IceRole = 'controlled',
) {
  const [ra, rb] = [new Recorder(), new Recorder()];
  const a = one.createTransport({ listener: ra, role });
  const b = two.createTransport({ listener: rb, role: 'controlling' });
  a.gatherCandidates();
  await until(() => (a.gatheringState === 'complete' ? undefined : 'gathering'));
  introduce(a, b, tamper);
  for (const candidate of a.localCandidates()) b.addRemoteCandidate(candidate);
  return { a, b, ra, rb };
}

async function connectedPair(one?: TransportHost, two?: TransportHost, role: IceRole = 'controlled') {
  const pair = await introducedPair(one ?? (await host()), two ?? (await host()), undefined, role);
  const { a, b, ra, rb } = pair;
  await until(() =>
    a.writable && b.writable && a.iceState === 'completed' && b.iceState === 'completed'
      ? undefined
      : `${ra.states.join()} / ${rb.states.join()}`,
  );
  return pair;
}
