/**
 * RecorderEndpoint of the Kurento Protocol: records what its source sends into a file, as it comes, without decoding.
 * Owns the operations, the states and the events; files are MediaFolders', the rest is recorder/'s.
 */
import type { FileHandle } from 'node:fs/promises';
import type { MediaFolders, WritableFile } from '../files/media-folders';
import { MediaFileError } from '../files/media-folders';
import type { CodecName, MediaKind, MediaSink } from '../flow';
import type { Arguments } from '../model/arguments';
import { UriEndpoint, uriOperations } from '../model/endpoints';
import { KurentoError } from '../model/kurento-error';
import { operations } from '../model/media-object';
import type { ObjectContext, OperationTable } from '../model/media-object';
import type { ContainerWriter } from '../recorder/container';
import type { FileSink } from '../recorder/file-writer';
import { FileOverflowError, FileWriter } from '../recorder/file-writer';
import { Mp4Writer } from '../recorder/mp4-writer';
import { RecorderInput } from '../recorder/recorder-input';
import { Recording } from '../recorder/recording';
import { WebmWriter } from '../recorder/webm-writer';

interface Profile {
  readonly container: () => ContainerWriter;
  readonly kinds: readonly MediaKind[];
  /** Most wanted first. */
  readonly video: readonly CodecName[];
}

const matroska = (...kinds: MediaKind[]): Profile => ({
  container: () => new WebmWriter(),
  kinds,
  video: ['VP8', 'H264'],
});
const mp4 = (...kinds: MediaKind[]): Profile => ({
  container: () => new Mp4Writer(),
  kinds,
  // VP8 in MP4 is played by browsers and FFmpeg, H.264 by everything.
  video: ['H264', 'VP8'],
});
const PROFILES = new Map<string, Profile>([
  ['WEBM', matroska('audio', 'video')],
  ['WEBM_AUDIO_ONLY', matroska('audio')],
  ['WEBM_VIDEO_ONLY', matroska('video')],
  ['MKV', matroska('audio', 'video')],
  ['MKV_AUDIO_ONLY', matroska('audio')],
  ['MKV_VIDEO_ONLY', matroska('video')],
  ['MP4', mp4('audio', 'video')],
  ['MP4_AUDIO_ONLY', mp4('audio')],
  ['MP4_VIDEO_ONLY', mp4('video')],
]);

/** Numbers of GStreamer's errors, which the original reports. */
const ERRORS = {
  invalidUri: { kind: 'INVALID_URI', code: 0 },
  openWrite: { kind: 'RESOURCE_ERROR_OPEN', code: 6 },
  write: { kind: 'RESOURCE_ERROR_WRITE', code: 10 },
  noSpaceLeft: { kind: 'RESOURCE_ERROR_NO_SPACE_LEFT', code: 14 },
  wrongType: { kind: 'STREAM_ERROR_WRONG_TYPE', code: 5 },
  codecNotFound: { kind: 'STREAM_ERROR_CODEC_NOT_FOUND', code: 6 },
} as const;

const table: OperationTable = operations<RecorderEndpoint>(uriOperations, {
  record: (self) => self.record(),
  stopAndWait: (self) => self.stopAndWait(),
});

/** A file and what is being written into it. */
interface Session {
  readonly recording: Recording;
  readonly file: WritableFile;
}

