/**
 * The whole way of a packet after SRTP: a session that receives, repairs and reports, sinks that forward, assemble frames
 * and take them apart for recording, and the session's own outgoing side with the reports that its peer invents.
 */
import { ManualClock } from '../../../media-server/clock';
import { FanOut } from '../../../media-server/fan-out';
import { Vp8FrameAssembler } from '../../../media-server/filters/vp8-frames';
import type { CodecName } from '../../../media-server/flow';
import { depacketizerFor } from '../../../media-server/recorder/depacketizer';
import { avcConfiguration, pictureSize } from '../../../media-server/recorder/h264-parameters';
import { OutgoingStream } from '../../../media-server/rtp/outgoing-stream';
import { RtpSession } from '../../../media-server/rtp/rtp-session';
import { Ticker } from '../../../media-server/rtp/ticker';
import type { NegotiatedMedia } from '../../../media-server/sdp';
import { codecNamed } from '../../../media-server/sdp/codecs';
import type { Random } from '../random';
import { claim, hex, MILLION, none } from '../target';
import type { Target } from '../target';
import { MAX_DATAGRAM, RTCP_SAMPLES, RTP_SAMPLES } from './rtp';

const PAYLOADS: readonly [CodecName, number][] = [
  ['VP8', 96],
  ['H264', 102],
  ['opus', 111],
];
const SSRC = 0x11223344;
const OUTGOING_SSRC = 0x0badcafe;
const feedback = { nack: true, nackPli: true, ccmFir: true, googRemb: true, transportCc: true };
const MAX_FRAME = 4 * 1024 * 1024;

function section(): NegotiatedMedia {
  return {
    index: 0,
    mid: '0',
    kind: 'video',
    accepted: true,
    direction: 'sendrecv',
    sends: true,
    receives: true,
    codecs: PAYLOADS.map(([name, payloadType]) => ({
      payloadType,
      codec: codecNamed(name),
      feedback,
      rtxPayloadType: name === 'opus' ? undefined : payloadType + 1,
    })),
    preferred: undefined,
    extensions: new Map([
      ['http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', 3],
      ['http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time', 2],
      ['urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', 10],
      ['urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id', 11],
    ]),
    rtcpMux: true,
    rtcpReducedSize: true,
    local: { ssrc: OUTGOING_SSRC, rtxSsrc: undefined, cname: 'c' },
    remoteSsrcs: [{ ssrc: SSRC, rtxSsrc: SSRC + 1, cname: 'x', msid: undefined }],
    remoteSimulcastSsrcs: [],
    remoteRids: [],
    remoteBandwidth: { as: undefined, tias: undefined },
    transport: 0,
  };
}

/** Follows on what came before (or not), so that streams come to be, run on, and break. */
function repair(input: Buffer, random: Random): Buffer {
  if (input.length < 12) return input;
  const isRtcp = input[1]! >= 192 && input[1]! < 224;
  if (isRtcp) {
    if (random.oneIn(2)) input.writeUInt32BE(random.pick([SSRC, OUTGOING_SSRC]), 8);
    return input;
  }
  input[0] = 0x80 | (input[0]! & 0x3f);
  const [, payloadType] = random.pick(PAYLOADS);
  input[1] = (input[1]! & 0x80) | (payloadType + (random.oneIn(8) ? 1 : 0));
  input.writeUInt32BE(random.oneIn(8) ? SSRC + random.below(40) : SSRC, 8);
  return input;
}

