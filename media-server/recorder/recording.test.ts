/** Synthetic packets in, files out, which an independent reader opens. Ten minutes pass in a moment. */
import { describe, expect, it } from 'vitest';
import { opusPacket, vp8Frame } from '../../test/support/media-files';
import { ManualClock } from '../clock';
import { FanOut } from '../fan-out';
import type { Codec, MediaKind, MediaPacket } from '../flow';
import { OPUS, VP8 } from '../model/testing';
import { MediaFile } from '../player/media-file';
import type { MediaSample } from '../player/media-file';
import { packetizerFor } from '../player/packetizers';
import type { ContainerWriter } from './container';
import { FileWriter } from './file-writer';
import type { FileSink } from './file-writer';
import { Mp4Writer } from './mp4-writer';
import { RecorderInput } from './recorder-input';
import { Recording } from './recording';
import { WebmWriter } from './webm-writer';

class MemoryFile implements FileSink {
  #room = Buffer.alloc(1 << 20);
  #size = 0;
  closed = false;
  fault: Error | undefined;
  get bytes(): Buffer {
    return this.#room.subarray(0, this.#size);
  }
  write(data: Uint8Array, offset: number, length: number, position: number) {
    if (this.fault) return Promise.reject(this.fault);
    this.#size = Math.max(this.#size, position + length);
    while (this.#room.length < this.#size)
      this.#room = Buffer.concat([this.#room, Buffer.alloc(this.#room.length)]);
    this.#room.set(data.subarray(offset, offset + length), position);
    return Promise.resolve({ bytesWritten: length });
  }
  close() {
    this.closed = true;
    return Promise.resolve();
  }
}

/** A source, a recorder and a disk, without Kurento around them. */
class Bench {
  readonly clock = new ManualClock();
  readonly file = new MemoryFile();
  readonly faults: unknown[] = [];
  readonly sources: Record<MediaKind, FanOut>;
  readonly recording: Recording;
  readonly inputs: Record<MediaKind, RecorderInput>;
  keyframeRequests = 0;
  began = 0;
  readonly #packetizers = new Map<Codec, ReturnType<typeof packetizerFor>>();

