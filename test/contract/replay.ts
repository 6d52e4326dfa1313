/**
 * Sends the request side of a recording to a server of ours, in the recorded order and on as many sockets, and reports
 * where an answer or an event differs from what the real media server gave. Time follows the recording: the server's
 * clock is moved by as much as passed between two frames.
 */
import { startMediaServer } from '../../media-server/index';
import type { MediaServer } from '../../media-server/index';
import { ManualClock } from '../../media-server/clock';
import { until } from '../support/until';
import { factoriesWithFaceOverlay } from './face-overlay-type';
import { RawClient } from './raw-client';
import type { Event, Frame } from './raw-client';
import { differences, IdMap, readRecording } from './recording';
import type { RecordedLine } from './recording';

export interface Difference {
  /** What was asked: a method, the operation of an invoke, the type of a create, or an event. */
  readonly what: string;
  readonly note: string;
  readonly detail: string;
}
export interface Replay {
  readonly compared: number;
  readonly skipped: number;
  readonly events: number;
  readonly differences: Difference[];
}
export interface ReplayOptions {
  readonly garbageCollectorPeriodMs?: number;
  /** Answers that only need to have the same shape. */
  readonly shapeOnly: (request: Frame) => boolean;
  /** Events that only come with media, or with types that are absent. */
  readonly expectEvent: (type: string) => boolean;
  /** Events of which ours may be fewer or others, but of the same shape. */
  readonly looseEvent: (type: string) => boolean;
  /** A folder in place of the recorded server's, for recordings with files. */
  readonly mediaFolder?: string;
  /** How far time is moved at once, milliseconds; small where reading files keeps pace with it. */
  readonly stepMs?: number;
}

const RECORDED_FOLDER = '/var/lib/media';

const PATH_CLOSED = 1002;
const MAX_STEP_MS = 5000;
/** Pauses that the recording made so that something could happen. */
const SETTLE_MS = 100;

export async function replay(name: string, options: ReplayOptions): Promise<Replay> {
  const clock = new ManualClock();
  const start = () =>
    startMediaServer({
      clock,
      createFactories: factoriesWithFaceOverlay,
      garbageCollectorPeriodMs: options.garbageCollectorPeriodMs ?? 240_000,
      ...(options.mediaFolder !== undefined && { mediaFolders: { recordings: [options.mediaFolder] } }),
    });
  const run = new Run(await start(), start, clock, options);
  try {
    let t = 0;
    for (const recorded of readRecording(name)) {
      const line = inFolder(recorded, options.mediaFolder);
      await run.advance(line.t - t);
      t = Math.max(t, line.t);
      await run.step(line);
    }
    run.finish();
    return run.result();
  } finally {
    await run.end();
  }
}

interface Pending {
  readonly request: Frame;
  readonly from: number;
  readonly skipped: boolean;
}

class Run {
  #server: MediaServer;
  readonly #start: () => Promise<MediaServer>;
  readonly #clock: ManualClock;
  readonly #options: ReplayOptions;
  readonly #ids = new IdMap();
  readonly #clients = new Map<number, RawClient>();
  readonly #pending = new Map<string, Pending>();
  /** Recorded ids of objects that we do not have; what is asked of them is skipped. */
  readonly #absent = new Set<string>();
  readonly #expected: { readonly conn: number; readonly event: Event; readonly note: string }[] = [];
  readonly #everOpened: RawClient[] = [];
  readonly #differences: Difference[] = [];
  #note = '';
  #compared = 0;
  #skipped = 0;
  #events = 0;

  constructor(
    server: MediaServer,
    start: () => Promise<MediaServer>,
    clock: ManualClock,
    options: ReplayOptions,
  ) {
    this.#server = server;
    this.#start = start;
    this.#clock = clock;
    this.#options = options;
  }

