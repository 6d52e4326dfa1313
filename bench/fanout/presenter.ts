/**
 * Child process of the fan-out bench: sends VP8-shaped video of a given bitrate in 1,200-byte packets, 30 frames a second,
 * and Opus-shaped audio, 50 packets a second. Every payload carries the time at which it was sent.
 */
import { KurentoWire } from '../../test/support/browser-peer';
import { readRtcp } from '../../media-server/rtp/rtcp';
import { startTransportHost } from '../../media-server/transport';
import {
  AUDIO_PAYLOAD,
  connectRawPeer,
  NO_WINDOW,
  PRESENTER_AUDIO_SSRC,
  PRESENTER_VIDEO_SSRC,
  readWindow,
  TIME_OFFSET,
  VIDEO_PAYLOAD,
} from './raw-peer';
import type { Window } from './raw-peer';

const FRAME_MS = 1000 / 30;
const VIDEO_BYTES = 1_200;
const AUDIO_BYTES = 80;

async function main(url: string, endpoint: string, bitsPerSecond: number): Promise<void> {
  const host = await startTransportHost();
  const wire = await KurentoWire.connect(url);
  let keyframe = true;
  const { transport } = await connectRawPeer({
    host,
    wire,
    endpoint,
    direction: 'sendonly',
    rtp: () => undefined,
    rtcp: (packet) => {
      if (readRtcp(packet).some(({ type }) => type === 'picture-loss' || type === 'full-intra-request'))
        keyframe = true;
    },
  });
  const header = Buffer.alloc(12);
  const payload = Buffer.alloc(VIDEO_BYTES);
  let videoSequence = 0;
  let audioSequence = 0;
  let picture = 0;
  let owed = 0;
  let window: Window = NO_WINDOW;
  let counted = 0;
  const send = (
    payloadType: number,
    ssrc: number,
    sequence: number,
    timestamp: number,
    marker: boolean,
    bytes: number,
  ) => {
    header[0] = 0x80;
    header[1] = payloadType | (marker ? 0x80 : 0);
    header.writeUInt16BE(sequence & 0xffff, 2);
    header.writeUInt32BE(timestamp >>> 0, 4);
    header.writeUInt32BE(ssrc, 8);
    const now = process.hrtime.bigint();
    counted++;
    payload.writeBigUInt64BE(now, TIME_OFFSET);
    transport.sendRtp(header, 12, payload, 0, bytes);
  };
  let begun = performance.now();
  let frames = 0;
  let sounds = 0;
  const timer = setInterval(() => {
    // Silent before and after the window, so that receivers can tell by the clock what was sent within it.
    const now = process.hrtime.bigint();
    if (window.to > 0n && (now < window.from || now >= window.to)) {
      begun = performance.now() - frames * FRAME_MS;
      sounds = Math.ceil((frames * FRAME_MS) / 20);
      return;
    }
    const elapsed = performance.now() - begun;
    for (; frames * FRAME_MS <= elapsed; frames++) {
      owed += bitsPerSecond / 8 / 30 / VIDEO_BYTES;
      const packets = Math.max(1, Math.floor(owed));
      owed -= packets;
      picture = (picture + 1) & 0x7fff;
      for (let index = 0; index < packets; index++) {
        payload[0] = index === 0 ? 0x90 : 0x80;
        payload[1] = 0x80;
        payload[2] = 0x80 | (picture >> 8);
        payload[3] = picture & 0xff;
        payload[4] = keyframe && index === 0 ? 0x10 : 0x11;
        send(
          VIDEO_PAYLOAD,
          PRESENTER_VIDEO_SSRC,
          videoSequence++,
          frames * 3_000,
          index === packets - 1,
          VIDEO_BYTES,
        );
      }
      keyframe = false;
    }
    for (; sounds * 20 <= elapsed; sounds++)
      send(AUDIO_PAYLOAD, PRESENTER_AUDIO_SSRC, audioSequence++, sounds * 960, false, AUDIO_BYTES);
  }, 5);
  process.send?.({ type: 'ready' });
  process.on('message', (message) => {
    if (message === 'count') process.send?.({ type: 'count', packets: counted });
    else {
      window = readWindow(message);
      counted = 0;
    }
  });
  process.on('disconnect', () => {
    clearInterval(timer);
    wire.close();
    void host.close().then(() => process.exit(0));
  });
}

const [url = '', endpoint = '', rate = '1000000'] = process.argv.slice(2);
if (process.send) void main(url, endpoint, Number(rate));
