/**
 * PlayerEndpoint of the Kurento Protocol: sends what is in a file to its sinks, in real time and without decoding. Owns
 * the operations, the states and the events; reading and pacing are player/'s, which files may be read MediaFolders'.
 */
import type { MediaFolders } from '../files/media-folders';
import { MediaFileError } from '../files/media-folders';
import type { MediaKind } from '../flow';
import { record } from '../model/arguments';
import type { Arguments } from '../model/arguments';
import { dotGraph } from '../model/dot-graph';
import { UriEndpoint, uriOperations } from '../model/endpoints';
import { KurentoError } from '../model/kurento-error';
import { MEDIA_KINDS } from '../model/media-element';
import { operations } from '../model/media-object';
import type { ObjectContext, OperationTable } from '../model/media-object';
import { fileSource, httpSource } from '../player/byte-source';
import type { ByteSource } from '../player/byte-source';
import type { Media, MediaSample } from '../player/media-file';
import type { MediaFiles } from '../player/media-files';
import { packetizerFor } from '../player/packetizers';
import type { Packetizer } from '../player/packetizers';
import { Playback } from '../player/playback';
import { PlayerOutput } from '../player/player-output';
import { RtpClock } from '../player/rtp-clock';

/** Numbers of GStreamer's errors, which the original reports. */
const ERRORS = {
  invalidUri: { kind: 'INVALID_URI', code: 0 },
  openRead: { kind: 'RESOURCE_ERROR_OPEN', code: 5 },
  failed: { kind: 'STREAM_ERROR_FAILED', code: 1 },
  typeNotFound: { kind: 'STREAM_ERROR_TYPE_NOT_FOUND', code: 4 },
} as const;

/** A file whose description cannot be found within this time is none. */
const OPEN_TIMEOUT_MS = 15_000;

const table: OperationTable = operations<PlayerEndpoint>(uriOperations, {
  play: (self) => self.play(),
  getPosition: (self) => self.position,
  setPosition: (self, args) => self.setPosition(args.number('position')),
  getVideoInfo: (self) => self.videoInfo,
  getElementGstreamerDot: (self) => dotGraph(self),
});

interface Stream {
  readonly packetizer: Packetizer;
  readonly clock: RtpClock;
}
/** From play to stop. */
interface Session {
  readonly aborter: AbortController;
  file?: Media;
  playback?: Playback;
  readonly streams: Map<MediaKind, Stream>;
  /** As it was asked for while the file was being opened. */
  paused: boolean;
}

export class PlayerEndpoint extends UriEndpoint {
  readonly #folders: MediaFolders;
  readonly #files: MediaFiles;
  readonly #outputs: ReadonlyMap<MediaKind, PlayerOutput>;
  #session: Session | undefined;
  /** Files that are being closed. */
  readonly #closing = new Set<Promise<void>>();

