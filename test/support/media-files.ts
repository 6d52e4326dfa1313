/** Small media files, written by our own writers, for tests that need something to play and no picture in it. */
import { writeFile } from 'node:fs/promises';
import type { Codec } from '../../media-server/flow';
import type { ContainerWriter, Sample } from '../../media-server/recorder/container';
import { Mp4Writer } from '../../media-server/recorder/mp4-writer';
import { WebmWriter } from '../../media-server/recorder/webm-writer';

const OPUS: Codec = { kind: 'audio', name: 'opus', clockRate: 48_000, channels: 2, parameters: new Map() };
const VP8: Codec = { kind: 'video', name: 'VP8', clockRate: 90_000, parameters: new Map() };
const AUDIO_MS = 20;

/** A VP8 frame whose header is true (RFC 6386 section 9.1) and whose content is noise. */
export function vp8Frame(keyframe: boolean, bytes: number, width = 320, height = 240): Buffer {
  const frame = Buffer.alloc(Math.max(10, bytes), 0x5a);
  frame[0] = keyframe ? 0x10 : 0x11;
  if (keyframe) {
    frame.writeUIntBE(0x9d012a, 3, 3);
    frame.writeUInt16LE(width, 6);
    frame.writeUInt16LE(height, 8);
  }
  return frame;
}
/** 20 ms of Opus (RFC 6716 section 3.1): CELT, one frame. */
export const opusPacket = (bytes = 60): Buffer => {
  const packet = Buffer.alloc(bytes, 0x33);
  packet[0] = (31 << 3) | 4;
  return packet;
};

export interface SampleFileOptions {
  readonly milliseconds: number;
  readonly framesPerSecond?: number;
  /** Frames from one keyframe to the next. */
  readonly keyframeInterval?: number;
  readonly format?: 'webm' | 'mp4';
  readonly frameBytes?: number;
}

/** VP8 and Opus in a file. */
export async function writeSampleFile(path: string, options: SampleFileOptions): Promise<void> {
  const {
    milliseconds,
    framesPerSecond = 25,
    keyframeInterval = 25,
    format = 'webm',
    frameBytes = 600,
  } = options;
  const container: ContainerWriter = format === 'webm' ? new WebmWriter() : new Mp4Writer();
  container.describe({
    kind: 'video',
    codec: VP8,
    parameters: { width: 320, height: 240, sps: [], pps: [] },
  });
  container.describe({ kind: 'audio', codec: OPUS });
  const samples: Sample[] = [];
  const frameMs = 1000 / framesPerSecond;
  for (let index = 0; index * frameMs < milliseconds; index++) {
    const time = index * frameMs;
    const keyframe = index % keyframeInterval === 0;
    const duration = Math.min(frameMs, milliseconds - time);
    const data = vp8Frame(keyframe, frameBytes);
    samples.push({ kind: 'video', data, keyframe, time, shownAfter: 0, duration });
  }
  for (let time = 0; time < milliseconds; time += AUDIO_MS) {
    const duration = Math.min(AUDIO_MS, milliseconds - time);
    samples.push({ kind: 'audio', data: opusPacket(), keyframe: true, time, shownAfter: 0, duration });
  }
  samples.sort((a, b) => a.time - b.time);
  const pieces: Uint8Array[] = [container.header()];
  let position = pieces[0]!.length;
  for (let from = 0; from < milliseconds; from += 1000) {
    const piece = container.piece(
      samples.filter(({ time }) => time >= from && time < from + 1000),
      position,
    );
    pieces.push(piece);
    position += piece.length;
  }
  const { header, tail } = container.end(position);
  pieces[0] = header;
  await writeFile(path, Buffer.concat([...pieces, tail]));
}
