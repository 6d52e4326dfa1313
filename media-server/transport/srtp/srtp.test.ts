import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { FastGcmOpener } from './fast-gcm-opener';
import { FastGcmSealer } from './fast-gcm-sealer';
import { GcmCipher } from './gcm-cipher';
import { KeyStream } from './key-streams';
import { SRTP_PROFILES } from './profile';
import { makeOpener, makeSealer, SrtpReceiver, SrtpSender } from './srtp-session';

function rtp(sequence: number, size: number, ssrc = 7): { header: Buffer; payload: Buffer } {
  const header = Buffer.alloc(20);
  header[0] = 0x90;
  header[1] = 96;
  header.writeUInt16BE(sequence, 2);
  header.writeUInt32BE(ssrc, 8);
  header.writeUInt32BE(0xbede0001, 12);
  return { header, payload: randomBytes(size) };
}

function session(name: keyof typeof SRTP_PROFILES) {
  const profile = SRTP_PROFILES[name];
  const key = randomBytes(profile.keyLength);
  const salt = randomBytes(profile.saltLength);
  const sender = new SrtpSender(makeSealer(profile, key, salt));
  const receiver = new SrtpReceiver(makeOpener(profile, key, salt));
  const protect = (sequence: number, size: number, ssrc = 7) => {
    const { header, payload } = rtp(sequence, size, ssrc);
    const { packet } = sender;
    header.copy(packet);
    payload.copy(packet, 20);
    const length = sender.protectRtp(packet, 20, 20 + size);
    return { plain: Buffer.concat([header, payload]), wire: Buffer.from(packet.subarray(0, length)) };
  };
  return { sender, receiver, protect };
}

