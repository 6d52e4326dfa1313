/** What arrives as media: RTP headers, RTCP, and payloads as far as forwarding looks into them. */
import { readRtcp } from '../../../media-server/rtp/rtcp';
import {
  buildBye,
  buildFullIntraRequest,
  buildMaxBitrate,
  buildNack,
  buildPictureLoss,
  buildReceiverReport,
  buildSenderReport,
  buildSourceDescription,
} from '../../../media-server/rtp/rtcp';
import { readRtpHeader, RtpHeader } from '../../../media-server/rtp/header';
import { isKeyframeStart } from '../../../media-server/rtp/payload';
import { readTransportFeedback } from '../../../media-server/rtp/transport-feedback';
import {
  MAX_VP8_DESCRIPTOR_BYTES,
  readVp8Descriptor,
  Vp8Descriptor,
  writeVp8Descriptor,
} from '../../../media-server/rtp/vp8';
import type { CodecName } from '../../../media-server/flow';
import { claim, FOR_EVER, hex, MILLION, none } from '../target';
import type { Target } from '../target';

/** UDP over Ethernet carries no more. */
export const MAX_DATAGRAM = 1_500;
const IDS = { transportSequenceNumber: 3, absSendTime: 2, mid: 4, rid: 10, repairedRid: 11 };
const CODECS: readonly CodecName[] = ['VP8', 'H264', 'VP9', 'AV1', 'opus', 'PCMU'];

const oneByte = hex('be de 00 05  22 01 02 03  31 12 34  40 30  a0 71  b1 66 66 00 00 00 00 00');
const twoByte = hex('10 00 00 04  02 03 01 02 03  03 02 12 34  04 01 30  0a 01 71 00');
const header = (first: string) => hex(`${first} 60 fff0 00 01 86 a0 11 22 33 44`);
const vp8Payload = hex('90 e0 80 01 05 60 10 02 00 9d 01 2a 80 02 e0 01 ff ff');
/** Headers with each form of extensions, contributors and padding; payloads of each codec. */
export const RTP_SAMPLES: readonly Buffer[] = [
  Buffer.concat([header('90'), oneByte, vp8Payload, Buffer.alloc(60, 7)]),
  Buffer.concat([header('90'), twoByte, vp8Payload]),
  Buffer.concat([header('80'), vp8Payload]),
  Buffer.concat([header('82'), hex('01020304 05060708'), hex('78 00 04 67 42 e0 1f 00 04 68 ce 06 e2')]),
  Buffer.concat([header('b0'), oneByte, Buffer.alloc(40, 1), hex('00 00 00 04')]),
  Buffer.concat([header('80'), hex('7c 85 88 84 00 10'), Buffer.alloc(200, 3)]),
];

export const rtp: Target = {
  name: 'rtp',
  about: 'RTP headers and extensions, keyframes',
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: none,
  prepare() {
    const read = new RtpHeader();
    const run = (packet: Buffer) => {
      if (!readRtpHeader(packet, IDS, read)) return;
      claim(read.payloadStart >= 12, 'the payload is behind the header');
      claim(
        read.payloadStart <= read.payloadEnd && read.payloadEnd <= packet.length,
        'the payload is inside',
      );
      claim((read.rid?.length ?? 0) <= 32 && (read.mid?.length ?? 0) <= 32, 'names are short');
      for (const codec of CODECS) isKeyframeStart(codec, packet, read.payloadStart, read.payloadEnd);
    };
    return { samples: RTP_SAMPLES, maxBytes: MAX_DATAGRAM, begin: () => ({ run }) };
  },
};

const report = {
  ssrc: 0x11223344,
  fractionLost: 0.1,
  packetsLost: 5,
  highestSequence: 70_000,
  jitter: 10,
  lastSenderReport: 1,
  delaySinceLastSenderReport: 2,
};
/** Each message that we read, alone and together, and a transport-wide feedback with chunks of both kinds. */
export const RTCP_SAMPLES: readonly Buffer[] = [
  buildReceiverReport(1, [report, report]),
  Buffer.concat([
    buildSenderReport({
      ssrc: 7,
      wallTime: 1.7e12,
      timestamp: 90_000,
      packets: 3,
      octets: 400,
      reports: [report],
    }),
    buildSourceDescription(7, 'someone@somewhere'),
    buildNack(1, 2, [5, 6, 9, 40]),
  ]),
  Buffer.concat([buildPictureLoss(1, 2), buildFullIntraRequest(1, 2, 3), buildBye([1, 2, 3])]),
  buildMaxBitrate(1, 2_500_000, [1, 2]),
  hex('8f cd 00 07 00000001 00000002 0005 0008 000001 07 2005 d550 0404 0800 7fff 0010'),
];

export const rtcp: Target = {
  name: 'rtcp',
  about: 'RTCP compounds, transport-wide feedback',
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: none,
  prepare: () => ({
    samples: RTCP_SAMPLES,
    maxBytes: MAX_DATAGRAM,
    begin: () => ({
      run(packet) {
        const messages = readRtcp(packet);
        claim(messages.length <= packet.length / 4, 'every message takes its bytes');
        for (const message of messages) {
          if (message.type === 'nack') claim(message.sequenceNumbers.length <= 512 * 17, 'few are asked for');
          if (message.type === 'max-bitrate') claim(message.bitsPerSecond >= 0, 'a bitrate is a number');
        }
        const feedback = readTransportFeedback(packet);
        claim((feedback?.length ?? 0) <= 0x10000, 'feedback is bounded');
      },
    }),
  }),
};

export const vp8: Target = {
  name: 'vp8',
  about: 'VP8 payload descriptors, read and rewritten',
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: none,
  prepare() {
    const read = new Vp8Descriptor();
    const again = new Vp8Descriptor();
    const target = Buffer.alloc(64);
    const run = (payload: Buffer) => {
      if (!readVp8Descriptor(payload, 0, payload.length, read)) return;
      claim(
        read.length <= MAX_VP8_DESCRIPTOR_BYTES && read.length <= payload.length,
        'a descriptor is short',
      );
      const length = writeVp8Descriptor(payload, 0, read, 300, 7, target, 4);
      claim(length === read.length, 'rewriting keeps the length');
      claim(readVp8Descriptor(target, 4, 4 + length, again), 'what was rewritten can be read');
      claim(again.temporalLayer === read.temporalLayer, 'rewriting keeps the layer');
      if (read.pictureIdBits === 15)
        claim(again.pictureId === ((read.pictureId + 300) & 0x7fff), 'ids move by the delta');
    };
    return {
      samples: [
        vp8Payload,
        hex('10 00 9d 01 2a'),
        hex('90 80 05 00'),
        hex('90 f0 ff ff 01 e0 11'),
        hex('80 20 60'),
      ],
      maxBytes: 64,
      begin: () => ({ run }),
    };
  },
};
