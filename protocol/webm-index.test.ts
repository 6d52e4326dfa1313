import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { expect, it } from 'vitest';
import { element, float, Id, idBytes, join, text, UNKNOWN_SIZE, unsigned, wideSize } from './ebml';
import { completeWebm, WebmFile, WebmIndex, type ReadableFile } from './webm-index';

/** As files are: writing beyond the end makes them longer. */
class MemoryFile implements ReadableFile {
  #buffer = new Uint8Array(1024);
  #size = 0;
  /** Bytes of which a write fails; for a full disk. */
  room = Number.POSITIVE_INFINITY;
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#size);
  }
  set bytes(bytes: Uint8Array) {
    this.#buffer = bytes.slice();
    this.#size = bytes.length;
  }
  write(piece: Uint8Array, position: number): Promise<void> {
    const end = position + piece.length;
    if (end > this.room) return Promise.reject(new Error('full'));
    if (end > this.#buffer.length) {
      const longer = new Uint8Array(end * 2);
      longer.set(this.#buffer);
      this.#buffer = longer;
    }
    this.#buffer.set(piece, position);
    this.#size = Math.max(this.#size, end);
    return Promise.resolve();
  }
  truncate(size: number): Promise<void> {
    this.#size = Math.min(size, this.#size);
    return Promise.resolve();
  }
  read(position: number, length: number): Promise<Uint8Array> {
    return Promise.resolve(this.bytes.slice(position, position + Math.min(length, 777)));
  }
}

const FRAME_MS = 40;

/** A stream as Chromium's MediaRecorder makes it: nothing knows its size, a cluster begins at each key frame. */
function live(seconds: number, { known = false, scale = 1_000_000 } = {}): Uint8Array {
  const ticks = (milliseconds: number) => Math.round((milliseconds * 1_000_000) / scale);
  const opusHead = join([
    Uint8Array.from('OpusHead', (c) => c.charCodeAt(0)),
    Uint8Array.of(1, 1, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0),
  ]);
  const parts = [
    element(Id.Ebml, [unsigned(0x4286, 1), text(0x4282, 'webm'), unsigned(0x4287, 4), unsigned(0x4285, 2)]),
    idBytes(Id.Segment),
    UNKNOWN_SIZE,
    element(Id.Info, [
      unsigned(Id.TimestampScale, scale),
      text(Id.MuxingApp, 'Chrome'),
      text(Id.WritingApp, 'Chrome'),
    ]),
    element(Id.Tracks, [
      element(Id.TrackEntry, [
        unsigned(Id.TrackNumber, 1),
        unsigned(0x73c5, 7),
        unsigned(Id.TrackType, 1),
        text(0x86, 'V_VP8'),
        element(0xe0, [unsigned(0xb0, 640), unsigned(0xba, 480)]),
      ]),
      element(Id.TrackEntry, [
        unsigned(Id.TrackNumber, 2),
        unsigned(0x73c5, 8),
        unsigned(Id.TrackType, 2),
        text(0x86, 'A_OPUS'),
        element(0x63a2, opusHead),
        element(0xe1, [float(0xb5, 48_000), unsigned(0x9f, 1)]),
      ]),
    ]),
  ];
  for (let second = 0; second < seconds; second += 2) {
    const blocks: Uint8Array[] = [unsigned(Id.Timestamp, ticks(second * 1_000))];
    for (
      let frame = 0;
      frame < 2_000 / FRAME_MS && second * 1_000 + frame * FRAME_MS < seconds * 1_000;
      frame += 1
    ) {
      const at = ticks(frame * FRAME_MS);
      for (const [track, flags] of [
        [1, frame === 0 ? 0x80 : 0],
        [2, 0x80],
      ] as const) {
        const data = new Uint8Array(200 + frame).fill(frame);
        blocks.push(element(Id.SimpleBlock, [Uint8Array.of(0x80 | track, at >> 8, at & 0xff, flags), data]));
      }
    }
    const content = join(blocks);
    parts.push(idBytes(Id.Cluster), known ? wideSize(content.length) : UNKNOWN_SIZE, content);
  }
  return join(parts);
}

async function record(stream: Uint8Array, piece: number): Promise<MemoryFile> {
  const memory = new MemoryFile();
  const file = new WebmFile(memory);
  for (let at = 0; at < stream.length; at += piece) await file.append(stream.slice(at, at + piece));
  expect(await file.finish()).toBe(memory.bytes.length);
  return memory;
}

/** The file as a reader of others meets it; to this one, the last frame has no length. */
async function look(bytes: Uint8Array) {
  const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  try {
    const video = await input.getPrimaryVideoTrack();
    if (video === null) throw new Error('no picture');
    const sink = new EncodedPacketSink(video);
    const key = await sink.getKeyPacket(5);
    let packets = 0;
    for await (const packet of sink.packets()) packets += packet.data.length > 0 ? 1 : 0;
    return { duration: await input.computeDuration(), key: key?.timestamp, packets };
  } finally {
    input.dispose();
  }
}
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
/** What stands in the header, without reading further. */
function duration(bytes: Uint8Array): number | null {
  const at = bytes.findIndex(
    (byte, index) => byte === 0x44 && bytes[index + 1] === 0x89 && bytes[index + 2] === 0x88,
  );
  return at === -1 || at > 400 ? null : new DataView(bytes.buffer, at + 3).getFloat64(0);
}
const contains = (bytes: Uint8Array, id: number): boolean =>
  Buffer.from(bytes).includes(Buffer.from(idBytes(id)));

