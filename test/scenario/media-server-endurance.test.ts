/** What must not disturb a media server that is at work: junk at its ports, and crowds that leave without a word. */
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { connectRawPeer } from '../../bench/fanout/raw-peer';
import { startMediaServer } from '../../media-server';
import type { MediaServer } from '../../media-server';
import { startTransportHost } from '../../media-server/transport';
import type { MediaTransport, TransportHost } from '../../media-server/transport';
import { inputOf } from '../fuzz/campaign';
import type { Prepared } from '../fuzz/target';
import { targetNamed } from '../fuzz/targets';
import { KurentoWire } from '../support/browser-peer';
import { until } from '../support/until';

const PERIOD_MS = 1_000;
const disposers: (() => unknown)[] = [];
let server: MediaServer;

beforeEach(async () => {
  server = await startMediaServer({ garbageCollectorPeriodMs: PERIOD_MS });
  disposers.push(() => server.close());
});
afterEach(async () => {
  for (const dispose of disposers.splice(0).reverse()) await dispose();
});

async function wireTo(): Promise<KurentoWire> {
  const wire = await KurentoWire.connect(server.url);
  disposers.push(() => wire.close());
  return wire;
}

/** VP8-shaped packets, 100 a second, every one a keyframe of its own. */
class Sender {
  sent = 0;
  readonly #header = Buffer.alloc(12);
  readonly #payload = Buffer.concat([Buffer.from([0x90, 0x80, 0, 0x10]), Buffer.alloc(600, 7)]);
  readonly #transport: MediaTransport;
  constructor(transport: MediaTransport) {
    this.#transport = transport;
    const timer = setInterval(() => this.#send(), 10);
    disposers.push(() => clearInterval(timer));
  }
  #send(): void {
    this.#header[0] = 0x80;
    this.#header[1] = 0x80 | 96;
    this.#header.writeUInt16BE(this.sent & 0xffff, 2);
    this.#header.writeUInt32BE((this.sent * 900) >>> 0, 4);
    this.#header.writeUInt32BE(0x11111111, 8);
    this.#payload[2] = this.sent & 0x7f;
    this.#transport.sendRtp(this.#header, 12, this.#payload, 0, this.#payload.length);
    this.sent++;
  }
}

/** A presenter and a viewer on the server, and how many packets came through. */
async function broadcast(
  host: TransportHost,
): Promise<{ sender: Sender; received: () => number; port: number }> {
  const wire = await wireTo();
  const mediaPipeline = await wire.create('MediaPipeline');
  const from = await wire.create('WebRtcEndpoint', { mediaPipeline });
  const to = await wire.create('WebRtcEndpoint', { mediaPipeline });
  await wire.invoke(from, 'connect', { sink: to });
  const quiet = { rtp: () => undefined, rtcp: () => undefined };
  const presenter = await connectRawPeer({ host, wire, endpoint: from, direction: 'sendonly', ...quiet });
  let received = 0;
  await connectRawPeer({
    host,
    wire,
    endpoint: to,
    direction: 'recvonly',
    ...quiet,
    rtp: () => void received++,
  });
  const { port } = (await serverCandidate(wire, from))!;
  const sender = new Sender(presenter.transport);
  await until(() => received < 20 && `${received} packets so far`);
  return { sender, received: () => received, port };
}

/** Where the server receives media, as it told by event. */
async function serverCandidate(wire: KurentoWire, endpoint: string): Promise<{ port: number } | undefined> {
  const find = () =>
    wire.events.find(({ object, type, data }) => {
      const { candidate = '' } = (data['candidate'] as { candidate?: string } | undefined) ?? {};
      return object === endpoint && type === 'IceCandidateFound' && candidate.includes(' 127.0.0.1 ');
    });
  await until(() => find() === undefined && 'no candidate on loopback');
  const { candidate } = find()!.data['candidate'] as { candidate: string };
  return { port: Number(candidate.split(' ')[5]) };
}

