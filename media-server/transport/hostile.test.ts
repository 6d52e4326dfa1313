import dgram from 'node:dgram';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { DtlsConnection } from './dtls/connection';
import { makeCertificate } from './dtls/certificate';
import {
  parseStun,
  StunBuilder,
  STUN,
  ATTRIBUTE,
  hasIntegrity,
  xorAddressOf,
  canonicalAddress,
} from './ice/stun';
import { isSanePacket } from './sctp/packet-guard';
import { SctpAssociation } from './werift';
import { startTransportHost } from './transport-host';
import type { TransportHost } from './types';

const hosts: TransportHost[] = [];
afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
});

async function until(reasonNotYet: () => string | undefined): Promise<void> {
  const deadline = performance.now() + 5_000;
  for (let why = reasonNotYet(); why !== undefined; why = reasonNotYet()) {
    if (performance.now() > deadline) throw new Error(why);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const quiet = { rtp() {}, rtcp() {} };
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

/** Takes something valid and spoils a few bytes of it, or its end. */
function spoiled(valid: Buffer): fc.Arbitrary<Buffer> {
  const change = fc.tuple(fc.nat(Math.max(0, valid.length - 1)), fc.nat(255));
  return fc.tuple(fc.array(change, { maxLength: 4 }), fc.nat(valid.length)).map(([changes, cut]) => {
    const copy = Buffer.from(valid);
    for (const [at, value] of changes) copy[at] = value;
    return cut % 3 === 0 ? copy.subarray(0, cut) : copy;
  });
}

describe('STUN', () => {
  const request = new StunBuilder(STUN.bindingRequest)
    .text(ATTRIBUTE.username, 'abcd:efgh')
    .uint32(ATTRIBUTE.priority, 1)
    .build('password');

  it('is parsed or refused, never more', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, spoiled(request)), (datagram) => {
        const message = parseStun(datagram);
        if (!message || !hasIntegrity(message, 'password')) return;
        // Only what integrity does not cover can have changed: the fingerprint behind it, and the length that counts it.
        const covered = (of: Buffer) => of.subarray(4, message.integrityOffset).toString('hex');
        expect(covered(datagram)).toBe(covered(request));
      }),
      { numRuns: 3_000 },
    );
    expect(hasIntegrity(parseStun(request)!, 'password')).toBe(true);
    expect(hasIntegrity(parseStun(request)!, 'Password')).toBe(false);
  });

  it('carries any address there and back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }), (address, port) => {
        const builder = new StunBuilder(STUN.bindingSuccess).xorAddress(ATTRIBUTE.xorMappedAddress, {
          address,
          port,
        });
        const decoded = xorAddressOf(parseStun(builder.build())!, ATTRIBUTE.xorMappedAddress);
        expect(decoded).toEqual({ address: canonicalAddress(address), port });
      }),
    );
  });

  it('writes IPv6 addresses as the system does', () => {
    expect(canonicalAddress('2001:DB8:0:0:1:0:0:1')).toBe('2001:db8::1:0:0:1');
    expect(canonicalAddress('0:0:0:0:0:0:0:1')).toBe('::1');
    expect(canonicalAddress('::ffff:10.1.2.3')).toBe('::ffff:a01:203');
    expect(canonicalAddress('example.org')).toBeUndefined();
  });
});

