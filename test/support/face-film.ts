/**
 * The face camera's pictures as VP8 packets that come in real time, without a browser: a source for filters, which sends
 * a keyframe when it is asked for one, and a sink that knows how old what arrives is.
 */
import { readFile, writeFile } from 'node:fs/promises';
import * as webcodecs from '@napi-rs/webcodecs';
import { FanOut } from '../../media-server/fan-out';
import { systemClock } from '../../media-server/clock';
import type { Codec, MediaPacket, MediaSink } from '../../media-server/flow';
import { i420Size } from '../../media-server/filters/picture/i420';
import { Vp8Encoder, type EncodedFrame } from '../../media-server/filters/vp8-codec';
import { Vp8Packetizer } from '../../media-server/filters/vp8-packets';
import { WebmWriter } from '../../media-server/recorder/webm-writer';

const VP8: Codec = { kind: 'video', name: 'VP8', clockRate: 90_000, parameters: new Map() };
const [WIDTH, HEIGHT] = [640, 480];
export const FPS = 30;
/** Each part of the film begins with a keyframe. */
const PART_FRAMES = 16;
const FRAME_HEADER = 'FRAME\n'.length;

/** Encodes a file of face-camera.ts. */
export async function encodeFilm(y4m: string, bitsPerSecond = 1_000_000): Promise<EncodedFrame[]> {
  const file = await readFile(y4m);
  const size = i420Size(WIDTH, HEIGHT);
  const frames: EncodedFrame[] = [];
  let got: () => void = () => undefined;
  const encoder = new Vp8Encoder(
    webcodecs,
    { width: WIDTH, height: HEIGHT },
    bitsPerSecond / FPS,
    (frame) => {
      frames.push(frame);
      got();
    },
    (error) => {
      throw error;
    },
  );
  let at = file.indexOf('\n') + 1;
  for (let id = 0; at + FRAME_HEADER + size <= file.length; id++, at += FRAME_HEADER + size) {
    const data = new Uint8Array(file.subarray(at + FRAME_HEADER, at + FRAME_HEADER + size));
    const encoded = new Promise<void>((resolve) => (got = resolve));
    encoder.encode({ id, width: WIDTH, height: HEIGHT, data }, id % PART_FRAMES === 0);
    await encoded;
  }
  encoder.close();
  return frames;
}

/** Plays a film for ever. */
export class FilmSource {
  readonly output: FanOut;
  readonly #film: readonly EncodedFrame[];
  readonly #packetizer = new Vp8Packetizer(VP8, 1, 1, 1);
  #at = 0;
  #sent = 0;
  #wanted = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(film: readonly EncodedFrame[]) {
    this.#film = film;
    this.output = new FanOut({
      kind: 'video',
      clock: systemClock,
      requestKeyframe: () => (this.#wanted = true),
      sinkFailed: (error) => {
        throw error;
      },
    });
    this.output.setCodec(VP8);
  }
  get sent(): number {
    return this.#sent;
  }
  start(): void {
    const begun = performance.now();
    const first = this.#sent;
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - begun) / 1000) * FPS);
      while (this.#sent - first < due) this.#send();
    }, 4);
  }
  stop(): void {
    clearInterval(this.#timer);
  }
  #send(): void {
    if (this.#wanted && !this.#film[this.#at]!.keyframe) {
      this.#at = (Math.ceil(this.#at / PART_FRAMES) * PART_FRAMES) % this.#film.length;
    }
    const { data, keyframe } = this.#film[this.#at]!;
    if (keyframe) this.#wanted = false;
    const arrival = performance.now();
    const timestamp = this.#sent++ * (90_000 / FPS);
    this.#at = (this.#at + 1) % this.#film.length;
    this.#packetizer.push({ data, keyframe, timestamp, arrival }, (packet) => this.output.push(packet));
  }
}

/** Notes how long each frame took from its last packet's arrival to here. */
export class DelaySink implements MediaSink {
  readonly kind = 'video';
  readonly delays: number[] = [];
  /** When each of them came, monotonic milliseconds. */
  readonly times: number[] = [];
  sourceChanged(): void {}
  sourceEnded(): void {}
  push(packet: MediaPacket): void {
    if (!packet.marker) return;
    const now = performance.now();
    this.delays.push(now - packet.arrival);
    this.times.push(now);
  }
}

/** The film, over and over, as a WebM file. */
export async function writeFilm(path: string, film: readonly EncodedFrame[], seconds: number): Promise<void> {
  const container = new WebmWriter();
  const parameters = { width: WIDTH, height: HEIGHT, sps: [], pps: [] };
  container.describe({ kind: 'video', codec: VP8, parameters });
  const pieces: Uint8Array[] = [container.header()];
  let position = pieces[0]!.length;
  for (let second = 0; second < seconds; second++) {
    const samples = Array.from({ length: FPS }, (_, index) => {
      const number = second * FPS + index;
      const { data, keyframe } = film[number % film.length]!;
      const [time, duration] = [(number * 1000) / FPS, 1000 / FPS];
      return { kind: 'video' as const, data, keyframe, time, shownAfter: 0, duration };
    });
    const piece = container.piece(samples, position);
    pieces.push(piece);
    position += piece.length;
  }
  const { header, tail } = container.end(position);
  pieces[0] = header;
  await writeFile(path, Buffer.concat([...pieces, tail]));
}