describe('AEAD_AES_128_GCM', () => {
  it('gives the bytes of RFC 7714 section 16.1.1', () => {
    // Session keys as in the RFC: the cipher derives them, so they are compared after derivation is taken out.
    const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
    const salt = Buffer.from('517569642070726f2071756f', 'hex');
    const packet = Buffer.from(
      '8040f17b8041f8d35501a0b2' +
        '47616c6c696120657374206f6d6e6973206469766973612069 6e207061727465732074726573'.replace(' ', ''),
      'hex',
    );
    const sealed = Buffer.alloc(packet.length + 16);
    packet.copy(sealed);
    const cipher = GcmCipher.withSessionKeys(key, salt, key, salt);
    expect(cipher.sealRtp(sealed, 12, packet.length, 0x5501a0b2, 0, 0xf17b)).toBe(sealed.length);
    expect(sealed.toString('hex')).toBe(
      '8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833' +
        '899d7f27beb16a9152cf765ee4390cce',
    );
  });

  it('is the same on the fast way and on the ordinary one, whatever the order and the sizes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            sequence: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 0xffff })),
            rollover: fc.integer({ min: 0, max: 2 }),
            ssrc: fc.integer({ min: 1, max: 3 }),
            size: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1_000, max: 1_400 })),
            headerLength: fc.constantFrom(12, 16, 20, 24, 28, 72),
          }),
          { minLength: 1, maxLength: 40 },
        ),
        (packets) => {
          const [key, salt] = [randomBytes(16), randomBytes(12)];
          const fast = FastGcmSealer.make(key, salt)!;
          const ordinary = GcmCipher.fromMaster(key, salt);
          let next = 65_500;
          let rolled = 0;
          for (const { sequence, rollover, ssrc, size, headerLength } of packets) {
            if (sequence < 0 && ++next > 0xffff) [next, rolled] = [0, rolled + 1];
            const [number, counter] = sequence < 0 ? [next, rolled] : [sequence, rollover];
            const plain = randomBytes(headerLength + size);
            plain.copy(fast.packet);
            const expected = Buffer.alloc(plain.length + 16);
            plain.copy(expected);
            const length = fast
              .stream(ssrc)
              .sealRtp(fast.packet, headerLength, plain.length, counter, number);
            ordinary.sealRtp(expected, headerLength, plain.length, ssrc, counter, number);
            expect(fast.packet.subarray(0, length).equals(expected)).toBe(true);
          }
          fast.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a receiver with AEAD_AES_128_GCM', () => {
  /** Packets of one stream after the other number, sealed the ordinary way. */
  function sealed(cipher: GcmCipher, index: number, headerLength: number, size: number, ssrc: number) {
    const plain = randomBytes(headerLength + size);
    const packet = Buffer.alloc(plain.length + 16);
    plain.copy(packet);
    cipher.sealRtp(packet, headerLength, plain.length, ssrc, index >>> 16, index & 0xffff);
    return { plain, packet };
  }

  it('opens what was sealed, in any order and size, and nothing that was changed', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            step: fc.oneof(fc.constant(1), fc.integer({ min: -20, max: 40 })),
            // More than there are rooms for key streams, and most packets of one.
            ssrc: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 10 })),
            // Up to more than can be opened where key streams lie.
            size: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1_000, max: 4_000 })),
            headerLength: fc.constantFrom(12, 20, 24, 72),
            flip: fc.option(fc.nat()),
          }),
          { minLength: 1, maxLength: 60 },
        ),
        (packets) => {
          const [key, salt] = [randomBytes(16), randomBytes(12)];
          const opener = new FastGcmOpener(key, salt);
          const ordinary = GcmCipher.fromMaster(key, salt);
          let index = 65_500;
          for (const { step, ssrc, size, headerLength, flip } of packets) {
            index += step;
            const { plain, packet } = sealed(ordinary, index, headerLength, size, ssrc);
            const open = () =>
              opener.openRtp(packet, headerLength, packet.length, ssrc, index >>> 16, index & 0xffff);
            if (flip !== null) {
              const at = flip % packet.length;
              packet[at]! ^= 0x10;
              const before = Buffer.from(packet);
              expect(open()).toBe(-1);
              expect(packet.equals(before)).toBe(true);
              packet[at]! ^= 0x10;
            }
            expect(open()).toBe(plain.length);
            expect(packet.subarray(0, plain.length).equals(plain)).toBe(true);
          }
          opener.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('makes key streams for what follows an authentic packet, and for no other', () => {
    const made = vi.spyOn(KeyStream.prototype, 'make');
    const opened = vi.spyOn(KeyStream.prototype, 'open');
    const [key, salt] = [randomBytes(16), randomBytes(12)];
    const opener = new FastGcmOpener(key, salt);
    const ordinary = GcmCipher.fromMaster(key, salt);
    const open = (index: number, change = 0) => {
      const { packet } = sealed(ordinary, index, 20, 1_100, 7);
      packet[30]! ^= change;
      return opener.openRtp(packet, 20, packet.length, 7, index >>> 16, index & 0xffff);
    };
    expect(open(100, 1)).toBe(-1);
    expect(made).not.toHaveBeenCalled();
    for (let index = 101; index < 141; index++) expect(open(index)).toBe(1_120);
    // All but the first.
    expect(opened).toHaveBeenCalledTimes(39);
    const before = made.mock.calls.length;
    for (const index of [90, 140, 141, 150, 70_000]) expect(open(index, 1)).toBe(-1);
    expect(made).toHaveBeenCalledTimes(before);
    opener.close();
    // The session ends; what still comes finds no memory that may belong to another by now.
    opened.mockClear();
    expect(open(141)).toBe(1_120);
    expect(opened).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});

describe('a sender with AEAD_AES_128_GCM', () => {
  it('sends a packet again bit by bit, but never another one under its number', () => {
    const { sender } = session('AEAD_AES_128_GCM');
    const seal = (sequence: number, sendTime: number) => {
      const { header } = rtp(sequence, 0);
      header.writeUInt32BE(sendTime, 16);
      header.copy(sender.packet);
      sender.packet.fill(sequence & 0xff, 20, 120);
      const length = sender.protectRtp(sender.packet, 20, 120);
      return length < 0 ? undefined : sender.packet.toString('hex', 0, length);
    };
    const first = Array.from({ length: 40 }, (_, i) => seal((65_520 + 2 * i) & 0xffff, 1));
    expect(seal(65_522, 1)).toBe(first[1]);
    expect(seal(65_522, 2)).toBeUndefined();
    expect(seal((65_520 + 78) & 0xffff, 1)).toBe(first[39]);
    expect(seal((65_520 + 78) & 0xffff, 2)).toBeUndefined();
    // Left out at first, so there is nothing to contradict.
    expect(seal(65_523, 2)).toBeDefined();
    expect(seal(65_523, 3)).toBeUndefined();
    for (let i = 0; i < 3_000; i++) expect(seal((1_000 + i) & 0xffff, 1)).toBeDefined();
    expect(seal(1_000, 2)).toBeUndefined();
  });
});

describe.each(['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80'] as const)('SRTP with %s', (name) => {
  it('carries packets over the roll-over of sequence numbers, reordered and with gaps', () => {
    const { receiver, protect } = session(name);
    const wire: { plain: Buffer; wire: Buffer }[] = [];
    for (let i = 65_400; i < 65_536 + 200; i++) wire.push(protect(i & 0xffff, 10 + (i % 900)));
    for (let i = 1; i + 1 < wire.length; i += 5) [wire[i], wire[i + 1]] = [wire[i + 1]!, wire[i]!];
    wire.splice(40, 7);
    for (const { plain, wire: sealed } of wire)
      expect(receiver.unprotectRtp(sealed)?.equals(plain)).toBe(true);
  });

  it('refuses what it has seen, what was changed, and what is too short', () => {
    const { receiver, protect } = session(name);
    const first = protect(10, 100).wire;
    expect(receiver.unprotectRtp(Buffer.from(first))).toBeDefined();
    expect(receiver.unprotectRtp(Buffer.from(first))).toBeUndefined();
    const second = protect(11, 100).wire;
    for (let i = 0; i < second.length; i++) {
      const changed = Buffer.from(second);
      changed[i]! ^= 1;
      expect(receiver.unprotectRtp(changed)).toBeUndefined();
      expect(receiver.unprotectRtp(Buffer.from(second.subarray(0, i)))).toBeUndefined();
    }
    expect(receiver.unprotectRtp(second)).toBeDefined();
  });

  it('carries RTCP and refuses its repetition', () => {
    const { sender, receiver } = session(name);
    const report = Buffer.from('80c9000100001234aabbccdd00000000', 'hex');
    for (let i = 0; i < 100; i++) {
      report.copy(sender.packet);
      const sealed = Buffer.from(sender.packet.subarray(0, sender.protectRtcp(sender.packet, report.length)));
      expect(receiver.unprotectRtcp(Buffer.from(sealed))?.equals(report)).toBe(true);
      expect(receiver.unprotectRtcp(sealed)).toBeUndefined();
    }
  });

  it('never throws and never accepts random bytes', () => {
    const { receiver } = session(name);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const datagram = Buffer.from(bytes);
        if (datagram.length > 0) datagram[0] = 0x80 | (datagram[0]! & 0x3f);
        expect(receiver.unprotectRtp(Buffer.from(datagram))).toBeUndefined();
        expect(receiver.unprotectRtcp(datagram)).toBeUndefined();
      }),
    );
  });
});
