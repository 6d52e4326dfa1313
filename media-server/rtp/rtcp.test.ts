import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildBye,
  buildFullIntraRequest,
  buildMaxBitrate,
  buildNack,
  buildPictureLoss,
  buildReceiverReport,
  buildSenderReport,
  buildSourceDescription,
  ntpMiddle,
  readRtcp,
} from './rtcp';

const report = {
  ssrc: 0x1234,
  fractionLost: 0.25,
  packetsLost: -3,
  highestSequence: 0x1_2345,
  jitter: 77,
  lastSenderReport: 0xabcdef01,
  delaySinceLastSenderReport: 65_536,
};

describe('RTCP', () => {
  it('reads back a compound of everything that it builds', () => {
    const wallTime = 1_795_215_168_302.5;
    const compound = Buffer.concat([
      buildSenderReport({
        ssrc: 1,
        wallTime,
        timestamp: 0xfffffff0,
        packets: 5,
        octets: 6,
        reports: [report],
      }),
      buildSourceDescription(1, 'callcast-x'),
      buildReceiverReport(2, [report]),
      buildNack(2, 9, [65_534, 65_535, 0, 20, 40]),
      buildPictureLoss(2, 9),
      buildFullIntraRequest(2, 10, 300),
      buildMaxBitrate(2, 1_234_567, [9, 10]),
      buildBye([1, 2]),
    ]);
    const messages = readRtcp(compound);
    expect(messages.map(({ type }) => type)).toEqual([
      'sender-report',
      'receiver-report',
      'nack',
      'picture-loss',
      'full-intra-request',
      'max-bitrate',
      'bye',
    ]);
    expect(messages[0]).toMatchObject({
      ssrc: 1,
      timestamp: 0xfffffff0,
      packets: 5,
      octets: 6,
      reports: [report],
    });
    const [sender, receiver, nack, , , bitrate] = messages;
    expect(sender?.type === 'sender-report' && Math.abs(sender.wallTime - wallTime)).toBeLessThan(0.01);
    expect(sender?.type === 'sender-report' && Math.abs(sender.ntpMiddle - ntpMiddle(wallTime))).toBeLessThan(
      3,
    );
    expect(receiver).toMatchObject({ ssrc: 2, reports: [report] });
    expect(nack).toEqual({ type: 'nack', mediaSsrc: 9, sequenceNumbers: [65_534, 65_535, 0, 20, 40] });
    expect(bitrate?.type === 'max-bitrate' && Math.abs(bitrate.bitsPerSecond / 1_234_567 - 1)).toBeLessThan(
      0.001,
    );
  });

  it('reads a compound of a browser: receiver report and bitrate estimate', () => {
    const packet = Buffer.from(
      '81c90007' +
        '00000001' +
        '0000abcd' +
        '00000000' +
        '00012345' +
        '0000000a' +
        '00000000' +
        '00000000' +
        '8fce0005' +
        '00000001' +
        '00000000' +
        '52454d42' +
        '01137a12' +
        '0000abcd',
      'hex',
    );
    expect(readRtcp(packet)).toMatchObject([
      { type: 'receiver-report', reports: [{ ssrc: 0xabcd, highestSequence: 0x12345, jitter: 10 }] },
      { type: 'max-bitrate', bitsPerSecond: 0x37a12 * 16, ssrcs: [0xabcd] },
    ]);
  });

  it('keeps what it understood of a packet that is cut off', () => {
    const compound = Buffer.concat([buildPictureLoss(1, 2), buildNack(1, 2, [5])]);
    for (let length = 12; length < compound.length; length++) {
      expect(readRtcp(compound.subarray(0, length))).toEqual([{ type: 'picture-loss', mediaSsrc: 2 }]);
    }
  });

  it('limits how many packets one message can name', () => {
    const huge = Buffer.alloc(12 + 4 * 16_000, 0xff);
    huge[0] = 0x81;
    huge[1] = 205;
    huge.writeUInt16BE(huge.length / 4 - 1, 2);
    const [message] = readRtcp(huge);
    expect(message?.type === 'nack' && message.sequenceNumbers.length).toBeLessThan(600);
  });

  it('never throws for any bytes', () => {
    const types = fc.constantFrom(200, 201, 202, 203, 204, 205, 206, 207);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        types,
        fc.nat(31),
        fc.nat(60),
        (bytes, type, count, words) => {
          const packet = Buffer.concat([Buffer.from([0x80 | count, type, 0, words]), bytes]);
          readRtcp(packet);
          readRtcp(Buffer.from(bytes));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