describe('DTLS', () => {
  it('fails cleanly or goes on, whatever arrives in mid-handshake', async () => {
    const certificate = await makeCertificate();
    const make = (role: 'server' | 'client', sent: Buffer[]) =>
      new DtlsConnection({
        role,
        certificate,
        remoteFingerprints: [certificate.fingerprint],
        srtpProfiles: [7, 1],
        send: (datagram) => void sent.push(datagram),
        connecting() {},
        connected() {},
        data() {},
        closed() {},
        failed() {},
      });
    const handshake = (spoil: (datagram: Buffer, step: number) => Buffer | undefined) => {
      const [toServer, toClient]: [Buffer[], Buffer[]] = [[], []];
      const client = make('client', toServer);
      const server = make('server', toClient);
      client.start();
      for (let step = 0; step < 6 && toServer.length + toClient.length > 0; step++) {
        for (const [queue, target] of [
          [toServer, server],
          [toClient, client],
        ] as const) {
          for (const datagram of queue.splice(0)) {
            const changed = spoil(datagram, step);
            if (changed) target.receive(changed);
          }
        }
      }
      const states = [client.state, server.state];
      client.close();
      server.close();
      return states;
    };
    expect(handshake((datagram) => datagram)).toEqual(['connected', 'connected']);
    fc.assert(
      fc.property(
        fc.nat(5),
        fc.array(fc.tuple(fc.nat(1_200), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 }),
        (at, changes) => {
          const states = handshake((datagram, step) => {
            if (step !== at) return datagram;
            const copy = Buffer.from(datagram);
            for (const [offset, value] of changes) if (offset < copy.length) copy[offset]! ^= value;
            return copy;
          });
          // Never one side that believes in a handshake which the other one refused for its content.
          expect(states[0] === 'connected' && states[1] === 'failed').toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('survives a loss of any datagram by sending again', async () => {
    const certificate = await makeCertificate();
    for (let lost = 0; lost < 6; lost++) {
      let now = 0;
      const pending: { at: number; run: () => void; cancelled: boolean }[] = [];
      const timers = {
        now: () => now,
        after(milliseconds: number, run: () => void) {
          const entry = { at: now + milliseconds, run, cancelled: false };
          pending.push(entry);
          return { cancel: () => void (entry.cancelled = true) };
        },
      };
      const wire: { to: 'server' | 'client'; datagram: Buffer }[] = [];
      let count = 0;
      const make = (role: 'server' | 'client') =>
        new DtlsConnection({
          role,
          certificate,
          remoteFingerprints: [certificate.fingerprint],
          srtpProfiles: [7],
          timers,
          send: (datagram) => {
            if (count++ !== lost) wire.push({ to: role === 'server' ? 'client' : 'server', datagram });
          },
          connecting() {},
          connected() {},
          data() {},
          closed() {},
          failed() {},
        });
      const peers = { server: make('server'), client: make('client') };
      peers.client.start();
      while (peers.client.state !== 'connected' || peers.server.state !== 'connected') {
        for (const { to, datagram } of wire.splice(0)) peers[to].receive(datagram);
        now += 50;
        for (const entry of pending.splice(0)) {
          if (entry.cancelled) continue;
          if (entry.at <= now) entry.run();
          else pending.push(entry);
        }
        expect(now).toBeLessThan(3_000);
      }
      expect(peers.client.exportSrtpKeys(16, 12).localKey).toEqual(
        peers.server.exportSrtpKeys(16, 12).remoteKey,
      );
    }
  });
});

describe('SCTP', () => {
  it('keeps out what would loop or grow, and survives the rest', async () => {
    const association = new SctpAssociation({
      server: true,
      localPort: 5_000,
      send() {},
      stateChanged() {},
      message() {},
      streamsReset() {},
    });
    association.start(5_000);
    const zeroLength = Buffer.alloc(24);
    expect(isSanePacket(zeroLength, 0)).toBe(false);
    fc.assert(
      fc.property(bytes, (packet) => {
        association.receive(packet);
        isSanePacket(packet, 17);
      }),
      { numRuns: 1_000 },
    );
    association.close();
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a host', () => {
  it('drops junk at its port without disturbing or remembering anything', async () => {
    const host = await startTransportHost({ listenAddresses: ['127.0.0.1'] });
    hosts.push(host);
    const transport = host.createTransport({ listener: quiet, role: 'controlled' });
    transport.setRemote({
      ice: { usernameFragment: 'peer', password: 'password-of-the-peer-000' },
      fingerprints: [host.fingerprint],
      dtlsRole: 'server',
    });
    const stranger = dgram.createSocket('udp4');
    const junk = fc.sample(bytes, 200).filter(({ length }) => length > 0);
    const forged = new StunBuilder(STUN.bindingRequest)
      .text(ATTRIBUTE.username, `${transport.localIce.usernameFragment}:peer`)
      .uint32(ATTRIBUTE.priority, 1)
      .build('a wrong password');
    const answers: Buffer[] = [];
    stranger.on('message', (datagram) => answers.push(datagram));
    for (const datagram of [...junk, forged, Buffer.from([22, 254, 253, 0, 0]), Buffer.alloc(1)]) {
      await new Promise((resolve) => stranger.send(datagram, host.port, '127.0.0.1', resolve));
    }
    await until(() => (host.stats().strayPackets > 100 ? undefined : 'nothing arrived'));
    expect(answers).toEqual([]);
    expect(transport.stats()).toMatchObject({ packetsReceived: 0, iceState: 'checking', dtlsState: 'new' });
    stranger.close();
  });

  it('forgets three hundred transports and leaves nothing behind', async () => {
    const held = (kind: string) => process.getActiveResourcesInfo().filter((name) => name === kind).length;
    await until(() => (held('UDPWrap') === 0 ? undefined : 'sockets of other tests'));
    const timers = held('Timeout');
    const host = await startTransportHost({ listenAddresses: ['127.0.0.1'] });
    const idle = host.stats().sockets;
    for (let i = 0; i < 100; i++) {
      const a = host.createTransport({ listener: quiet, role: 'controlled' });
      const b = host.createTransport({ listener: quiet, role: 'controlling' });
      const c = host.createTransport({ listener: quiet, role: 'controlled' });
      for (const transport of [a, b, c]) transport.gatherCandidates();
      a.setRemote({ ice: b.localIce, fingerprints: [b.localFingerprint], dtlsRole: 'server' });
      b.setRemote({ ice: a.localIce, fingerprints: [a.localFingerprint], dtlsRole: 'client' });
      if (i % 10 === 0) {
        await until(() => (a.gatheringState === 'complete' ? undefined : 'gathering'));
        for (const candidate of a.localCandidates()) b.addRemoteCandidate(candidate);
        await until(() => (a.writable && b.writable ? undefined : 'connecting'));
      }
      for (const transport of [a, b, c]) {
        transport.close();
        transport.close();
      }
    }
    expect(host.stats()).toMatchObject({ transports: 0, sockets: idle });
    await host.close();
    await until(() =>
      held('UDPWrap') === 0 && held('Timeout') <= timers ? undefined : 'sockets or timers are left',
    );
  });

  it('refuses a port that is taken, and finds a free one in a range', async () => {
    const first = await startTransportHost({ listenAddresses: ['127.0.0.1'] });
    hosts.push(first);
    const { port } = first;
    await expect(startTransportHost({ listenAddresses: ['127.0.0.1'], port })).rejects.toMatchObject({
      code: 'port-in-use',
    });
    const second = await startTransportHost({
      listenAddresses: ['127.0.0.1'],
      portRange: { min: port, max: Math.min(65_535, port + 50) },
    });
    hosts.push(second);
    expect(second.port).toBeGreaterThan(port);
  });
});
