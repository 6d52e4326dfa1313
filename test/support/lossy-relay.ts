/**
 * A bad network between a browser and the media server, in user space so that it works wherever the tests run: the server's
 * candidates are rewritten to point at this relay, and every UDP packet passes through it, where it may be lost, delayed or
 * squeezed through a narrow link, for each direction apart.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Page } from 'playwright-core';

export interface Impairment {
  /** Share of packets lost, 0 to 1. */
  readonly loss?: number;
  /** Milliseconds added. */
  readonly delay?: number;
  /** Bit/s; packets beyond a queue of 200 ms are lost, as in a router. */
  readonly rate?: number;
}
export type Direction = 'toServer' | 'toBrowser';

const QUEUE_MS = 200;

/** One direction's link: decides when, and whether, a packet arrives. */
class Link {
  impairment: Impairment = {};
  #freeAt = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds until arrival, or undefined when the packet is lost. */
  transit(bytes: number, now: number): number | undefined {
    const { loss = 0, delay = 0, rate } = this.impairment;
    if (loss > 0 && this.#random() < loss) return undefined;
    if (rate === undefined) return delay;
    const start = Math.max(now, this.#freeAt);
    if (start - now > QUEUE_MS) return undefined;
    this.#freeAt = start + (bytes * 8_000) / rate;
    return this.#freeAt - now + delay;
  }
}

/** A small seeded generator (mulberry32): the same packets are lost in every run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class LossyRelay {
  readonly #links: Record<Direction, Link>;
  readonly #front: Socket;
  /** One socket towards the server for each browser address, so that the server sees different peers. */
  readonly #backs = new Map<string, Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #target: { host: string; port: number } | undefined;
  #closed = false;
  readonly counts = { toServer: 0, toBrowser: 0, lost: 0 };

  private constructor(front: Socket, seed: number) {
    this.#front = front;
    const random = seeded(seed);
    this.#links = { toServer: new Link(random), toBrowser: new Link(random) };
    front.on('message', (packet, from) => this.#fromBrowser(packet, from));
  }

  static async start(seed = 1): Promise<LossyRelay> {
    const front = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      front.once('error', reject);
      front.bind(0, '127.0.0.1', resolve);
    });
    return new LossyRelay(front, seed);
  }

  get port(): number {
    return this.#front.address().port;
  }

  /** Without a direction, both. An empty impairment is a perfect cable. */
  impair(impairment: Impairment, direction?: Direction): void {
    for (const each of direction ? [direction] : (['toServer', 'toBrowser'] as const)) {
      this.#links[each].impairment = impairment;
    }
  }

  /**
   * Puts the relay between this page and the hub it will open: of the server's candidates the page sees one, which is the
   * relay; the page's own never reach the server. Call before the page connects.
   */
  async intercept(page: Page): Promise<void> {
    await page.routeWebSocket(/.*/, (browser) => {
      const hub = browser.connectToServer();
      browser.onMessage((frame) => {
        const message = JSON.parse(String(frame)) as { id?: string; sdpOffer?: string };
        if (message.id === 'onIceCandidate') return;
        if (message.sdpOffer) message.sdpOffer = withoutCandidates(message.sdpOffer);
        hub.send(JSON.stringify(message));
      });
      hub.onMessage((frame) => {
        const message = JSON.parse(String(frame)) as { id?: string; candidate?: { candidate: string } };
        if (message.id === 'iceCandidate' && message.candidate) {
          const rewritten = this.rewrite(message.candidate.candidate);
          if (rewritten === undefined) return;
          message.candidate.candidate = rewritten;
        }
        browser.send(JSON.stringify(message));
      });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const sockets = [this.#front, ...this.#backs.values()];
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  /**
   * A server's candidate line as the browser is to see it; undefined for one that it must not see. For tests that carry
   * the signalling themselves. `candidate:foundation component transport priority address port typ type …` (RFC 8839, section 5.1). */
  rewrite(line: string): string | undefined {
    const fields = line.split(' ');
    const [, component, transport, , host, port] = fields;
    if (component !== '1' || transport?.toLowerCase() !== 'udp' || !host?.includes('.') || !port)
      return undefined;
    this.#target ??= { host, port: Number(port) };
    if (this.#target.host !== host || this.#target.port !== Number(port)) return undefined;
    fields[4] = '127.0.0.1';
    fields[5] = String(this.port);
    return fields.join(' ');
  }

  #fromBrowser(packet: Buffer, from: RemoteInfo): void {
    const target = this.#target;
    if (!target || this.#closed) return;
    this.counts.toServer++;
    this.#pass('toServer', packet, () => this.#backFor(from).send(packet, target.port, target.host));
  }

  #backFor(from: RemoteInfo): Socket {
    const key = `${from.address}:${from.port}`;
    const known = this.#backs.get(key);
    if (known) return known;
    const back = createSocket('udp4');
    back.on('message', (packet) => {
      this.counts.toBrowser++;
      this.#pass('toBrowser', packet, () => this.#front.send(packet, from.port, from.address));
    });
    this.#backs.set(key, back);
    return back;
  }

  #pass(direction: Direction, packet: Buffer, deliver: () => void): void {
    const wait = this.#links[direction].transit(packet.length, performance.now());
    if (wait === undefined) {
      this.counts.lost++;
      return;
    }
    if (wait < 1) {
      deliver();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#closed) deliver();
    }, wait);
    this.#timers.add(timer);
  }
}

function withoutCandidates(sdp: string): string {
  return sdp
    .split('\r\n')
    .filter((line) => !line.startsWith('a=candidate') && line !== 'a=end-of-candidates')
    .join('\r\n');
}
