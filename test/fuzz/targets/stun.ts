/** What anybody may send to the media port: STUN. */
import { crc32 } from 'node:zlib';
import {
  ATTRIBUTE,
  canonicalAddress,
  errorCodeOf,
  hasIntegrity,
  parseStun,
  STUN,
  StunBuilder,
  xorAddressOf,
} from '../../../media-server/transport/ice/stun';
import type { Random } from '../random';
import { claim, FOR_EVER, hex, MILLION, none } from '../target';
import type { Target } from '../target';
import { MAX_DATAGRAM } from './rtp';

const KEY = 'the password of nobody in particular';
const HEADER = 20;
const FINGERPRINT_BYTES = 8;

function samples(): Buffer[] {
  const address = { address: '192.0.2.7', port: 4_000 };
  const address6 = { address: '2001:db8::7', port: 4_000 };
  return [
    new StunBuilder(STUN.bindingRequest)
      .text(ATTRIBUTE.username, 'abcd:efgh')
      .uint32(ATTRIBUTE.priority, 0x6e7f1eff)
      .build(KEY),
    new StunBuilder(STUN.bindingRequest).text(ATTRIBUTE.username, 'x'.repeat(200)).build(KEY),
    new StunBuilder(STUN.bindingSuccess).xorAddress(ATTRIBUTE.xorMappedAddress, address).build(KEY),
    new StunBuilder(STUN.bindingSuccess).xorAddress(ATTRIBUTE.xorMappedAddress, address6).build(),
    new StunBuilder(STUN.bindingError).error(487, 'Role Conflict').build(KEY),
    new StunBuilder(STUN.bindingIndication).build(),
  ];
}

/** Length and fingerprint as they should be, so that the attributes are looked at. */
function repair(input: Buffer, random: Random): Buffer {
  if (input.length < HEADER) return input;
  const body = input.subarray(0, input.length & ~3);
  body.writeUInt32BE(0x2112a442, 4);
  if (body[0]! > 1) body[0] = 1;
  body.writeUInt16BE(body.length - HEADER, 2);
  if (random.oneIn(2) || body.length < HEADER + FINGERPRINT_BYTES) return body;
  const at = body.length - FINGERPRINT_BYTES;
  body.writeUInt32BE(0x80280004, at);
  body.writeUInt32BE((crc32(body.subarray(0, at)) ^ 0x5354554e) >>> 0, at + 4);
  return body;
}

export const stun: Target = {
  name: 'stun',
  about: 'STUN messages, integrity, addresses',
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: none,
  prepare() {
    const known = samples();
    const authentic = new Set(known.map((sample) => sample.toString('latin1', 8, HEADER)));
    const run = (datagram: Buffer) => {
      const message = parseStun(datagram);
      if (message === undefined) return;
      claim(message.attributes.length <= 32, 'attributes are counted');
      if (hasIntegrity(message, KEY)) claim(authentic.has(message.transactionId), 'nothing can be forged');
      errorCodeOf(message);
      for (const type of [
        ATTRIBUTE.xorMappedAddress,
        ATTRIBUTE.xorPeerAddress,
        ATTRIBUTE.xorRelayedAddress,
      ]) {
        const found = xorAddressOf(message, type);
        if (found) claim(canonicalAddress(found.address) === found.address, 'addresses have one form');
      }
    };
    return {
      samples: known,
      words: [
        hex('0020 0008 0001 0fa0 00000000'),
        hex('0006 0000'),
        hex('0008 0014'),
        hex('802a 0008'),
        hex('0025 0000'),
        hex('0009 0004 00000457'),
      ],
      maxBytes: MAX_DATAGRAM,
      repair,
      begin: () => ({ run }),
    };
  },
};