it('gives a live stream its duration, its index and its sizes, however it is cut into pieces', async () => {
  const whole = await record(live(9), 1 << 20);
  expect(await look(whole.bytes)).toEqual({ duration: 8.96, key: 4, packets: 225 });
  expect(duration(whole.bytes)).toBe(9_000);
  expect(contains(whole.bytes, Id.Cues)).toBe(true);
  expect(Buffer.from(whole.bytes).includes(Buffer.from(UNKNOWN_SIZE))).toBe(false);
  for (const piece of [1, 7, 64, 1_000])
    expect(same((await record(live(9), piece)).bytes, whole.bytes)).toBe(true);
  const sized = await record(live(9, { known: true }), 500);
  expect(same(sized.bytes, whole.bytes)).toBe(true);
});

it('measures in the ticks of the stream', async () => {
  const { bytes } = await record(live(9, { scale: 500_000 }), 1_000);
  expect(duration(bytes)).toBe(18_000);
  expect(await look(bytes)).toEqual({ duration: 8.96, key: 4, packets: 225 });
});

it('is a file that plays at any moment before its end, and can be completed then', async () => {
  const stream = live(9);
  const finished = (await record(stream, 1 << 20)).bytes;
  for (const cut of [stream.length - 1, stream.length - 100, Math.floor(stream.length / 2) + 3, 5_000]) {
    const memory = new MemoryFile();
    const file = new WebmFile(memory);
    await file.append(stream.slice(0, cut));
    const played = await look(memory.bytes);
    expect(duration(memory.bytes)).toBeNull();
    expect(await completeWebm(memory)).toBe(true);
    const completed = await look(memory.bytes);
    expect(completed.packets).toBeGreaterThanOrEqual(Math.max(10, played.packets));
    expect(duration(memory.bytes)).toBeGreaterThan(0);
    expect(contains(memory.bytes, Id.Cues)).toBe(true);
    const once = memory.bytes.slice();
    expect(await completeWebm(memory)).toBe(true);
    expect(same(memory.bytes, once)).toBe(true);
  }
  const memory = new MemoryFile();
  memory.bytes = finished.slice();
  expect(await completeWebm(memory)).toBe(true);
  expect(same(memory.bytes, finished)).toBe(true);
});

it('leaves alone what it has not written', async () => {
  for (const bytes of [
    live(3),
    new TextEncoder().encode('a diary, by chance called .webm'),
    new Uint8Array(0),
  ]) {
    const memory = new MemoryFile();
    memory.bytes = bytes.slice();
    expect(await completeWebm(memory)).toBe(false);
    expect(same(memory.bytes, bytes)).toBe(true);
  }
});

it('passes on what is no WebM as it is', async () => {
  const encoder = new TextEncoder();
  for (const odd of [
    encoder.encode('words, one after the other'),
    join([element(Id.Ebml, text(0x4282, 'webm')), encoder.encode('\0\0\0')]),
    element(Id.Ebml, text(0x4282, 'webm')),
    // Claims more than it has, for ever.
    join([
      element(Id.Ebml, text(0x4282, 'webm')),
      idBytes(Id.Tracks),
      wideSize(2 ** 40),
      new Uint8Array(100_000),
    ]),
  ])
    for (const piece of [10, 1_000]) expect(same((await record(odd, piece)).bytes, odd)).toBe(true);
});

it('does without an index when the disk has no room for it', async () => {
  const memory = new MemoryFile();
  const file = new WebmFile(memory);
  await file.append(live(9));
  const before = memory.bytes.slice();
  memory.room = before.length + 10;
  await expect(file.finish()).rejects.toThrow('full');
  expect(same(memory.bytes, before)).toBe(true);
});

it('keeps a bounded index of a recording that goes on for days', () => {
  const index = new WebmIndex();
  const stream = live(2);
  index.push(stream);
  for (let second = 2; second < 40_000; second += 2) {
    const content = join([
      unsigned(Id.Timestamp, second * 1_000),
      element(Id.SimpleBlock, [Uint8Array.of(0x81, 0, 0, 0x80), new Uint8Array(10)]),
    ]);
    index.push(join([idBytes(Id.Cluster), UNKNOWN_SIZE, content]));
  }
  const { tail, patches } = index.end();
  expect(tail.length).toBeLessThan(5_000 * 24);
  expect(tail.length).toBeGreaterThan(2_000 * 10);
  expect(duration(patches.at(-1)?.bytes ?? new Uint8Array(0))).toBeCloseTo(39_998_200, -3);
});
