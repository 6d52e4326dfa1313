/** DTLS: its messages one by one, and whole handshakes that somebody interferes with. */
import { makeCertificate } from '../../../media-server/transport/dtls/certificate';
import type { DtlsCertificate } from '../../../media-server/transport/dtls/certificate';
import { DtlsConnection } from '../../../media-server/transport/dtls/connection';
import {
  parseCertificate,
  parseCertificateRequest,
  parseClientHello,
  parseClientKeyExchange,
  parseHelloVerifyRequest,
  parseServerHello,
  parseServerKeyExchange,
  parseSignature,
} from '../../../media-server/transport/dtls/messages';
import { Reassembly } from '../../../media-server/transport/dtls/reassembly';
import { parseRecords } from '../../../media-server/transport/dtls/record';
import { TransportError } from '../../../media-server/transport/transport-error';
import { claim, MILLION, none } from '../target';
import type { Target } from '../target';
import { readStep, stepSamples } from './patch';
import { MAX_DATAGRAM } from './rtp';

const PARSERS = [
  parseClientHello,
  parseServerHello,
  parseHelloVerifyRequest,
  parseCertificate,
  parseServerKeyExchange,
  parseSignature,
  parseCertificateRequest,
  parseClientKeyExchange,
] as const;
const RECORD_HEADER = 13;
const HANDSHAKE_HEADER = 12;

/** Both sides of an association with a wire between them that somebody else works. */
class Pair {
  readonly sides: readonly [DtlsConnection, DtlsConnection];
  /** On their way to each side. */
  readonly wires: readonly [Buffer[], Buffer[]] = [[], []];
  now = 0;

  constructor(certificate: DtlsCertificate) {
    const timers = { now: () => this.now, after: () => ({ cancel: () => undefined }) };
    const make = (role: 'server' | 'client', wire: Buffer[]) =>
      new DtlsConnection({
        role,
        certificate,
        remoteFingerprints: [certificate.fingerprint],
        srtpProfiles: [7, 1],
        timers,
        send: (datagram) => void wire.push(Buffer.from(datagram)),
        connecting: () => undefined,
        connected: () => undefined,
        data: (message) => claim(message.length <= MAX_DATAGRAM, 'a message fits its datagram'),
        closed: () => undefined,
        failed: (error) => claim(error instanceof TransportError, 'a handshake fails with a code'),
      });
    this.sides = [make('server', this.wires[1]), make('client', this.wires[0])];
    this.sides[1].start();
  }
  get over(): boolean {
    return this.sides.some(({ state }) => state === 'failed' || state === 'closed');
  }
  deliver(side: 0 | 1, datagram: Buffer): void {
    this.now += 1;
    this.sides[side].receive(datagram);
    // A flood of repetitions is a wire's problem, not the handshake's.
    for (const wire of this.wires) claim(wire.length <= 64, 'one datagram is not answered with dozens');
  }
  /** The next datagram for this side, unharmed. */
  advance(side: 0 | 1): void {
    const next = this.wires[side].shift();
    if (next) this.deliver(side, next);
  }
  close(): void {
    for (const side of this.sides) side.close();
  }
}

function recordHandshake(certificate: DtlsCertificate): Buffer[] {
  const pair = new Pair(certificate);
  const datagrams: Buffer[] = [];
  while (pair.wires.some(({ length }) => length > 0)) {
    for (const side of [0, 1] as const) {
      if (pair.wires[side][0]) datagrams.push(pair.wires[side][0]);
      pair.advance(side);
    }
  }
  claim(
    pair.sides.every(({ state }) => state === 'connected'),
    'an undisturbed handshake succeeds',
  );
  pair.close();
  return datagrams;
}

/** Bodies of the messages that were not encrypted yet. */
function bodiesOf(datagrams: readonly Buffer[]): Buffer[] {
  const reassembly = new Reassembly();
  const bodies: Buffer[] = [];
  for (const datagram of datagrams) {
    for (let at = 0; at + RECORD_HEADER <= datagram.length;) {
      const length = datagram.readUInt16BE(at + 11);
      const fragment = datagram.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length);
      const isPlainHandshake = datagram[at] === 22 && datagram.readUInt16BE(at + 3) === 0;
      if (isPlainHandshake) bodies.push(fragment.subarray(HANDSHAKE_HEADER));
      reassembly.add(fragment);
      at += RECORD_HEADER + length;
    }
  }
  return bodies;
}

export const dtlsMessages: Target = {
  name: 'dtls-messages',
  about: 'DTLS records, fragments, handshake messages',
  inputs: MILLION,
  episode: 32,
  isFault: none,
  async prepare() {
    const datagrams = recordHandshake(await makeCertificate());
    return {
      samples: [...datagrams, ...bodiesOf(datagrams)],
      maxBytes: MAX_DATAGRAM,
      begin() {
        const reassembly = new Reassembly();
        const run = (input: Buffer) => {
          const records = parseRecords(input);
          claim(records.length <= input.length / RECORD_HEADER, 'every record takes its bytes');
          reassembly.add(input.subarray(RECORD_HEADER));
          for (let message = reassembly.take(); message; message = reassembly.take())
            claim(message.body.length <= 16 * 1024, 'messages are bounded');
          for (const parse of PARSERS) {
            try {
              parse(input);
            } catch (error) {
              if (!(error instanceof TransportError)) throw error;
            }
          }
        };
        return { run };
      },
    };
  },
};

export const dtls: Target = {
  name: 'dtls',
  about: 'DTLS handshakes with an attacker on the wire',
  inputs: MILLION,
  episode: 24,
  isFault: none,
  async prepare() {
    const certificate = await makeCertificate();
    return {
      samples: stepSamples(recordHandshake(certificate)),
      maxBytes: MAX_DATAGRAM,
      begin(random) {
        let pair = new Pair(certificate);
        for (let steps = random.below(5); steps > 0; steps--) {
          pair.advance(0);
          pair.advance(1);
        }
        return {
          run(input) {
            if (pair.over) {
              pair.close();
              pair = new Pair(certificate);
            }
            const { side, patch, packet } = readStep(input);
            if (patch === undefined) {
              pair.deliver(side, packet);
              return;
            }
            const next = pair.wires[side].shift();
            if (next) pair.deliver(side, patch(next));
            else pair.advance(side === 0 ? 1 : 0);
          },
          end: () => pair.close(),
        };
      },
    };
  },
};