export class RecorderEndpoint extends UriEndpoint {
  readonly #folders: MediaFolders;
  readonly #profile: Profile;
  readonly #stopOnEndOfStream: boolean;
  readonly #inputs = new Map<MediaKind, RecorderInput>();
  #session: Session | undefined;
  /** Opening and closing, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  readonly #toldOfCodec = new Set<string>();

  constructor(context: ObjectContext, folders: MediaFolders, args: Arguments) {
    super(context, args.text('uri'));
    const name = args.text('mediaProfile');
    const profile = PROFILES.get(name);
    if (!profile) {
      throw new KurentoError(
        'MEDIA_OBJECT_OPERATION_NOT_SUPPORTED',
        `This server does not record with the media profile ${name}`,
      );
    }
    this.#folders = folders;
    this.#profile = profile;
    this.#stopOnEndOfStream = args.flag('stopOnEndOfStream');
    for (const kind of profile.kinds) {
      const accepts: readonly CodecName[] = kind === 'audio' ? ['opus'] : profile.video;
      const input = new RecorderInput(kind, accepts, {
        frame: (frame, mapping) => this.#session?.recording.add(frame, mapping),
        streamChanged: (changed) => this.#session?.recording.streamChanged(changed),
        sourceChanged: () => this.#checkEndOfStream(),
        cannotRecord: (changed, codec) => this.#cannotRecord(changed, codec),
      });
      this.#inputs.set(kind, input);
    }
  }

  override get operations(): OperationTable {
    return table;
  }
  override input(kind: MediaKind): MediaSink | undefined {
    return this.#inputs.get(kind);
  }

  /** Answers when the file is open, or could not be opened: that is told by an event. */
  record(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#session) {
        if (this.state === 'PAUSE') this.#resume(this.#session);
        return;
      }
      await this.#open();
    });
  }
  override pause(): Promise<void> {
    return this.#inTurn(() => {
      if (!this.#session || this.state === 'PAUSE') return;
      this.#session.recording.pause();
      this.#setActive(false);
      this.setState('PAUSE');
      this.emit('Paused', {});
    });
  }
  /** Answers at once; Stopped comes when the file is complete. */
  override stop(): void {
    // What goes wrong is in the log.
    this.stopAndWait().catch(() => undefined);
  }
  /** Answers when the file is complete. */
  stopAndWait(): Promise<void> {
    return this.#inTurn(() => this.#close());
  }

  #inTurn(step: () => void | Promise<void>): Promise<void> {
    const turn = this.#turn.then(step);
    this.#turn = turn.catch((error: unknown) => this.logger.error({ error }, 'the recorder failed'));
    return turn;
  }

  async #open(): Promise<void> {
    let file: WritableFile;
    try {
      file = await this.#folders.openForRecording(this.uri);
    } catch (error) {
      if (this.isReleased) return;
      if (error instanceof MediaFileError) this.#cannotOpen(error);
      else throw error;
      return;
    }
    if (this.isReleased) {
      await file.handle.close();
      file.release();
      return;
    }
    const writer = new FileWriter(sinkOf(file.handle), (error) => this.#cannotWrite(error));
    const recording = new Recording({
      clock: this.clock,
      container: this.#profile.container(),
      file: writer,
      expects: (kind) => this.#inputs.get(kind)?.hasSource === true,
      requestKeyframe: () => this.#inputs.get('video')?.requestKeyframe(),
      began: () => this.#began(),
      codecChanged: (kind, codec) =>
        this.#emitFault('wrongType', `The ${kind} became ${codec}, which cannot go on in this file.`),
    });
    this.#session = { recording, file };
    this.#toldOfCodec.clear();
    this.logger.info({ file: file.path }, 'recording');
    this.#setActive(true);
  }
  #resume({ recording }: Session): void {
    recording.resume();
    this.#setActive(true);
  }
  #began(): void {
    this.setState('START');
    this.emit('Recording', {});
  }
  async #close(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    this.#setActive(false);
    // Frames that come late are still taken until here.
    this.#session = undefined;
    await session.recording.finish();
    session.file.release();
    this.logger.info({ file: session.file.path, duration: session.recording.duration }, 'recorded');
    this.setState('STOP');
    this.emit('Stopped', {});
  }
  #setActive(active: boolean): void {
    for (const input of this.#inputs.values()) input.setActive(active);
  }

  // ── What goes wrong ───────────────────────────────────────────────────────────────────────────────────────────

  #cannotOpen(error: MediaFileError): void {
    if (error.fault === 'invalid' || error.fault === 'missing') this.#emitFault('invalidUri', error.message);
    else this.#emitFault('openWrite', error.message);
  }
  #cannotWrite(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
    const reason =
      error instanceof FileOverflowError
        ? 'The disk is too slow for the recording.'
        : `Could not write to the file (${typeof code === 'string' ? code : 'unknown reason'}).`;
    this.#emitFault(isFull ? 'noSpaceLeft' : 'write', isFull ? 'No space left for the recording.' : reason);
    this.stop();
  }
  #cannotRecord(kind: MediaKind, codec: CodecName): void {
    if (this.#toldOfCodec.has(codec)) return;
    this.#toldOfCodec.add(codec);
    this.#emitFault('codecNotFound', `The ${kind} is ${codec}, which this server cannot record.`);
  }
  #emitFault(fault: keyof typeof ERRORS, description: string): void {
    const { kind, code } = ERRORS[fault];
    this.emitError(kind, code, description);
  }

  /** Nothing can come any more: no input has a source. */
  #checkEndOfStream(): void {
    if (!this.#stopOnEndOfStream || !this.#session || this.isReleased) return;
    const { state } = this.#session.recording;
    const hasSource = [...this.#inputs.values()].some((input) => input.hasSource);
    if (!hasSource && state !== 'beginning') this.stop();
  }

  /** A released recorder leaves a complete file. */
  protected override async release(): Promise<void> {
    const ended = this.stopAndWait();
    await super.release();
    await ended;
  }
}

function sinkOf(handle: FileHandle): FileSink {
  return {
    write: (data, offset, length, position) => handle.write(data, offset, length, position),
    close: () => handle.close(),
  };
}