  constructor(container: ContainerWriter, kinds: readonly MediaKind[] = ['audio', 'video']) {
    const { clock } = this;
    this.sources = {
      audio: new FanOut({ kind: 'audio', clock }),
      video: new FanOut({ kind: 'video', clock, requestKeyframe: () => void this.keyframeRequests++ }),
    };
    this.recording = new Recording({
      clock,
      container,
      file: new FileWriter(this.file, (error) => this.faults.push(error)),
      expects: (kind) => kinds.includes(kind) && this.inputs[kind].hasSource,
      requestKeyframe: () => this.inputs.video.requestKeyframe(),
      began: () => void this.began++,
      codecChanged: (kind, codec) => this.faults.push(`${kind} ${codec}`),
    });
    const input = (kind: MediaKind) =>
      new RecorderInput(kind, [], {
        frame: (frame, mapping) => this.recording.add(frame, mapping),
        streamChanged: (changed) => this.recording?.streamChanged(changed),
        sourceChanged: () => undefined,
        cannotRecord: (changed, codec) => this.faults.push(`${changed} ${codec}`),
      });
    this.inputs = { audio: input('audio'), video: input('video') };
    for (const kind of kinds) {
      this.sources[kind].setCodec(kind === 'audio' ? OPUS : VP8);
      this.sources[kind].addSink(this.inputs[kind]);
      this.inputs[kind].setActive(true);
    }
  }
  packets(codec: Codec, data: Uint8Array, keyframe: boolean, timestamp: number): MediaPacket[] {
    let packetizer = this.#packetizers.get(codec);
    const lengths = { lengthBytes: 4, parameterSets: [] };
    if (!packetizer)
      this.#packetizers.set(
        codec,
        (packetizer = packetizerFor({ kind: codec.kind, codec, h264: lengths }, () => 9)),
      );
    const packets: MediaPacket[] = [];
    const arrival = this.clock.now();
    packetizer.push({ data, keyframe, timestamp, arrival }, (packet) => packets.push(packet));
    return packets;
  }
  sound(): void {
    const timestamp = this.clock.now() * 48;
    this.sources.audio.setClock({ wallTime: this.clock.now(), timestamp });
    for (const packet of this.packets(OPUS, opusPacket(), true, timestamp)) this.sources.audio.push(packet);
  }
  picture(keyframe: boolean, lose = 0, data: Uint8Array = vp8Frame(keyframe, 1500), codec = VP8): void {
    const timestamp = this.clock.now() * 90;
    this.sources.video.setClock({ wallTime: this.clock.now(), timestamp });
    for (const packet of this.packets(codec, data, keyframe, timestamp).slice(lose))
      this.sources.video.push(packet);
  }
  /** Sound every 20 ms, a picture every 40. */
  async run(milliseconds: number, keyframe: (time: number) => boolean): Promise<void> {
    for (let time = 0; time < milliseconds; time += 20) {
      this.sound();
      if (time % 40 === 0) this.picture(keyframe(time));
      this.clock.advance(20);
      // The disk keeps pace.
      if (time % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  read(bytes: Buffer = this.file.bytes): Promise<MediaFile> {
    return MediaFile.open({
      size: bytes.length,
      read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
      close: () => Promise.resolve(),
    });
  }
}

async function samplesOf(file: MediaFile, kind: MediaKind): Promise<MediaSample[]> {
  const samples: MediaSample[] = [];
  for await (const sample of file.samples(kind, 0)) samples.push(sample);
  return samples;
}
const FORMATS = [
  ['WebM', () => new WebmWriter()],
  ['MP4', () => new Mp4Writer()],
] as const;

describe.each(FORMATS)('a recording as %s', (_name, container) => {
  it('has every frame at its time, and begins with a keyframe', async () => {
    const bench = new Bench(container());
    for (let i = 0; i < 5; i++) {
      bench.sound();
      bench.picture(false);
      bench.clock.advance(20);
    }
    expect(bench.began).toBe(0);
    expect(bench.keyframeRequests).toBeGreaterThan(0);
    await bench.run(4000, (time) => time === 0);
    expect(bench.began).toBe(1);
    await bench.recording.finish();
    expect(bench.file.closed).toBe(true);
    const file = await bench.read();
    expect(file.duration).toBeGreaterThan(3900);
    expect(file.duration).toBeLessThan(4100);
    const video = await samplesOf(file, 'video');
    const audio = await samplesOf(file, 'audio');
    expect(video).toHaveLength(100);
    expect(audio).toHaveLength(200);
    expect(video[0]).toMatchObject({ keyframe: true, time: 0 });
    expect(Buffer.from(video[0]!.data).equals(vp8Frame(true, 1500))).toBe(true);
    for (const [index, { time }] of video.entries()) expect(Math.abs(time - index * 40)).toBeLessThan(2);
    for (const [index, { time }] of audio.entries()) expect(Math.abs(time - index * 20)).toBeLessThan(2);
    expect(bench.clock.timers).toBe(0);
    expect(bench.faults).toEqual([]);
  });

  it('can be played up to the last second wherever the process died', async () => {
    const bench = new Bench(container());
    await bench.run(6000, (time) => time === 0);
    const whole = bench.file.bytes;
    for (const share of [1, 0.9, 0.7, 0.5]) {
      const file = await bench.read(whole.subarray(0, Math.floor(whole.length * share)));
      const video = await samplesOf(file, 'video');
      const last = video.at(-1)?.time ?? 0;
      expect(last).toBeGreaterThan(6000 * share - 1_100);
      expect(video[0]?.keyframe).toBe(true);
    }
    await bench.recording.finish();
  });

  it('leaves out what cannot be decoded after a loss, asks for a keyframe and goes on there', async () => {
    const bench = new Bench(container());
    await bench.run(2000, (time) => time === 0);
    const before = bench.keyframeRequests;
    bench.picture(false, 1);
    await bench.run(1000, () => false);
    expect(bench.keyframeRequests).toBeGreaterThan(before);
    await bench.run(1000, (time) => time === 0);
    await bench.recording.finish();
    const file = await bench.read();
    const times = (await samplesOf(file, 'video')).map(({ time, keyframe }) =>
      keyframe ? `K${Math.round(time)}` : time,
    );
    expect(times.filter((time) => typeof time === 'string')).toEqual(['K0', 'K3000']);
    // Nothing between the loss and the keyframe; the sound went on.
    expect(times.filter((time) => typeof time === 'number' && time > 2001 && time < 2999)).toEqual([]);
    expect((await samplesOf(file, 'audio')).length).toBe(200);
  });

  it('closes the gap of a pause', async () => {
    const bench = new Bench(container());
    await bench.run(1000, (time) => time === 0);
    bench.recording.pause();
    await bench.run(5000, () => false);
    bench.recording.resume();
    await bench.run(1000, (time) => time === 200);
    await bench.recording.finish();
    expect(bench.began).toBe(2);
    const video = await samplesOf(await bench.read(), 'video');
    const keyframes = video.filter(({ keyframe }) => keyframe).map(({ time }) => time);
    expect(keyframes).toHaveLength(2);
    expect(keyframes[1]).toBeGreaterThan(950);
    expect(keyframes[1]).toBeLessThan(1100);
    expect(video.at(-1)!.time).toBeLessThan(2000);
  });

  it('begins without a picture when none comes, and takes it in when it does', async () => {
    const bench = new Bench(container());
    for (let time = 0; time < 4000; time += 20) {
      bench.sound();
      bench.clock.advance(20);
    }
    expect(bench.began).toBe(1);
    await bench.run(1000, (time) => time === 0);
    await bench.recording.finish();
    const file = await bench.read();
    expect((await samplesOf(file, 'audio')).length).toBe(250);
    const video = await samplesOf(file, 'video');
    expect(video).toHaveLength(25);
    expect(Math.abs(video[0]!.time - 4000)).toBeLessThan(5);
  });

  it('keeps sound and picture in step over ten minutes', { timeout: 60_000 }, async () => {
    const bench = new Bench(container());
    await bench.run(600_000, (time) => time % 10_000 === 0);
    await bench.recording.finish();
    const file = await bench.read();
    const audio = await samplesOf(file, 'audio');
    const video = await samplesOf(file, 'video');
    for (const [index, { time }] of video.entries()) {
      const sound = audio[index * 2];
      expect(Math.abs(time - (sound?.time ?? 0))).toBeLessThan(5);
    }
    expect(Math.abs(file.duration - 600_000)).toBeLessThan(50);
    expect(await file.keyframeBefore(299_000)).toBeCloseTo(290_000, -1);
  });

  it('stops writing when the disk is full and says so once', async () => {
    const bench = new Bench(container());
    await bench.run(1000, (time) => time === 0);
    bench.file.fault = Object.assign(new Error('full'), { code: 'ENOSPC' });
    await bench.run(2000, () => false);
    expect(bench.faults).toEqual([bench.file.fault]);
    await bench.recording.finish();
    expect(bench.file.closed).toBe(true);
  });
});

const SPS_320 = Buffer.from('6742c00dd90141fb011000000300100000030320f142a480', 'hex');
const PPS = Buffer.from('68cb8cb2', 'hex');
const H264: Codec = { kind: 'video', name: 'H264', clockRate: 90_000, parameters: new Map() };
/** A slice with lengths in front, alone or behind parameter sets. */
function h264Frame(keyframe: boolean, sps: Buffer = SPS_320): Buffer {
  const slice = Buffer.alloc(2500, 0x77);
  slice[0] = keyframe ? 0x65 : 0x41;
  const units = keyframe ? [sps, PPS, slice] : [slice];
  return Buffer.concat(
    units.flatMap((unit) => [Buffer.from([0, 0, unit.length >> 8, unit.length & 0xff]), unit]),
  );
}

describe.each(FORMATS)('H.264 in %s', (_name, container) => {
  it('keeps its parameter sets in the header, and changed ones with their keyframe', async () => {
    const bench = new Bench(container(), ['video']);
    bench.sources.video.setCodec(H264);
    // The same with another level: other bytes, the same size.
    const other = Buffer.from(SPS_320);
    other[3] = 0x1f;
    for (let index = 0; index < 50; index++) {
      const keyframe = index % 25 === 0;
      bench.picture(keyframe, 0, h264Frame(keyframe, index < 25 ? SPS_320 : other), H264);
      bench.clock.advance(40);
    }
    await bench.recording.finish();
    const file = await bench.read();
    expect(file.tracks[0]?.h264?.parameterSets.map((set) => Buffer.from(set).toString('hex'))).toEqual([
      SPS_320.toString('hex'),
      PPS.toString('hex'),
    ]);
    const video = await samplesOf(file, 'video');
    expect(video).toHaveLength(50);
    expect(Buffer.from(video[0]!.data).includes(SPS_320)).toBe(false);
    expect(Buffer.from(video[25]!.data).includes(other)).toBe(true);
  });
});