/** Mutated STUN, DTLS, RTP, SCTP and RTCP from addresses that nobody validated; resolves to how much was sent. */
async function floodMedia(port: number, milliseconds: number): Promise<number> {
  const sockets: Socket[] = [];
  for (let index = 0; index < 4; index++) {
    const socket = createSocket('udp4');
    disposers.push(() => socket.close());
    socket.on('error', () => undefined);
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    sockets.push(socket);
  }
  const kinds: Prepared[] = [];
  for (const name of ['stun', 'dtls-messages', 'rtp', 'rtcp', 'srtp'])
    kinds.push(await targetNamed(name)!.prepare());
  const end = performance.now() + milliseconds;
  let sent = 0;
  while (performance.now() < end) {
    for (let burst = 0; burst < 40; burst++) {
      const junk = inputOf(kinds[sent % kinds.length]!, 99, sent);
      sockets[sent % sockets.length]!.send(junk.length === 0 ? Buffer.alloc(1) : junk);
      sent++;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return sent;
}

/** Mutated requests, and bytes that are no text, over sockets of their own. */
async function floodKurento(milliseconds: number): Promise<number> {
  const requests = await targetNamed('kurento')!.prepare();
  const open = async () => {
    const socket = new WebSocket(server.url);
    disposers.push(() => socket.terminate());
    socket.on('error', () => undefined);
    await once(socket, 'open');
    return socket;
  };
  let socket = await open();
  let sent = 0;
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    // Whom the server threw out comes again.
    if (socket.readyState !== WebSocket.OPEN) socket = await open();
    for (let burst = 0; burst < 20; burst++, sent++)
      socket.send(inputOf(requests, 98, sent), { binary: sent % 5 === 0 });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return sent;
}

describe('a session whose media flows', () => {
  it('keeps flowing while junk floods the media port and the control port', { timeout: 60_000 }, async () => {
    const host = await startTransportHost({ listenAddresses: ['127.0.0.1'] });
    disposers.push(() => host.close());
    const { sender, received, port } = await broadcast(host);
    const before = { sent: sender.sent, received: received() };
    const [datagrams, frames] = await Promise.all([floodMedia(port, 4_000), floodKurento(4_000)]);
    expect(datagrams).toBeGreaterThan(1_000);
    expect(frames).toBeGreaterThan(500);
    // The flood shares this process and the socket's buffer with the sender: what matters is that it goes on.
    const during = (received() - before.received) / Math.max(1, sender.sent - before.sent);
    expect(during).toBeGreaterThan(0.5);
    // And that nothing is the worse for it afterwards: all packets come through again, and the server answers.
    const after = received();
    await until(() => received() < after + 100 && 'packets stopped');
    const bystander = await wireTo();
    expect(await bystander.request('ping', {})).toBe('pong');
  });
});

describe('six hundred sessions', () => {
  it(
    'of which half were dropped or never released leave nothing when they are due',
    { timeout: 120_000 },
    async () => {
      const host = await startTransportHost({ listenAddresses: ['127.0.0.1'] });
      disposers.push(() => host.close());
      expect(server.counts()).toMatchObject({ sessions: 0, objects: 0 });
      const handles = () => process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;
      const udpBefore = handles();
      const open: KurentoWire[] = [];
      for (let index = 0; index < 600; index++) {
        const wire = await KurentoWire.connect(server.url);
        const mediaPipeline = await wire.create('MediaPipeline');
        const endpoint = await wire.create('WebRtcEndpoint', { mediaPipeline });
        await wire.invoke(endpoint, 'connect', { sink: endpoint });
        // Some of them have media, too: ICE, DTLS and a socket of their own.
        const peer =
          index % 20 === 0
            ? await connectRawPeer({
                host,
                wire,
                endpoint,
                direction: 'recvonly',
                rtp: () => undefined,
                rtcp: () => undefined,
              })
            : undefined;
        if (index % 2 === 0) await wire.request('release', { object: mediaPipeline });
        // Every fourth vanishes at once, the others stay connected to the end and release nothing.
        if (index % 4 === 3 || index % 2 === 0) wire.close();
        else open.push(wire);
        peer?.transport.close();
      }
      expect(server.counts().objects).toBeGreaterThanOrEqual(2 * open.length);
      server.dropSockets();
      await until(() => {
        const { sessions, objects, subscriptions, sockets } = server.counts();
        return (sessions + objects + subscriptions + sockets > 0 || handles() > udpBefore) && server.counts();
      }, 30_000);
    },
  );
});
