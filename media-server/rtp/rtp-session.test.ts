import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../clock';
import type { ClockMapping, MediaKind, MediaPacket } from '../flow';
import type { NegotiatedMedia } from '../sdp';
import { codecNamed } from '../sdp/codecs';
import { OutgoingStream } from './outgoing-stream';
import { buildBye, buildPictureLoss, buildSenderReport, readRtcp } from './rtcp';
import { RtpSession } from './rtp-session';
import { Ticker } from './ticker';
import { readTransportFeedback } from './transport-feedback';

const VIDEO = 0x1111;
const RTX = 0x2222;
const feedback = { nack: true, nackPli: true, ccmFir: true, googRemb: true, transportCc: true };

function section(changes: Partial<NegotiatedMedia> = {}): NegotiatedMedia {
  return {
    index: 0,
    mid: '0',
    kind: 'video',
    accepted: true,
    direction: 'sendrecv',
    sends: true,
    receives: true,
    codecs: [{ payloadType: 96, codec: codecNamed('VP8'), feedback, rtxPayloadType: 97 }],
    preferred: undefined,
    extensions: new Map([
      ['http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', 3],
      ['urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', 10],
      ['urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id', 11],
    ]),
    rtcpMux: true,
    rtcpReducedSize: true,
    local: { ssrc: 99, rtxSsrc: undefined, cname: 'c' },
    remoteSsrcs: [{ ssrc: VIDEO, rtxSsrc: RTX, cname: 'x', msid: undefined }],
    remoteSimulcastSsrcs: [],
    remoteRids: [],
    remoteBandwidth: { as: undefined, tias: undefined },
    transport: 0,
    ...changes,
  };
}

class Receiver {
  readonly packets: MediaPacket[] = [];
  readonly starts: number[] = [];
  readonly clocks: { kind: MediaKind; mapping: ClockMapping }[] = [];
  ends = 0;
  started(_codec: unknown, layer: number): void {
    this.starts.push(layer);
  }
  packet(packet: MediaPacket): void {
    this.packets.push(packet);
  }
  receivedClock(kind: MediaKind, mapping: ClockMapping): void {
    this.clocks.push({ kind, mapping });
  }
  ended(): void {
    this.ends++;
  }
}

let clock: ManualClock;
let sent: Buffer[];
let receiver: Receiver;
let session: RtpSession;

function start(
  media: NegotiatedMedia = section(),
  outgoing: OutgoingStream[] = [],
  before?: RtpSession,
): void {
  clock = new ManualClock();
  clock.advance(10_000);
  sent = [];
  receiver = new Receiver();
  session = new RtpSession({
    media: [media],
    output: {
      sendRtp: () => true,
      sendRtcp: (packet) => {
        sent.push(Buffer.from(packet));
        return true;
      },
    },
    receiver,
    outgoing,
    ticker: new Ticker(clock),
    clock,
    roundTripTime: () => 40,
    before,
  });
}
beforeEach(() => start());

