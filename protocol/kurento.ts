/**
 * The Kurento Protocol's wire, as the embedded media server answers it and as the hub's client speaks it: JSON-RPC 2.0 in
 * WebSocket text frames. Names, codes and shapes are those of Kurento Media Server 7.3. What the types of media objects
 * can do is data of the media server (media-server/model/facts.json); this file holds what both sides must agree on.
 */

export const KURENTO_PORT = 8888;
export const KURENTO_PATH = '/kurento';
/** The object that exists without being created. */
export const SERVER_MANAGER_ID = 'manager_ServerManager';
/** Ends the id of a pipeline; ids of its elements begin with the pipeline's id and a slash. */
export const PIPELINE_ID_END = '_kurento.MediaPipeline';
/** Module name of every built-in type, in qualified names and in `__module__`. */
export const KURENTO_MODULE = 'kurento';

/** A session without socket, ping or keepAlive is collected after one to two periods. */
export const GARBAGE_COLLECTOR_PERIOD_MS = 240_000;
/** The same request id in the same session within this time gets the stored answer; a client must go on counting. */
export const REQUEST_CACHE_MS = 20_000;

export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

export const KURENTO_METHODS = [
  'ping',
  'connect',
  'create',
  'describe',
  'invoke',
  'subscribe',
  'unsubscribe',
  'release',
  'ref',
  'unref',
  'keepAlive',
  'closeSession',
  'transaction',
] as const;
export type KurentoMethod = (typeof KURENTO_METHODS)[number];

/** Comes back with the same JSON type. */
export type RpcId = number | string;

export interface RpcRequest {
  readonly jsonrpc: '2.0';
  readonly id: RpcId;
  readonly method: KurentoMethod;
  readonly params?: JsonObject;
}
export interface RpcResult {
  readonly jsonrpc: '2.0';
  readonly id: RpcId;
  readonly result: JsonValue;
}
export interface RpcErrorBody {
  readonly code: number;
  readonly message: string;
  /** Codes below 0 mostly have none. */
  readonly data?: { readonly type: string } | JsonValue;
}
export interface RpcError {
  readonly jsonrpc: '2.0';
  /** Null when the request's own id could not be read. */
  readonly id: RpcId | null;
  readonly error: RpcErrorBody;
}
export interface RpcEvent {
  readonly jsonrpc: '2.0';
  readonly method: 'onEvent';
  readonly params: { readonly value: KurentoEvent };
}
/** `object` is the id of the object that was subscribed to; there is no subscription id and no session in an event. */
export interface KurentoEvent<Type extends string = string> {
  readonly object: string;
  readonly type: Type;
  readonly data: EventData<Type>;
}

/** In every event; `type` is missing in ObjectCreated and ObjectDestroyed, and is the kind of error in Error. */
export interface EventBase {
  readonly source: string;
  /** Milliseconds since 1970, as text. */
  readonly timestampMillis: string;
  /** Empty unless sendTagsInEvents is set. */
  readonly tags: readonly Tag[];
  readonly type?: string;
}
export type EventData<Type extends string> = EventBase &
  (Type extends keyof KurentoEvents ? KurentoEvents[Type] : { readonly [field: string]: unknown });

export type MediaType = 'AUDIO' | 'VIDEO' | 'DATA';
export const MEDIA_TYPES = ['AUDIO', 'VIDEO', 'DATA'] as const satisfies readonly MediaType[];
export type FlowState = 'FLOWING' | 'NOT_FLOWING';
export type ConnectionState = 'CONNECTED' | 'DISCONNECTED';
export type MediaState = 'CONNECTED' | 'DISCONNECTED';
export type IceComponentState =
  'DISCONNECTED' | 'GATHERING' | 'CONNECTING' | 'CONNECTED' | 'READY' | 'FAILED';
export type DtlsConnectionState = 'NEW' | 'CLOSED' | 'FAILED' | 'CONNECTING' | 'CONNECTED';
export type UriEndpointState = 'STOP' | 'START' | 'PAUSE';

/** Records carry these two; both are optional in requests. */
export interface RecordNames {
  readonly __module__?: string;
  readonly __type__?: string;
}
export interface Tag extends RecordNames {
  readonly key: string;
  readonly value: string;
}
export interface IceCandidate extends RecordNames {
  readonly candidate: string;
  readonly sdpMid: string;
  readonly sdpMLineIndex: number;
}
export interface IceCandidatePair extends RecordNames {
  readonly streamId: string;
  readonly componentId: number;
  readonly localCandidate: string;
  readonly remoteCandidate: string;
}
export interface ElementConnectionData extends RecordNames {
  readonly source: string;
  readonly sink: string;
  readonly type: MediaType;
  readonly sourceDescription: string;
  readonly sinkDescription: string;
}
export interface ModuleInfo extends RecordNames {
  readonly name: string;
  readonly version: string;
  readonly generationTime: string;
  readonly factories: readonly string[];
}
export interface ServerInfo extends RecordNames {
  readonly version: string;
  readonly type: 'KMS' | 'KCS';
  readonly modules: readonly ModuleInfo[];
  readonly capabilities: readonly string[];
}

