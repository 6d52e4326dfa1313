/** Forwards what it gets, to any number of sinks, without copying a packet. */
import { DataFanOut, FanOut } from '../fan-out';
import type { MediaKind } from '../flow';
import { MediaElement } from './media-element';
import type { ObjectContext } from './media-object';

export class PassThrough extends MediaElement {
  readonly #audio: FanOut;
  readonly #video: FanOut;
  readonly #data: DataFanOut;

  constructor(context: ObjectContext) {
    super(context);
    const sinkFailed = (error: unknown) => this.logger.error({ error }, 'a sink failed');
    this.#audio = new FanOut({ kind: 'audio', clock: context.host.clock, sinkFailed });
    this.#video = new FanOut({ kind: 'video', clock: context.host.clock, sinkFailed });
    this.#data = new DataFanOut(sinkFailed);
  }
  override output(kind: MediaKind): FanOut {
    return kind === 'audio' ? this.#audio : this.#video;
  }
  override input(kind: MediaKind): FanOut {
    return this.output(kind);
  }
  override dataOutput(): DataFanOut {
    return this.#data;
  }
  override dataInput(): DataFanOut {
    return this.#data;
  }
}