export const mediaPath: Target = {
  name: 'media-path',
  about: 'RTP sessions, forwarding, frames, recording',
  inputs: MILLION,
  episode: 400,
  isFault: none,
  prepare: () => ({
    samples: [...RTP_SAMPLES, ...RTCP_SAMPLES],
    maxBytes: MAX_DATAGRAM,
    repair,
    begin(random) {
      const clock = new ManualClock();
      clock.advance(10_000);
      const output = {
        sendRtp(_header: Buffer, headerLength: number, payload: Buffer, start: number, end: number) {
          claim(headerLength <= 64, 'headers are short');
          claim(start <= end && end <= payload.length, 'what is sent lies in its packet');
          return true;
        },
        sendRtcp(packet: Buffer) {
          claim(packet.length <= MAX_DATAGRAM && packet.length % 4 === 0, 'RTCP fits a datagram');
          return true;
        },
      };
      const viewer = new OutgoingStream('video', clock);
      viewer.configure(
        {
          ssrc: OUTGOING_SSRC,
          cname: 'c',
          rtxSsrc: OUTGOING_SSRC + 1,
          absSendTimeId: 2,
          payloadFor: ({ name }) => {
            const known = PAYLOADS.find(([each]) => each === name);
            return known && { payloadType: known[1], rtxPayloadType: known[1] + 1 };
          },
        },
        output,
      );
      viewer.setWritable(true);
      if (random.oneIn(2)) viewer.setLimit(300_000);
      const fanOut = new FanOut({ kind: 'video', clock, requestKeyframe: () => undefined });
      fanOut.setCodec(codecNamed('VP8'));
      fanOut.addSink(viewer);
      const frames = new Vp8FrameAssembler({
        output: ({ data }) => claim(data.length <= MAX_FRAME, 'frames are bounded'),
        keyframeNeeded: () => undefined,
      });
      const recorders = new Map(
        PAYLOADS.map(([name]) => [
          name,
          depacketizerFor(name, {
            frame: ({ data }) => claim(data.length <= MAX_FRAME, 'recorded frames are bounded'),
            keyframeNeeded: () => undefined,
          }),
        ]),
      );
      let highest = 0;
      const ticker = new Ticker(clock);
      const session = new RtpSession({
        media: [section()],
        output,
        receiver: {
          started: (codec) => fanOut.setCodec(codec),
          packet(packet) {
            claim(packet.payloadEnd <= packet.buffer.length, 'payloads lie in their packets');
            fanOut.push(packet);
            if (packet.codec.name === 'VP8') frames.push(packet);
            recorders.get(packet.codec.name)?.push(packet, packet.sequenceNumber !== highest + 1);
            highest = packet.sequenceNumber;
          },
          receivedClock: (_kind, mapping) => fanOut.setClock(mapping),
          ended: () => undefined,
        },
        outgoing: [viewer],
        ticker,
        clock,
        roundTripTime: () => 40,
      });
      let sequence = 0;
      return {
        run(packet) {
          clock.advance(7);
          const isRtcp = packet.length > 1 && packet[1]! >= 192 && packet[1]! < 224;
          // Most of them follow one another; the rest jump.
          if (!isRtcp && packet.length >= 4 && packet[packet.length - 1]! % 8 !== 0)
            packet.writeUInt16BE(sequence++ & 0xffff, 2);
          if (isRtcp) session.rtcp(packet, clock.now());
          else session.rtp(packet, clock.now());
        },
        end() {
          claim(session.incoming.length <= 24, 'streams are bounded');
          session.close(true);
          viewer.close();
          fanOut.close();
          claim(clock.timers === 0, 'nothing ticks after the end');
        },
      };
    },
  }),
};

export const h264: Target = {
  name: 'h264',
  about: 'H.264 payloads and parameter sets',
  inputs: MILLION,
  episode: 64,
  isFault: none,
  prepare: () => ({
    samples: [
      hex('67 42 c0 1f da 02 80 bf e5 c0 44 00 00 03 00 04 00 00 03 00 f0 3c 60 ca 80'),
      hex('67 64 00 1f ac d9 40 50 05 bb 01 10 00 00 03 00 10 00 00 03 03 c0 f1 83 19 60'),
      hex('78 00 0b 67 42 c0 1f da 02 80 bf e5 c0 44 00 04 68 ce 06 e2 00 03 65 88 84'),
      hex('7c 85 88 84 00 10 ff ff'),
      hex('7c 45 12 34'),
      hex('65 88 84 21 a0'),
      hex('41 9a 24 6c'),
    ],
    maxBytes: MAX_DATAGRAM,
    begin() {
      const codec = codecNamed('H264');
      const recorder = depacketizerFor('H264', {
        frame: ({ data }) => claim(data.length <= MAX_FRAME, 'frames are bounded'),
        keyframeNeeded: () => undefined,
      });
      let sequenceNumber = 0;
      return {
        run(payload) {
          const size = pictureSize(payload);
          if (size) claim(size.width > 0 && size.height > 0 && size.width <= 16_384, 'sizes make sense');
          avcConfiguration([payload.subarray(0, 200)], [payload.subarray(0, 10)]);
          sequenceNumber = (sequenceNumber + 1) & 0xffff;
          const last = payload[payload.length - 1] ?? 0;
          recorder?.push(
            {
              kind: 'video',
              codec,
              buffer: payload,
              payloadStart: 0,
              payloadEnd: payload.length,
              sequenceNumber,
              timestamp: sequenceNumber * 1_000,
              marker: last % 4 === 0,
              ssrc: SSRC,
              keyframeStart: last % 3 === 0,
              arrival: sequenceNumber * 10,
              late: false,
            },
            last % 16 === 0,
          );
        },
      };
    },
  }),
};
