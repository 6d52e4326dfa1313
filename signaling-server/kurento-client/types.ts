/**
 * What the hub's sessions see of a media server: the same for the embedded one, for KMS, and for a scripted one in tests.
 * Sockets, retries and request ids are behind it (client.ts); what a session creates belongs to a scope and goes with it.
 *
 * Every method rejects with one of the classes in errors.ts, and with nothing else: at the latest after its time limit,
 * and at once when its scope is released or the media server is lost.
 */
import type { EventData, KurentoEventName, MediaType } from '../../protocol/kurento';
import type { IceCandidate, MediaServerState } from '../../protocol/signaling';

export interface Kurento {
  readonly state: MediaServerState;
  /** Called after each change of `state`; returns its unsubscribe. */
  onState(listener: (state: MediaServerState) => void): () => void;
  /** Whether the media server can create this type. What was last known while it is away; undefined before the first contact. */
  supports(type: string): boolean | undefined;
  openScope(): MediaScope;
}

/** Owns what one session (or one call, one channel) creates on the media server. */
export interface MediaScope {
  /** Aborts when the scope is released, and when its objects are gone with the media server. The reason tells which. */
  readonly signal: AbortSignal;
  /** True when the media server went away with everything in this scope. */
  readonly lost: boolean;
  /** Called once, when the scope's objects are gone with the media server. Never called after `release`. */
  onLost(listener: () => void): () => void;
  /** Creates a pipeline and the named elements in it, in one round trip: `const [pipeline, endpoint] = await …`. */
  createPipeline<const Types extends readonly ElementType[]>(
    ...types: Types
  ): Promise<[MediaPipeline, ...ElementsOf<Types>]>;
  /**
   * Releases everything the scope created and rejects what is pending in it. What is created late is released, too.
   * Idempotent; never rejects: what cannot be released now is released when the media server is back.
   */
  release(): Promise<void>;
}

/** The types of elements that the hub uses, by Kurento's names. */
export interface ElementTypes {
  WebRtcEndpoint: WebRtcEndpoint;
  FaceOverlayFilter: FaceOverlayFilter;
  PassThrough: MediaElement;
  DispatcherOneToMany: DispatcherOneToMany;
}
export type ElementType = keyof ElementTypes;
export type ElementsOf<Types extends readonly ElementType[]> = {
  -readonly [K in keyof Types]: ElementTypes[Types[K]];
};

export interface MediaObject {
  readonly id: string;
  /**
   * Listens to an event of this object. The listener is in place when the call returns; the promise tells that the
   * media server knows, so further requests need not wait for it. Ends with the scope or with the resolved function.
   */
  on<E extends KurentoEventName>(
    event: E,
    listener: (data: EventData<E>) => void,
  ): Promise<() => Promise<void>>;
  /** Releases this object (and its children) before its scope does. Idempotent. */
  release(): Promise<void>;
}

export interface MediaPipeline extends MediaObject {
  create<T extends ElementType>(type: T): Promise<ElementTypes[T]>;
}

export interface MediaElement extends MediaObject {
  /** All media, or one kind of it. Connecting twice is no error. */
  connect(sink: MediaElement, kind?: MediaType): Promise<void>;
  disconnect(sink: MediaElement, kind?: MediaType): Promise<void>;
}

export interface WebRtcEndpoint extends MediaElement {
  /** @returns the SDP answer, without candidates: they come as `IceCandidateFound` after `gatherCandidates`. */
  processOffer(offer: string): Promise<string>;
  gatherCandidates(): Promise<void>;
  addIceCandidate(candidate: IceCandidate): Promise<void>;
}

/** Where the image goes, in fractions of the face's width and height. */
export interface OverlayPlacement {
  readonly offsetXPercent: number;
  readonly offsetYPercent: number;
  readonly widthPercent: number;
  readonly heightPercent: number;
}

export interface FaceOverlayFilter extends MediaElement {
  setOverlayedImage(uri: string, placement: OverlayPlacement): Promise<void>;
  unsetOverlayedImage(): Promise<void>;
}

export interface DispatcherOneToMany extends MediaObject {
  createPort(): Promise<MediaElement>;
  setSource(port: MediaElement): Promise<void>;
  removeSource(): Promise<void>;
}