interface ElementConnection {
  readonly sink: string;
  readonly mediaType: MediaType;
  readonly sourceMediaDescription: string;
  readonly sinkMediaDescription: string;
}
interface MediaFlow {
  readonly state: FlowState;
  readonly padName: string;
  readonly mediaType: MediaType;
}
/** The fields of each event beyond EventBase. */
export interface KurentoEvents {
  ObjectCreated: { readonly object: string };
  ObjectDestroyed: { readonly objectId: string };
  Error: { readonly description: string; readonly errorCode: number };
  ElementConnected: ElementConnection;
  ElementDisconnected: ElementConnection;
  MediaFlowInStateChanged: MediaFlow;
  MediaFlowOutStateChanged: MediaFlow;
  MediaTranscodingStateChanged: {
    readonly state: 'TRANSCODING' | 'NOT_TRANSCODING';
    readonly binName: string;
    readonly mediaType: MediaType;
  };
  MediaSessionStarted: unknown;
  MediaSessionTerminated: unknown;
  MediaStateChanged: { readonly oldState: MediaState; readonly newState: MediaState };
  ConnectionStateChanged: { readonly oldState: ConnectionState; readonly newState: ConnectionState };
  IceCandidateFound: { readonly candidate: IceCandidate };
  IceGatheringDone: unknown;
  IceComponentStateChanged: {
    readonly streamId: number;
    readonly componentId: number;
    readonly state: IceComponentState;
  };
  DtlsConnectionStateChange: {
    readonly streamId: string;
    readonly componentId: string;
    readonly connectionId: string;
    readonly state: DtlsConnectionState;
  };
  NewCandidatePairSelected: { readonly candidatePair: IceCandidatePair };
  DataChannelOpened: { readonly channelId: number };
  DataChannelClosed: { readonly channelId: number };
  UriEndpointStateChanged: { readonly state: UriEndpointState };
  EndOfStream: unknown;
  Recording: unknown;
  Paused: unknown;
  Stopped: unknown;
}
export type KurentoEventName = keyof KurentoEvents;

/**
 * Every error of the wire: code and `data.type`. Codes below 0 are JSON-RPC's own and carry a type only where one is
 * given. Where two entries share a code (40101, 40109 and so on are distinct) the type tells them apart.
 */
export const KURENTO_ERRORS = {
  /** JSON that cannot be parsed (JSON-RPC 2.0; the original falls silent instead). */
  PARSE_ERROR: { code: -32700 },
  /** No `jsonrpc:"2.0"`, no method, an id that is an object or list, a batch. */
  INVALID_REQUEST: { code: -32600 },
  METHOD_NOT_FOUND: { code: -32601 },
  INVALID_PARAMS: { code: -32602, type: 'INVALID_PARAMS' },
  INTERNAL_ERROR: { code: -32603 },
  /** A required member of params is missing or of the wrong type; also answers notifications. */
  SERVER_ERROR: { code: -32000 },
  MARSHALL_ERROR: { code: 40001, type: 'MARSHALL_ERROR' },
  CONNECT_ERROR: { code: 40004, type: 'CONNECT_ERROR' },
  INVALID_SESSION: { code: 40007, type: 'INVALID_SESSION' },
  /** Unknown operations, too. */
  MALFORMED_TRANSACTION: { code: 40008, type: 'MALFORMED_TRANSACTION' },
  NOT_ENOUGH_RESOURCES: { code: 40009, type: 'NOT_ENOUGH_RESOURCES' },
  MEDIA_OBJECT_NOT_FOUND: { code: 40101, type: 'MEDIA_OBJECT_NOT_FOUND' },
  MEDIA_OBJECT_EVENT_NOT_SUPPORTED: { code: 40106, type: 'MEDIA_OBJECT_EVENT_NOT_SUPPORTED' },
  MEDIA_OBJECT_NOT_AVAILABLE: { code: 40108, type: 'MEDIA_OBJECT_NOT_AVAILABLE' },
  MEDIA_OBJECT_NOT_FOUND_TRANSACTION_NO_COMMIT: {
    code: 40109,
    type: 'MEDIA_OBJECT_NOT_FOUND_TRANSACTION_NO_COMMIT',
  },
  MEDIA_OBJECT_TAG_KEY_NOT_FOUND: { code: 40110, type: 'MEDIA_OBJECT_TAG_KEY_NOT_FOUND' },
  MEDIA_OBJECT_OPERATION_NOT_SUPPORTED: { code: 40111, type: 'MEDIA_OBJECT_OPERATION_NOT_SUPPORTED' },
  SDP_PARSE_ERROR: { code: 40201, type: 'SDP_PARSE_ERROR' },
  SDP_END_POINT_NO_LOCAL_SDP_ERROR: { code: 40202, type: 'SDP_END_POINT_NO_LOCAL_SDP_ERROR' },
  SDP_END_POINT_NO_REMOTE_SDP_ERROR: { code: 40203, type: 'SDP_END_POINT_NO_REMOTE_SDP_ERROR' },
  SDP_END_POINT_ALREADY_NEGOTIATED: { code: 40208, type: 'SDP_END_POINT_ALREADY_NEGOTIATED' },
  SDP_END_POINT_NOT_OFFER_GENERATED: { code: 40209, type: 'SDP_END_POINT_NOT_OFFER_GENERATED' },
  SDP_END_POINT_ANSWER_ALREADY_PROCCESED: { code: 40210, type: 'SDP_END_POINT_ANSWER_ALREADY_PROCCESED' },
  UNDEFINED: { code: 40500, type: 'UNDEFINED' },
  PLAYER_SEEK_FAIL: { code: 40700, type: 'PLAYER_SEEK_FAIL' },
} as const satisfies Record<string, { code: number; type?: string }>;
export type KurentoErrorName = keyof typeof KURENTO_ERRORS;