interface Shape {
  sequence: number;
  transport?: number;
  ssrc?: number;
  payloadType?: number;
  rid?: string;
  repairedRid?: string;
  keyframe?: boolean;
  payload?: Buffer;
}
function rtp({
  sequence,
  transport = sequence,
  ssrc = VIDEO,
  payloadType = 96,
  rid,
  repairedRid,
  keyframe = false,
  payload,
}: Shape): Buffer {
  const extensions = [Buffer.from([0x31, transport >> 8, transport & 0xff])];
  if (rid !== undefined) extensions.push(Buffer.from([0xa0 | (rid.length - 1)]), Buffer.from(rid));
  if (repairedRid !== undefined)
    extensions.push(Buffer.from([0xb0 | (repairedRid.length - 1)]), Buffer.from(repairedRid));
  const raw = Buffer.concat(extensions);
  const padded = Buffer.concat([raw, Buffer.alloc((4 - (raw.length % 4)) % 4)]);
  const header = Buffer.alloc(16);
  header[0] = 0x90;
  header[1] = payloadType;
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE((sequence * 3_000) >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  header.writeUInt32BE(0xbede0000 + padded.length / 4, 12);
  return Buffer.concat([header, padded, payload ?? Buffer.from([0x10, keyframe ? 0 : 1, 2, 3])]);
}
const receive = (shape: Shape) => session.rtp(rtp(shape), clock.now());
const messages = () => sent.flatMap((packet) => readRtcp(packet));

describe('RtpSession', () => {
  it('brings packets to the endpoint, told apart by what they are', () => {
    receive({ sequence: 1, keyframe: true });
    receive({ sequence: 2 });
    receive({ sequence: 2 });
    receive({ sequence: 3, payloadType: 50 });
    expect(
      receiver.packets.map(({ sequenceNumber, keyframeStart, late, layer }) => [
        sequenceNumber,
        keyframeStart,
        late,
        layer,
      ]),
    ).toEqual([
      [1, true, false, 0],
      [2, false, false, 0],
    ]);
    expect(receiver.starts).toEqual([0]);
  });

  it('feeds the arrival of every packet back within a tenth of a second', () => {
    for (let sequence = 0; sequence < 20; sequence++) {
      receive({ sequence });
      clock.advance(5);
    }
    clock.advance(50);
    const told = sent.flatMap((packet) => readTransportFeedback(packet) ?? []);
    expect(told.map(({ sequenceNumber }) => sequenceNumber)).toEqual([...Array(20).keys()]);
  });

  it('asks for a missing packet at once and takes its retransmission', () => {
    receive({ sequence: 10, keyframe: true });
    receive({ sequence: 12 });
    expect(messages()).toEqual([{ type: 'nack', mediaSsrc: VIDEO, sequenceNumbers: [11] }]);
    const payload = Buffer.from([0, 11, 0x10, 1, 7]);
    receive({ sequence: 500, transport: 13, ssrc: RTX, payloadType: 97, payload });
    const repaired = receiver.packets.at(-1)!;
    expect(repaired).toMatchObject({ sequenceNumber: 11, late: true, ssrc: VIDEO });
    expect(repaired.buffer.subarray(repaired.payloadStart, repaired.payloadEnd)).toEqual(
      Buffer.from([0x10, 1, 7]),
    );
    sent.length = 0;
    clock.advance(400);
    expect(messages().filter(({ type }) => type === 'nack')).toEqual([]);
  });

  it('asks for a keyframe when packets stay lost', () => {
    receive({ sequence: 10, keyframe: true });
    receive({ sequence: 12 });
    clock.advance(2_000);
    expect(messages()).toContainEqual({ type: 'picture-loss', mediaSsrc: VIDEO });
  });

  it('repeats a request for a keyframe until one comes, and not for ever', () => {
    receive({ sequence: 1 });
    session.requestKeyframe();
    clock.advance(1_000);
    const asked = () => messages().filter(({ type }) => type === 'picture-loss').length;
    expect(asked()).toBeGreaterThan(1);
    receive({ sequence: 2, keyframe: true });
    const before = asked();
    clock.advance(3_000);
    expect(asked()).toBe(before);
    session.requestKeyframe();
    clock.advance(60_000);
    expect(asked()).toBeLessThan(before + 15);
  });

  it('reports reception, with the time since the sender’s own report', () => {
    receive({ sequence: 1, keyframe: true });
    session.rtcp(
      buildSenderReport({
        ssrc: VIDEO,
        wallTime: clock.wallTime() - 7_000,
        timestamp: 1,
        packets: 1,
        octets: 1,
        reports: [],
      }),
      clock.now(),
    );
    clock.advance(1_100);
    const report = messages().findLast(({ type }) => type === 'receiver-report');
    const [own] = report?.type === 'receiver-report' ? report.reports : [];
    expect(own).toMatchObject({ ssrc: VIDEO, packetsLost: 0 });
    expect(own?.delaySinceLastSenderReport).toBeGreaterThan(0);
  });

  it('tells the streams’ clocks in its own time, the same shift for all of a peer', () => {
    receive({ sequence: 1 });
    const wallTime = clock.wallTime() - 7_000;
    const report = { ssrc: VIDEO, wallTime, timestamp: 90_000, packets: 1, octets: 1, reports: [] };
    session.rtcp(buildSenderReport(report), clock.now());
    clock.advance(300);
    session.rtcp(buildSenderReport({ ...report, wallTime: wallTime + 250 }), clock.now());
    const [first, second] = receiver.clocks;
    expect(first!.mapping.wallTime).toBeCloseTo(clock.wallTime() - 300, 0);
    expect(second!.mapping.wallTime - first!.mapping.wallTime).toBeCloseTo(250, 0);
  });

  it('limits the peer at once, repeats it, and lifts the limit again', () => {
    receive({ sequence: 1 });
    clock.advance(100);
    const rates = () =>
      messages().flatMap((message) => (message.type === 'max-bitrate' ? [message.bitsPerSecond] : []));
    expect(rates()).toEqual([]);
    session.limitPeer(300_000);
    expect(rates()).toEqual([300_000]);
    clock.advance(2_100);
    expect(rates().length).toBeGreaterThan(2);
    session.limitPeer(undefined);
    clock.advance(300);
    expect(rates().at(-1)).toBeGreaterThan(10_000_000);
    const told = rates().length;
    clock.advance(5_000);
    expect(rates().length).toBe(told);
  });

  it('notices the end of a stream, and a new one after it', () => {
    receive({ sequence: 1 });
    session.rtcp(buildBye([VIDEO]), clock.now());
    expect(receiver.ends).toBe(1);
    receive({ sequence: 900, ssrc: 0x3333, keyframe: true });
    expect(receiver.starts).toEqual([0, 0]);
    expect(receiver.packets.at(-1)!.ssrc).toBe(0x3333);
  });

  it('tells simulcast layers by their names, and their retransmissions', () => {
    const remoteRids = ['l', 'm', 'h'].map((rid) => ({ rid, paused: false }));
    start(section({ remoteRids, remoteSsrcs: [] }));
    receive({ sequence: 1, ssrc: 7 });
    receive({ sequence: 1, ssrc: 5, rid: 'l', keyframe: true });
    receive({ sequence: 50, ssrc: 6, rid: 'h', transport: 2, keyframe: true });
    receive({ sequence: 52, ssrc: 6, transport: 3 });
    receive({
      sequence: 9,
      ssrc: 8,
      payloadType: 97,
      repairedRid: 'h',
      transport: 4,
      payload: Buffer.from([0, 51, 0x10, 1]),
    });
    expect(receiver.packets.map(({ ssrc, layer, sequenceNumber }) => [ssrc, layer, sequenceNumber])).toEqual([
      [5, 0, 1],
      [6, 2, 50],
      [6, 2, 52],
      [6, 2, 51],
    ]);
    sent.length = 0;
    session.requestKeyframe(2);
    expect(messages()).toEqual([{ type: 'picture-loss', mediaSsrc: 6 }]);
  });

  it('knows the layers still in the session that takes over, where they are named no more', () => {
    const layered = () =>
      section({
        remoteRids: [
          { rid: 'l', paused: false },
          { rid: 'h', paused: false },
        ],
        remoteSsrcs: [],
      });
    start(layered());
    receive({ sequence: 1, ssrc: 5, rid: 'l', keyframe: true });
    receive({ sequence: 50, ssrc: 6, rid: 'h', keyframe: true });
    receive({
      sequence: 9,
      ssrc: 8,
      payloadType: 97,
      repairedRid: 'h',
      payload: Buffer.from([0, 49, 0x10, 1]),
    });
    // Two in a row, as the second may come before any packet does.
    for (let again = 0; again < 2; again++) {
      session.close(false);
      start(layered(), [], session);
    }
    receive({ sequence: 51, ssrc: 6 });
    receive({ sequence: 53, ssrc: 6 });
    receive({ sequence: 2, ssrc: 5 });
    receive({ sequence: 10, ssrc: 8, payloadType: 97, payload: Buffer.from([0, 52, 0x10, 1]) });
    expect(receiver.packets.map(({ ssrc, layer, sequenceNumber }) => [ssrc, layer, sequenceNumber])).toEqual([
      [6, 1, 51],
      [6, 1, 53],
      [5, 0, 2],
      [6, 1, 52],
    ]);
  });

  it('tells simulcast layers by the order of their group, and their retransmissions', () => {
    const remoteSsrcs = [
      { ssrc: 5, rtxSsrc: 15, cname: 'x', msid: undefined },
      { ssrc: 6, rtxSsrc: 16, cname: 'x', msid: undefined },
    ];
    start(section({ remoteSimulcastSsrcs: [5, 6], remoteSsrcs }));
    receive({ sequence: 50, ssrc: 6, keyframe: true });
    receive({ sequence: 1, ssrc: 5, keyframe: true });
    receive({ sequence: 52, ssrc: 6 });
    receive({ sequence: 9, ssrc: 16, payloadType: 97, payload: Buffer.from([0, 51, 0x10, 1]) });
    receive({ sequence: 2, ssrc: 5 });
    expect(receiver.packets.map(({ ssrc, layer, sequenceNumber }) => [ssrc, layer, sequenceNumber])).toEqual([
      [6, 1, 50],
      [5, 0, 1],
      [6, 1, 52],
      [6, 1, 51],
      [5, 0, 2],
    ]);
    sent.length = 0;
    session.requestKeyframe(0);
    expect(messages()).toEqual([{ type: 'picture-loss', mediaSsrc: 5 }]);
  });

  it('hands messages to the stream that they are about', () => {
    const stream = new OutgoingStream('video', new ManualClock());
    stream.configure({
      ssrc: 99,
      cname: 'c',
      rtxSsrc: undefined,
      absSendTimeId: 0,
      payloadFor: () => undefined,
    });
    start(section(), [stream]);
    session.rtcp(Buffer.concat([buildPictureLoss(1, 99), buildPictureLoss(1, 98)]), clock.now());
    expect(stream.stats().pictureLosses).toBe(1);
    session.close(true);
    expect(messages()).toContainEqual({ type: 'bye', ssrcs: [99] });
  });

  it('keeps no more streams than a browser has, whatever SSRCs come', () => {
    for (let index = 0; index < 5_000; index++) receive({ sequence: index, ssrc: 10_000 + index });
    expect(session.incoming.length).toBeLessThan(30);
  });

  it('leaves no timer behind', () => {
    receive({ sequence: 1 });
    session.close(true);
    expect(clock.timers).toBe(0);
    receive({ sequence: 2 });
    session.rtcp(buildBye([VIDEO]), 0);
    expect(receiver.packets).toHaveLength(1);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 80 })), { maxLength: 20 }),
        (steps) => {
          start();
          for (const [media, bytes] of steps) {
            if (media)
              session.rtp(
                Buffer.concat([rtp({ sequence: bytes.length }).subarray(0, 12), Buffer.from(bytes)]),
                clock.now(),
              );
            else
              session.rtcp(
                Buffer.concat([Buffer.from([0x81, 200 + (bytes.length % 8)]), Buffer.from(bytes)]),
                clock.now(),
              );
            clock.advance(20);
          }
          session.close(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