  constructor(context: ObjectContext, folders: MediaFolders, files: MediaFiles, args: Arguments) {
    super(context, args.text('uri'));
    this.#folders = folders;
    this.#files = files;
    const sinkFailed = (error: unknown) => this.logger.error({ error }, 'a sink failed');
    this.#outputs = new Map(
      MEDIA_KINDS.map((kind) => [kind, new PlayerOutput(kind, context.host.clock, sinkFailed)]),
    );
  }

  override get operations(): OperationTable {
    return table;
  }
  override output(kind: MediaKind): PlayerOutput | undefined {
    return this.#outputs.get(kind);
  }
  /** Milliseconds. */
  get position(): number {
    return Math.round(this.#session?.playback?.position ?? 0);
  }
  get videoInfo() {
    const duration = this.#session?.file?.duration ?? 0;
    return record('VideoInfo', {
      isSeekable: duration > 0,
      seekableInit: 0,
      seekableEnd: duration,
      duration,
    });
  }

  /** Answers at once; what comes of it is told by events. */
  play(): void {
    const session = this.#session;
    if (session) {
      session.paused = false;
      session.playback?.play();
      return;
    }
    const fresh: Session = { aborter: new AbortController(), streams: new Map(), paused: false };
    this.#session = fresh;
    this.#open(fresh).catch((error: unknown) => this.#cannotOpen(fresh, error));
  }
  override pause(): void {
    const session = this.#session;
    if (!session) return;
    session.paused = true;
    session.playback?.pause();
    this.setState('PAUSE');
  }
  override stop(): void {
    this.#end();
    this.setState('STOP');
  }
  /** Goes to the keyframe at or before the place; one beyond the end has no effect, as with the original. */
  async setPosition(milliseconds: number): Promise<void> {
    const { file, playback } = this.#session ?? {};
    if (!file || !playback || milliseconds < 0) throw seekFails();
    if (milliseconds > file.duration) return;
    this.output('video')?.forget();
    try {
      await playback.seek(milliseconds);
    } catch (error) {
      this.logger.warn({ reason: String(error) }, 'the seek failed');
      throw seekFails();
    }
  }

  async #open(session: Session): Promise<void> {
    const { aborter } = session;
    const giveUp = this.clock.after(OPEN_TIMEOUT_MS, () =>
      aborter.abort(new Error('it takes too long to open')),
    );
    let file: Media;
    try {
      file = await untilAborted(
        this.#source(aborter.signal).then((source) => this.#files.open(source)),
        aborter.signal,
        (late) => this.#closeFile(late),
      );
    } finally {
      giveUp();
    }
    if (this.#session !== session) {
      this.#closeFile(file);
      return;
    }
    session.file = file;
    const origin = this.clock.now();
    const wallTime = this.clock.wallTime();
    for (const track of file.tracks) {
      session.streams.set(track.kind, {
        packetizer: packetizerFor(track, random),
        clock: new RtpClock(track.codec, origin, wallTime, random()),
      });
    }
    session.playback = new Playback(this.clock, file, {
      sample: (kind, sample, due) => this.#send(session, kind, sample, due),
      started: () => this.setState('START'),
      ended: () => this.#ended(session),
      failed: (error) => this.#failed(session, error),
    });
    for (const { kind, codec } of file.tracks) this.output(kind)?.setCodec(codec);
    this.logger.info({ duration: file.duration, tracks: file.tracks.length }, 'playing');
    // A sink's doing may have ended it.
    if (this.#session === session && !session.paused) session.playback.play();
  }
  async #source(signal: AbortSignal): Promise<ByteSource> {
    if (/^https?:/i.test(this.uri) && URL.canParse(this.uri))
      return await httpSource(new URL(this.uri), signal);
    return await fileSource(await this.#folders.openForPlaying(this.uri));
  }

  #send(session: Session, kind: MediaKind, { data, keyframe }: MediaSample, due: number): void {
    const stream = session.streams.get(kind);
    const output = this.output(kind);
    if (!stream || !output) return;
    const timestamp = stream.clock.timestampOf(due, data);
    output.setClock(stream.clock.mapping);
    const arrival = this.clock.now();
    try {
      stream.packetizer.push({ data, keyframe, timestamp, arrival }, (packet) => output.push(packet));
    } catch (error) {
      this.#failed(session, error);
    }
  }
  #ended(session: Session): void {
    if (this.#session !== session) return;
    this.#end();
    this.emit('EndOfStream', {});
    this.setState('STOP');
  }
  #failed(session: Session, error: unknown): void {
    if (this.#session !== session) return;
    this.#end();
    this.#emitFault('failed', `The file cannot be read on: ${messageOf(error)}`);
    this.setState('STOP');
  }
  /** The original's state is START all the same, until it is stopped. */
  #cannotOpen(session: Session, error: unknown): void {
    if (this.#session !== session || this.isReleased) return;
    this.#end();
    if (error instanceof MediaFileError)
      this.#emitFault(error.fault === 'failed' ? 'openRead' : 'invalidUri', error.message);
    else if (/^https?:/i.test(this.uri)) this.#emitFault('openRead', messageOf(error));
    else this.#emitFault('typeNotFound', `This is no file that can be played: ${messageOf(error)}`);
    this.setState('START');
  }
  #emitFault(fault: keyof typeof ERRORS, description: string): void {
    const { kind, code } = ERRORS[fault];
    this.emitError(kind, code, description);
  }

  #end(): void {
    const session = this.#session;
    if (!session) return;
    this.#session = undefined;
    session.aborter.abort(new Error('stopped'));
    session.playback?.close();
    if (session.file) this.#closeFile(session.file);
    for (const output of this.#outputs.values()) if (output.codec) output.setCodec(undefined);
  }
  #closeFile(file: Media): void {
    const closed = file
      .close()
      .catch((error: unknown) => this.logger.warn({ reason: String(error) }, 'the file did not close'))
      .finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  protected override async release(): Promise<void> {
    this.#end();
    await super.release();
    await Promise.all(this.#closing);
  }
}

const random = (): number => Math.floor(Math.random() * 2 ** 32);
const seekFails = () => new KurentoError('PLAYER_SEEK_FAIL', 'Seek fails');
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** What comes after the signal is handed to `late`. */
function untilAborted<Value>(
  value: Promise<Value>,
  signal: AbortSignal,
  late: (value: Value) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    value.then(
      (done) => {
        signal.removeEventListener('abort', abort);
        if (signal.aborted) late(done);
        else resolve(done);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abort);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
