/** SCTP and the data channels above it: two peers, and somebody who rewrites what they send. */
import { DataChannels } from '../../../media-server/transport/sctp/data-channels';
import { isSanePacket } from '../../../media-server/transport/sctp/packet-guard';
import { TransportError } from '../../../media-server/transport/transport-error';
import { claim, FOR_EVER, hex, MILLION, none } from '../target';
import type { Target } from '../target';
import { readStep, stepSamples } from './patch';

/** Of DTLS records around SCTP packets. */
const MAX_PACKET = 1_400;
const CASTAGNOLI = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

/** The checksum as RFC 9260 appendix A wants it, so that what is behind it is looked at. */
function seal(packet: Buffer): Buffer {
  if (packet.length < 12) return packet;
  packet.writeUInt32LE(0, 8);
  let crc = 0xffffffff;
  for (const byte of packet) crc = (CASTAGNOLI[(crc ^ byte) & 0xff]! ^ (crc >>> 8)) >>> 0;
  packet.writeUInt32LE((crc ^ 0xffffffff) >>> 0, 8);
  return packet;
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

class Pair {
  readonly sides: readonly [DataChannels, DataChannels];
  readonly wires: readonly [Buffer[], Buffer[]] = [[], []];
  /** Verification tags as the association has them, to write into foreign packets. */
  readonly tags: [number, number] = [0, 0];
  readonly seen: Buffer[] = [];
  messages = 0;

  constructor() {
    const make = (index: 0 | 1) =>
      new DataChannels({
        dtlsRole: index === 0 ? 'server' : 'client',
        remotePort: 5_000,
        remoteMaxMessageSize: 65_536,
        send: (packet) => {
          const to = index === 0 ? 1 : 0;
          if (packet.length >= 8 && packet.readUInt32BE(4) !== 0) this.tags[to] = packet.readUInt32BE(4);
          // A flood between two confused associations is cut, as a network would.
          if (this.wires[to].length < 64) this.wires[to].push(Buffer.from(packet));
          if (this.seen.length < 64) this.seen.push(Buffer.from(packet));
        },
        opened: (channel) => {
          channel.listener = {
            message: (data) => {
              this.messages++;
              if (this.messages < 50) channel.send(data, false);
            },
          };
        },
        stateChanged: () => undefined,
      });
    this.sides = [make(0), make(1)];
    for (const side of this.sides) side.start();
  }
  async settle(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      // A network takes its time, and associations count on that.
      await turn();
      this.advance(round % 2 === 0 ? 0 : 1);
    }
  }
  advance(side: 0 | 1): void {
    const next = this.wires[side].shift();
    if (next) this.sides[side].receive(next);
  }
  talk(size: number): void {
    try {
      const channel = this.sides[1].create({ label: `chat ${size}` });
      channel.listener = { open: () => channel.send(Buffer.alloc(size, 7), false) };
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
    }
  }
  close(): void {
    for (const side of this.sides) side.close();
  }
}

export const sctp: Target = {
  name: 'sctp',
  about: 'SCTP packets and data channels, live associations',
  inputs: MILLION,
  episode: 64,
  isFault: none,
  async prepare() {
    const pair = new Pair();
    pair.talk(3_000);
    await pair.settle(80);
    claim(pair.messages > 0, 'an undisturbed association carries messages');
    const samples = stepSamples(pair.seen);
    pair.close();
    return {
      samples,
      maxBytes: MAX_PACKET,
      async begin(random) {
        const live = new Pair();
        live.talk(random.below(4_000));
        await live.settle(random.below(24));
        let count = 0;
        return {
          async run(input) {
            const { side, patch, packet } = readStep(input);
            if (patch === undefined) {
              // Half of them know the tag, as an attacker inside the DTLS association does.
              if (packet.length >= 8 && packet[packet.length - 1]! & 1)
                packet.writeUInt32BE(live.tags[side], 4);
              live.sides[side].receive(seal(packet));
            } else {
              const next = live.wires[side].shift();
              if (next) live.sides[side].receive(seal(patch(next)));
            }
            live.advance(side === 0 ? 1 : 0);
            if (++count % 8 === 0) await turn();
          },
          end: () => live.close(),
        };
      },
    };
  },
};

export const sctpGuard: Target = {
  name: 'sctp-guard',
  about: 'what SCTP packets are let in',
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: none,
  async prepare() {
    const pair = new Pair();
    pair.talk(3_000);
    await pair.settle(80);
    pair.close();
    return {
      samples: pair.seen,
      words: [hex('c0 00 00 08 00000001'), hex('82 00 00 10'), hex('03 00 00 10'), hex('00 03 00 11')],
      maxBytes: MAX_PACKET,
      begin: () => ({
        run: (packet) => {
          isSanePacket(packet, undefined);
          isSanePacket(packet, packet.length >= 20 ? packet.readUInt32BE(16) - 5 : 17);
        },
      }),
    };
  },
};
