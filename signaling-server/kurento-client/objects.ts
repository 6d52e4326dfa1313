/**
 * Handles for what lives on the media server: typed names for `invoke`, and the listeners of each object's events.
 * A handle knows its scope only; connections and request ids are behind that.
 */
import type {
  EventData,
  JsonObject,
  JsonValue,
  KurentoEvent,
  KurentoEventName,
  MediaType,
} from '../../protocol/kurento';
import type { IceCandidate } from '../../protocol/signaling';
import { KurentoProtocolFault } from './errors';
import type {
  DispatcherOneToMany,
  ElementType,
  ElementTypes,
  FaceOverlayFilter,
  MediaElement,
  MediaObject,
  MediaPipeline,
  OverlayPlacement,
  WebRtcEndpoint,
} from './types';

/** What a handle needs of its scope. */
export interface Owner {
  invoke(object: string, operation: string, params?: JsonObject): Promise<JsonValue>;
  subscribe(object: string, type: string): Promise<string>;
  unsubscribe(object: string, subscription: string): Promise<void>;
  createElement<T extends ElementType>(pipeline: string, type: T): Promise<ElementTypes[T]>;
  createHubPort(hub: string): Promise<MediaElement>;
  releaseObject(object: string): Promise<void>;
  listenerFailed(error: unknown, object: string, event: string): void;
}

type Listener = (data: never) => void;

export class RemoteObject implements MediaObject {
  readonly id: string;
  protected readonly owner: Owner;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(id: string, owner: Owner) {
    this.id = id;
    this.owner = owner;
  }

  async on<E extends KurentoEventName>(
    event: E,
    listener: (data: EventData<E>) => void,
  ): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    // A function of its own, so that the same listener given twice is two listeners.
    const own: Listener = (data) => listener(data);
    listeners.add(own);
    let subscription: string;
    try {
      subscription = await this.owner.subscribe(this.id, event);
    } catch (error) {
      listeners.delete(own);
      throw error;
    }
    return async () => {
      if (listeners.delete(own)) await this.owner.unsubscribe(this.id, subscription);
    };
  }

  release(): Promise<void> {
    return this.owner.releaseObject(this.id);
  }

  /** Called by the client for each event of this object. One listener that throws does not keep it from the others. */
  dispatch(event: KurentoEvent): void {
    for (const listener of [...(this.#listeners.get(event.type) ?? [])]) {
      try {
        listener(event.data as never);
      } catch (error) {
        this.owner.listenerFailed(error, this.id, event.type);
      }
    }
  }
}

export class RemotePipeline extends RemoteObject implements MediaPipeline {
  create<T extends ElementType>(type: T): Promise<ElementTypes[T]> {
    return this.owner.createElement(this.id, type);
  }
}

export class RemoteElement extends RemoteObject implements MediaElement {
  async connect(sink: MediaElement, kind?: MediaType): Promise<void> {
    await this.owner.invoke(this.id, 'connect', { sink: sink.id, ...(kind && { mediaType: kind }) });
  }

  async disconnect(sink: MediaElement, kind?: MediaType): Promise<void> {
    await this.owner.invoke(this.id, 'disconnect', { sink: sink.id, ...(kind && { mediaType: kind }) });
  }
}

export class RemoteWebRtcEndpoint extends RemoteElement implements WebRtcEndpoint {
  async processOffer(offer: string): Promise<string> {
    const answer = await this.owner.invoke(this.id, 'processOffer', { offer });
    if (typeof answer !== 'string') throw new KurentoProtocolFault('an SDP answer that is no text');
    return answer;
  }

  async gatherCandidates(): Promise<void> {
    await this.owner.invoke(this.id, 'gatherCandidates');
  }

  async addIceCandidate(candidate: IceCandidate): Promise<void> {
    await this.owner.invoke(this.id, 'addIceCandidate', {
      candidate: {
        __module__: 'kurento',
        __type__: 'IceCandidate',
        candidate: candidate.candidate,
        // Kurento requires both; browsers may leave out one of them.
        sdpMid: candidate.sdpMid ?? String(candidate.sdpMLineIndex ?? 0),
        sdpMLineIndex: candidate.sdpMLineIndex ?? 0,
      },
    });
  }
}

export class RemoteFaceOverlayFilter extends RemoteElement implements FaceOverlayFilter {
  async setOverlayedImage(uri: string, placement: OverlayPlacement): Promise<void> {
    const { offsetXPercent, offsetYPercent, widthPercent, heightPercent } = placement;
    await this.owner.invoke(this.id, 'setOverlayedImage', {
      uri,
      offsetXPercent,
      offsetYPercent,
      widthPercent,
      heightPercent,
    });
  }

  async unsetOverlayedImage(): Promise<void> {
    await this.owner.invoke(this.id, 'unsetOverlayedImage');
  }
}

export class RemoteDispatcherOneToMany extends RemoteObject implements DispatcherOneToMany {
  createPort(): Promise<MediaElement> {
    return this.owner.createHubPort(this.id);
  }

  async setSource(port: MediaElement): Promise<void> {
    await this.owner.invoke(this.id, 'setSource', { source: port.id });
  }

  async removeSource(): Promise<void> {
    await this.owner.invoke(this.id, 'removeSource');
  }
}

/** One constructor per type; a type without one does not compile. */
export const HANDLES: {
  readonly [T in ElementType]: new (id: string, owner: Owner) => ElementTypes[T] & RemoteObject;
} = {
  WebRtcEndpoint: RemoteWebRtcEndpoint,
  FaceOverlayFilter: RemoteFaceOverlayFilter,
  PassThrough: RemoteElement,
  DispatcherOneToMany: RemoteDispatcherOneToMany,
};
