/**
 * FaceOverlayFilter of the Kurento Protocol: puts an image on every face. Audio and data pass untouched. The media is
 * OverlayStream's; here are the operations.
 */
import { DataFanOut, FanOut } from '../fan-out';
import type { MediaKind, MediaSink } from '../flow';
import { elementOperations, MediaElement } from '../model/media-element';
import { operations, type ObjectContext, type OperationTable } from '../model/media-object';
import { loadOverlay } from './overlay-source';
import { OverlayStream } from './overlay-stream';
import type { OverlayWorkers } from './overlay-thread';
import type { OverlayPlacement } from './picture/overlay-painter';

const overlayOperations: OperationTable = operations<FaceOverlayFilter>(elementOperations, {
  setOverlayedImage: (self, args) =>
    self.setOverlayedImage(args.text('uri'), {
      offsetX: args.number('offsetXPercent'),
      offsetY: args.number('offsetYPercent'),
      width: args.number('widthPercent'),
      height: args.number('heightPercent'),
    }),
  unsetOverlayedImage: (self) => self.unsetOverlayedImage(),
});

export class FaceOverlayFilter extends MediaElement {
  readonly #audio: FanOut;
  readonly #data: DataFanOut;
  readonly #video: OverlayStream;
  /** Of the image that is being fetched; a later wish ends it. */
  #loading: AbortController | undefined;

  constructor(context: ObjectContext, workers: OverlayWorkers) {
    super(context);
    const { clock } = context.host;
    const sinkFailed = (error: unknown) => this.logger.error({ error }, 'a sink failed');
    this.#audio = new FanOut({ kind: 'audio', clock, sinkFailed });
    this.#data = new DataFanOut(sinkFailed);
    this.#video = new OverlayStream({
      clock,
      logger: this.logger,
      startWorker: (events) => workers.start(events),
      random: () => Math.floor(Math.random() * 2 ** 32),
      encoderLimits: () => ({ min: this.minEncoderBitrate, max: this.maxEncoderBitrate }),
    });
  }

  override get operations(): OperationTable {
    return overlayOperations;
  }
  override output(kind: MediaKind): FanOut {
    return kind === 'audio' ? this.#audio : this.#video.output;
  }
  override input(kind: MediaKind): MediaSink {
    return kind === 'audio' ? this.#audio : this.#video;
  }
  override dataOutput(): DataFanOut {
    return this.#data;
  }
  override dataInput(): DataFanOut {
    return this.#data;
  }
  override isTranscoding(kind: MediaKind): boolean {
    return kind === 'video' && this.#video.isDrawing;
  }

  /**
   * The numbers are parts of the face's square: where the image begins, seen from its upper left corner, and how large it
   * is. Answers before the image is there, and says nothing about one that cannot be read: so does the original.
   */
  setOverlayedImage(uri: string, placement: OverlayPlacement): void {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    loadOverlay(uri, loading.signal).then(
      (image) => {
        if (!loading.signal.aborted) this.#video.setOverlay(image, placement);
      },
      (error: unknown) => {
        if (!loading.signal.aborted)
          this.logger.warn({ error: String(error) }, 'the overlay image cannot be read');
      },
    );
  }

  unsetOverlayedImage(): void {
    this.#loading?.abort();
    this.#loading = undefined;
    this.#video.unsetOverlay();
  }

  protected override release(): void | Promise<void> {
    this.#loading?.abort();
    this.#video.close();
    return super.release();
  }
}