  async step(line: RecordedLine): Promise<void> {
    const conn = line.conn ?? 1;
    if (line.note !== undefined) await this.#takeNote(line.note);
    else if (line.socket !== undefined) await this.#socket(conn, line);
    else if (line.dir === 'c→s') this.#send(conn, line);
    else if (typeof line.frame === 'object' && line.frame !== null) await this.#receive(conn, line.frame);
  }
  /** In steps, so that what is due at the other end of a socket happens in between, such as answering a ping. */
  async advance(milliseconds: number): Promise<void> {
    const step = this.#options.stepMs ?? MAX_STEP_MS;
    for (let left = milliseconds; left > 0; left -= step) {
      if (milliseconds >= SETTLE_MS)
        await Promise.all([...this.#clients.values()].map((client) => client.roundTrip()));
      this.#clock.advance(Math.min(left, step));
    }
  }
  async #takeNote(note: string): Promise<void> {
    this.#note = note;
    if (!note.includes('the media server restarts')) return;
    await this.#server.close();
    this.#server = await this.#start();
  }
  async #socket(conn: number, line: RecordedLine): Promise<void> {
    if (line.socket === 'open') {
      const path = this.#note.startsWith('wrong path')
        ? '/nowhere'
        : this.#note.startsWith('path with')
          ? '/kurento?x=1'
          : '/kurento';
      const url = this.#server.url.replace('/kurento', path);
      const client = await RawClient.open(url);
      this.#clients.set(conn, client);
      this.#everOpened.push(client);
      return;
    }
    const client = this.#clients.get(conn);
    this.#clients.delete(conn);
    if (!client) return;
    if (line.code === PATH_CLOSED) {
      await until(() => !client.closed && 'the socket is open');
      this.#report('socket', differences({ code: line.code }, { code: client.closed?.code }, 'exact'));
    } else if (line.code === 1006) await client.terminate();
    else await client.close();
  }
  #send(conn: number, line: RecordedLine): void {
    const client = this.#clients.get(conn);
    if (!client) return;
    if (line.binary === undefined && line.text === undefined) {
      this.#sendRequest(conn, client, line.frame);
      return;
    }
    // Frames of 20 MB and more are a matter of limits and have a test of their own.
    const skipped = line.text?.includes('zzzz') ?? false;
    this.#pending.set(`${conn} raw`, { request: {}, from: client.frames.length, skipped });
    if (skipped) this.#skipped++;
    else if (line.text !== undefined) client.send(line.text);
    else client.send(Buffer.from(line.binary?.slice(line.binary.lastIndexOf(' ') + 1) ?? '', 'hex'));
  }
  #sendRequest(conn: number, client: RawClient, frame: unknown): void {
    const request = (typeof frame === 'object' && frame !== null ? frame : {}) as Frame;
    const skipped = this.#mentionsAbsent(request);
    const key = `${conn} ${JSON.stringify(request.id ?? null)}`;
    this.#pending.set(key, { request, from: client.frames.length, skipped });
    if (skipped) this.#skipped++;
    else client.send(JSON.stringify(this.#ids.translate(frame)));
  }
  #mentionsAbsent(request: Frame): boolean {
    if (this.#absent.size === 0) return false;
    const text = JSON.stringify(request.params ?? null);
    return [...this.#absent].some((id) => text.includes(id));
  }

  async #receive(conn: number, recorded: Frame): Promise<void> {
    if (recorded.method === 'onEvent') {
      const event = recorded.params?.['value'] as Event;
      if (this.#options.expectEvent(event.type)) this.#expected.push({ conn, event, note: this.#note });
      return;
    }
    const client = this.#clients.get(conn);
    const key = `${conn} ${JSON.stringify(recorded.id ?? null)}`;
    const pending = this.#pending.get(key) ?? this.#pending.get(`${conn} raw`) ?? this.#lastPending(conn);
    this.#pending.delete(key);
    this.#pending.delete(`${conn} raw`);
    if (!client || pending?.skipped) return;
    const request = pending?.request ?? {};
    const what = nameOf(request);
    const id = (recorded.id ?? null) as unknown;
    let ours: Frame;
    try {
      ours = await client.take(
        (frame) => !('method' in frame) && (frame.id === id || (frame.id ?? null) === null),
        `answer ${String(id)}`,
        pending?.from ?? 0,
        // What takes its time, such as measuring the CPU, may have begun after the clock was moved.
        () => this.#clock.advance(5),
      );
    } catch (error) {
      this.#report(what, [String(error)]);
      return;
    }
    this.#compared++;
    this.#ids.learn(recorded, ours);
    if (request.method === 'create' && recorded.result && ours.error?.code === 40108) {
      const id = recorded.result['value'];
      if (typeof id === 'string') this.#absent.add(lastId(id));
      this.#report(what, ['absent type']);
      return;
    }
    const strictness = this.#options.shapeOnly(request) ? 'shape' : 'exact';
    this.#report(what, differences({ ...recorded, id: 0 }, { ...ours, id: 0 }, strictness));
  }
  /** An answer whose id is null, because the request had none that could be read. */
  #lastPending(conn: number): Pending | undefined {
    return [...this.#pending].filter(([key]) => key.startsWith(`${conn} `)).at(-1)?.[1];
  }
  #report(what: string, details: readonly string[]): void {
    for (const detail of details) this.#differences.push({ what, note: this.#note, detail });
  }

  /** Every recorded event has one of ours, with the same payload, on whichever socket of the session. */
  finish(): void {
    const ours = this.#everOpened.flatMap((client) => client.events());
    for (const { event, note } of this.#expected) {
      if (this.#mentionsAbsent({ params: { event } })) continue;
      this.#events++;
      const expected = this.#ids.translate(event) as Event;
      const loose = this.#options.looseEvent(event.type);
      const isSame = (candidate: Event) =>
        differences(expected, candidate, loose ? 'shape' : 'exact').length === 0 &&
        sameIds(expected, candidate);
      const index = ours.findIndex(isSame);
      if (index >= 0 && !loose) ours.splice(index, 1);
      else if (index < 0) {
        const detail = `no event like ${JSON.stringify(expected).slice(0, 300)}`;
        this.#differences.push({ what: `event ${event.type}`, note, detail });
      }
    }
  }
  result(): Replay {
    return {
      compared: this.#compared,
      skipped: this.#skipped,
      events: this.#events,
      differences: this.#differences,
    };
  }
  async end(): Promise<void> {
    for (const client of this.#everOpened) client.socket.terminate();
    await this.#server.close();
  }
}

function inFolder(line: RecordedLine, folder: string | undefined): RecordedLine {
  if (folder === undefined) return line;
  return JSON.parse(JSON.stringify(line).replaceAll(RECORDED_FOLDER, folder)) as RecordedLine;
}
function sameIds(expected: Event, candidate: Event): boolean {
  return expected.object === candidate.object && expected.data['source'] === candidate.data['source'];
}
function lastId(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
export function nameOf(request: Frame): string {
  const member = (name: string) => {
    const value = request.params?.[name];
    return typeof value === 'string' ? value : typeof value;
  };
  if (request.method === 'invoke') return `invoke ${member('operation')}`;
  if (request.method === 'create') return `create ${member('type')}`;
  return typeof request.method === 'string' ? request.method : 'frame';
}
