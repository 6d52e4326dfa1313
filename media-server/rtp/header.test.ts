import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRtpHeader, RtpHeader, sequenceDistance } from './header';

const IDS = { transportSequenceNumber: 3, absSendTime: 2, mid: 4, rid: 10, repairedRid: 11 };

/** An RTP packet as Chromium writes it: one-byte extensions abs-send-time, transport sequence number and mid. */
const CHROMIUM = Buffer.from(
  '90e06a2c' + '8d3f7c10' + '1a2b3c4d' + 'bede0003' + '22a1b2c3' + '31001740' + '30000000' + '9080817e10',
  'hex',
);

describe('readRtpHeader', () => {
  it('reads a header with one-byte extensions', () => {
    const header = new RtpHeader();
    expect(readRtpHeader(CHROMIUM, IDS, header)).toBe(true);
    expect(header).toMatchObject({
      marker: true,
      payloadType: 96,
      sequenceNumber: 0x6a2c,
      timestamp: 0x8d3f7c10,
      ssrc: 0x1a2b3c4d,
      transportSequenceNumber: 0x17,
      absSendTime: 0xa1b2c3,
      mid: '0',
      payloadStart: 28,
      payloadEnd: 33,
    });
  });

  it('reads two-byte extensions, whose values may be empty', () => {
    const packet = Buffer.from(
      '90600001' + '00000001' + '00000002' + '10000003' + '0a016804' + '00030200' + '2a000000' + 'ff',
      'hex',
    );
    const header = new RtpHeader();
    expect(readRtpHeader(packet, IDS, header)).toBe(true);
    expect(header).toMatchObject({
      rid: 'h',
      mid: undefined,
      transportSequenceNumber: 0x2a,
      payloadStart: 28,
    });
  });

  it('leaves padding outside of the payload', () => {
    const packet = Buffer.from('a0600001' + '00000001' + '00000002' + 'aabbcc' + '000003', 'hex');
    const header = new RtpHeader();
    expect(readRtpHeader(packet, IDS, header)).toBe(true);
    expect([header.payloadStart, header.payloadEnd]).toEqual([12, 15]);
  });

  it.each([
    ['nothing', ''],
    ['a STUN message', '000100002112a442000000000000000000000000'],
    ['a header that is cut off', '8060000100000001'],
    ['more CSRCs than bytes', '8f600001' + '00000001' + '00000002' + '00000003'],
    ['an extension longer than the packet', '90600001' + '00000001' + '00000002' + 'bede00ff' + '00000000'],
    ['more padding than payload', 'a0600001' + '00000001' + '00000002' + '0000ff'],
    ['padding of no bytes', 'a0600001' + '00000001' + '00000002' + '000000'],
  ])('refuses %s', (_what, hex) => {
    expect(readRtpHeader(Buffer.from(hex, 'hex'), IDS, new RtpHeader())).toBe(false);
  });

  it('stops at an extension element that claims more than there is', () => {
    const packet = Buffer.from('90600001' + '00000001' + '00000002' + 'bede0001' + '3f000000' + 'aa', 'hex');
    const header = new RtpHeader();
    expect(readRtpHeader(packet, IDS, header)).toBe(true);
    expect(header.transportSequenceNumber).toBe(-1);
  });

  it('never throws, and never points outside of the packet', () => {
    const header = new RtpHeader();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, likely) => {
        const packet = Buffer.from(bytes);
        if (likely && packet.length > 0) packet[0] = 0x80 | (packet[0]! & 0x3f);
        if (!readRtpHeader(packet, IDS, header)) return;
        expect(header.payloadStart).toBeGreaterThanOrEqual(12);
        expect(header.payloadEnd).toBeLessThanOrEqual(packet.length);
        expect(header.payloadEnd).toBeGreaterThanOrEqual(header.payloadStart);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('sequenceDistance', () => {
  it('counts across the wrap-around', () => {
    expect(sequenceDistance(2, 0xfffe)).toBe(4);
    expect(sequenceDistance(0xfffe, 2)).toBe(-4);
    expect(sequenceDistance(7, 7)).toBe(0);
  });
});
