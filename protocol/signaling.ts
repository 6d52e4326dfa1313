/**
 * The hub's wire: JSON text frames over WebSocket, one endpoint per mode. The words are those of the Kurento tutorials
 * (and of the WebRTC rooms article for `/room`), so that a page written for a tutorial works unchanged; everything beyond
 * them is an optional field, or a message that the hub sends only to a client that introduced itself with `hello`.
 * protocol/SIGNALING.md tells the whole in prose.
 *
 * A schema is the guard and the type of its message at once: what comes off a socket is `unknown` until parsed by one.
 */
import * as v from 'valibot';
import { ERROR_CODES } from './errors';
import {
  MAX_CANDIDATE_LENGTH,
  MAX_NAME_LENGTH,
  MAX_SDP_LENGTH,
  MAX_SECRET_LENGTH,
  MAX_TEXT_LENGTH,
} from './limits';

export const ENDPOINTS = ['/helloworld', '/magicmirror', '/one2many', '/one2one', '/room'] as const;
export type EndpointPath = (typeof ENDPOINTS)[number];

/**
 * With this code a client closes a socket that keeps silent: to the hub it is one that broke, not a goodbye. RFC 6455,
 * section 7.4.2: 4000–4999 are an application's own.
 */
export const SILENT_SOCKET_CODE = 4000;

const sdp = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_SDP_LENGTH));
const name = v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH));
const text = v.pipe(v.string(), v.maxLength(MAX_TEXT_LENGTH));
const secret = v.pipe(v.string(), v.maxLength(MAX_SECRET_LENGTH));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** RTCIceCandidateInit as browsers serialize it; Kurento's records add `__module__` and `__type__`, which are ignored. */
export const iceCandidate = v.object({
  candidate: v.pipe(v.string(), v.maxLength(MAX_CANDIDATE_LENGTH)),
  sdpMid: v.exactOptional(v.nullable(v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH)))),
  sdpMLineIndex: v.exactOptional(v.nullable(count)),
  usernameFragment: v.exactOptional(v.nullable(v.pipe(v.string(), v.maxLength(MAX_SECRET_LENGTH)))),
});
export type IceCandidate = v.InferOutput<typeof iceCandidate>;

const onIceCandidate = v.object({ id: v.literal('onIceCandidate'), candidate: iceCandidate });
const stop = v.object({ id: v.literal('stop') });
/** Extension: the offer of an ICE restart (RFC 8445, section 9) of the session that runs; answered by `restarted`. */
const restart = v.object({ id: v.literal('restart'), sdpOffer: sdp });
/**
 * Extension of `/one2one`: names a call, so that what crosses on the wire is not taken for another call. Each side has
 * its own: the caller chooses one in `call`, the callee gets one in `incomingCall`. What carries the name of another
 * call than the present one is about a call that is over, and is ignored.
 */
const callId = v.exactOptional(name);
/** What of one side of a call can be seen and heard: a camera or a screen that is on, a microphone that is not muted. */
const seenAndHeard = { camera: v.boolean(), microphone: v.boolean(), screen: v.boolean() };
export interface SeenAndHeard {
  readonly camera: boolean;
  readonly microphone: boolean;
  readonly screen: boolean;
}
/** Callcast clients say this first; without it the hub sends nothing that a tutorial page would not know. */
const hello = v.object({ id: v.literal('hello'), version: v.literal(1) });

/** Where a hat goes, in Kurento's terms: fractions of the face's width and height. */
const overlay = v.object({
  image: name, // a name from `welcome.overlays`, never a URL: the hub makes the URL
  offsetXPercent: v.pipe(v.number(), v.finite(), v.minValue(-5), v.maxValue(5)),
  offsetYPercent: v.pipe(v.number(), v.finite(), v.minValue(-5), v.maxValue(5)),
  widthPercent: v.pipe(v.number(), v.finite(), v.minValue(0.05), v.maxValue(10)),
  heightPercent: v.pipe(v.number(), v.finite(), v.minValue(0.05), v.maxValue(10)),
});
export type Overlay = v.InferOutput<typeof overlay>;

// ── client → hub ────────────────────────────────────────────────────────────────────────────────────────────────

const start = v.object({ id: v.literal('start'), sdpOffer: sdp });

export const mirrorRequest = v.variant('id', [hello, start, restart, stop, onIceCandidate]);
export const magicMirrorRequest = v.variant('id', [
  hello,
  /** Without `overlay` (tutorial pages) the hub chooses one; null means none. */
  v.object({ id: v.literal('start'), sdpOffer: sdp, overlay: v.exactOptional(v.nullable(overlay)) }),
  /** Extension: another hat, or none, while running. */
  v.object({ id: v.literal('setOverlay'), overlay: v.nullable(overlay) }),
  restart,
  stop,
  onIceCandidate,
]);
export const broadcastRequest = v.variant('id', [
  hello,
  v.object({
    id: v.literal('presenter'),
    sdpOffer: sdp,
    channel: v.exactOptional(name),
    /** The presenter key, when the hub asks for one. */
    key: v.exactOptional(secret),
    /** The one that `presenterResponse` carried, to take one's channel back after a lost connection. */
    secret: v.exactOptional(secret),
  }),
  v.object({ id: v.literal('viewer'), sdpOffer: sdp, channel: v.exactOptional(name) }),
  restart,
  stop,
  onIceCandidate,
]);
export const callRequest = v.variant('id', [
  hello,
  /** `secret` (extension): the one `registered` carried, to take one's name back after a lost connection. */
  v.object({ id: v.literal('register'), name: text, secret: v.exactOptional(secret) }),
  v.object({ id: v.literal('call'), to: text, from: v.exactOptional(text), sdpOffer: sdp, callId }),
  v.object({
    id: v.literal('incomingCallResponse'),
    from: text,
    callResponse: v.literal('accept'),
    sdpOffer: sdp,
    callId,
  }),
  v.object({
    id: v.literal('incomingCallResponse'),
    from: text,
    callResponse: v.picklist(['reject', 'rejected']),
    message: v.exactOptional(text),
    callId,
  }),
  /** Extension: a fresh offer for one's own side of a call that stands, after the way of its media was lost. */
  v.object({ id: v.literal('renew'), sdpOffer: sdp, callId }),
  /**
   * Extension: what of oneself can be seen and heard in the present call. Who sends it understands `peerMedia`, and is
   * told the same of the other side.
   */
  v.object({ id: v.literal('media'), ...seenAndHeard, callId }),
  v.object({ ...restart.entries, callId }),
  v.object({ id: v.literal('stop'), callId }),
  onIceCandidate,
]);
const roomId = text;
export const roomRequest = v.variant('id', [
  hello,
  /** `secret` (extension): the one that the last `room_created` or `room_joined` carried, to replace oneself. */
  v.object({ id: v.literal('join'), roomId, secret: v.exactOptional(secret) }),
  v.object({ id: v.literal('start_call'), roomId }),
  v.object({ id: v.literal('webrtc_offer'), roomId, sdp }),
  v.object({ id: v.literal('webrtc_answer'), roomId, sdp }),
  v.object({
    id: v.literal('webrtc_ice_candidate'),
    roomId,
    label: v.exactOptional(v.nullable(count)),
    candidate: v.pipe(v.string(), v.maxLength(MAX_CANDIDATE_LENGTH)),
  }),
  v.object({ id: v.literal('leave') }),
]);

export type MirrorRequest = v.InferOutput<typeof mirrorRequest>;
export type MagicMirrorRequest = v.InferOutput<typeof magicMirrorRequest>;
export type BroadcastRequest = v.InferOutput<typeof broadcastRequest>;
export type CallRequest = v.InferOutput<typeof callRequest>;
export type RoomRequest = v.InferOutput<typeof roomRequest>;

/** The guard of each endpoint; a new endpoint without one does not compile. */
export const requestGuards = {
  '/helloworld': mirrorRequest,
  '/magicmirror': magicMirrorRequest,
  '/one2many': broadcastRequest,
  '/one2one': callRequest,
  '/room': roomRequest,
} satisfies Record<EndpointPath, v.GenericSchema>;
export interface Requests {
  '/helloworld': MirrorRequest;
  '/magicmirror': MagicMirrorRequest;
  '/one2many': BroadcastRequest;
  '/one2one': CallRequest;
  '/room': RoomRequest;
}

// ── hub → client ────────────────────────────────────────────────────────────────────────────────────────────────

const iceCandidateMessage = v.object({ id: v.literal('iceCandidate'), candidate: iceCandidate });
const errorMessage = v.object({
  id: v.literal('error'),
  message: v.string(),
  code: v.exactOptional(v.picklist(ERROR_CODES)),
  retryable: v.exactOptional(v.boolean()),
  ref: v.exactOptional(v.string()),
});
/** The refusal fields that accompany a tutorial's own `response` and `message`. */
const refusal = {
  message: v.exactOptional(v.string()),
  code: v.exactOptional(v.picklist(ERROR_CODES)),
  retryable: v.exactOptional(v.boolean()),
  ref: v.exactOptional(v.string()),
};

/** Answers `restart`. Rejected, as by a media server that cannot: the session is as it was. */
const restarted = {
  accepted: v.object({ id: v.literal('restarted'), response: v.literal('accepted'), sdpAnswer: sdp }),
  rejected: v.object({ id: v.literal('restarted'), response: v.literal('rejected'), ...refusal }),
};

const mediaServerState = v.picklist(['connecting', 'ready', 'unavailable']);
export type MediaServerState = v.InferOutput<typeof mediaServerState>;
/** Answers `hello`. */
const welcome = v.object({
  id: v.literal('welcome'),
  version: v.literal(1),
  mediaServer: mediaServerState,
  /** Names of overlay images, `/overlays/NAME.png` on the hub; empty where the media server has no FaceOverlayFilter. */
  overlays: v.array(name),
  presenterKeyRequired: v.boolean(),
});
export type Welcome = v.InferOutput<typeof welcome>;
/** Only after `hello`: the media server came or went. After `ready` a client starts its interrupted session anew. */
const mediaServer = v.object({
  id: v.literal('mediaServer'),
  state: mediaServerState,
  message: v.exactOptional(v.string()),
  /** With `ready`: replaces `welcome.overlays`, since what returned may be another media server. */
  overlays: v.exactOptional(v.array(name)),
});
const everywhere = [welcome, mediaServer, iceCandidateMessage, errorMessage] as const;

export const mirrorReply = v.variant('id', [
  ...everywhere,
  v.object({ id: v.literal('startResponse'), sdpAnswer: sdp }),
  restarted.accepted,
  restarted.rejected,
]);
/** A channel on air; the default channel's name is the empty string. */
const channel = v.object({ channel: name, viewers: count, since: v.number() });
export type ChannelOnAir = v.InferOutput<typeof channel>;
export const broadcastReply = v.variant('id', [
  ...everywhere,
  v.object({
    id: v.literal('presenterResponse'),
    response: v.literal('accepted'),
    sdpAnswer: sdp,
    /** Only after `hello`: proves the same presenter after a lost connection. */
    secret: v.exactOptional(secret),
  }),
  v.object({ id: v.literal('presenterResponse'), response: v.literal('rejected'), ...refusal }),
  v.object({ id: v.literal('viewerResponse'), response: v.literal('accepted'), sdpAnswer: sdp }),
  v.object({ id: v.literal('viewerResponse'), response: v.literal('rejected'), ...refusal }),
  restarted.accepted,
  restarted.rejected,
  /** `code` and `message` (extensions) tell why, when it was not the presenter who stopped. */
  v.object({ id: v.literal('stopCommunication'), ...refusal }),
  /** Only after `hello`, at once and whenever it changes. */
  v.object({ id: v.literal('channels'), channels: v.array(channel) }),
]);
export const callReply = v.variant('id', [
  ...everywhere,
  v.object({
    id: v.literal('registerResponse'),
    response: v.literal('accepted'),
    /** Only after `hello`: proves the same identity after a lost connection. */
    secret: v.exactOptional(secret),
    /**
     * Only after `hello`: the call that went on while the connection was lost. `since` in milliseconds since 1970: when
     * it was answered, or else when it began. What the client may have missed of it is sent again after this message.
     */
    resumed: v.exactOptional(
      v.object({
        peer: name,
        callId,
        since: v.number(),
        role: v.picklist(['caller', 'callee']),
        at: v.picklist(['ringing', 'connecting', 'live']),
      }),
    ),
  }),
  v.object({ id: v.literal('registerResponse'), response: v.literal('rejected'), ...refusal }),
  v.object({ id: v.literal('callResponse'), response: v.literal('accepted'), sdpAnswer: sdp, callId }),
  v.object({ id: v.literal('callResponse'), response: v.literal('rejected'), ...refusal, callId }),
  /** Only after `hello`: it rings at the other side. */
  v.object({ id: v.literal('ringing'), to: name, callId }),
  v.object({ id: v.literal('incomingCall'), from: name, callId }),
  v.object({ id: v.literal('startCommunication'), sdpAnswer: sdp, callId }),
  /** Answers `renew`. */
  v.object({ id: v.literal('renewed'), sdpAnswer: sdp, callId }),
  v.object({ ...restarted.accepted.entries, callId }),
  v.object({ ...restarted.rejected.entries, callId }),
  /** `code` and `message` (extensions) tell why; a plain hang-up has none. */
  v.object({ id: v.literal('stopCommunication'), ...refusal, callId }),
  /** Only after `hello`: everyone registered, without oneself. */
  v.object({ id: v.literal('users'), users: v.array(v.object({ name, busy: v.boolean() })) }),
  /** Only after `hello`: the other side's connection is lost for the moment; media goes on, and so may the call. */
  v.object({ id: v.literal('peerConnection'), state: v.picklist(['lost', 'back']) }),
  /** Only to a client that sent `media` in this call on this connection, as the other side did in its own. */
  v.object({ id: v.literal('peerMedia'), ...seenAndHeard, callId }),
]);
export const roomReply = v.variant('id', [
  welcome,
  mediaServer,
  errorMessage,
  /** `secret`: only after `hello`; proves the same member after a lost connection. */
  v.object({ id: v.literal('room_created'), roomId, secret: v.exactOptional(secret) }),
  v.object({ id: v.literal('room_joined'), roomId, secret: v.exactOptional(secret) }),
  v.object({ id: v.literal('full_room'), roomId, ...refusal }),
  v.object({ id: v.literal('start_call') }),
  v.object({ id: v.literal('webrtc_offer'), sdp }),
  v.object({ id: v.literal('webrtc_answer'), sdp }),
  v.object({
    id: v.literal('webrtc_ice_candidate'),
    label: v.exactOptional(v.nullable(count)),
    candidate: v.pipe(v.string(), v.maxLength(MAX_CANDIDATE_LENGTH)),
  }),
  v.object({ id: v.literal('peer_left') }),
]);

export const replyGuards = {
  '/helloworld': mirrorReply,
  '/magicmirror': mirrorReply,
  '/one2many': broadcastReply,
  '/one2one': callReply,
  '/room': roomReply,
} satisfies Record<EndpointPath, v.GenericSchema>;
export interface Replies {
  '/helloworld': v.InferOutput<typeof mirrorReply>;
  '/magicmirror': v.InferOutput<typeof mirrorReply>;
  '/one2many': v.InferOutput<typeof broadcastReply>;
  '/one2one': v.InferOutput<typeof callReply>;
  '/room': v.InferOutput<typeof roomReply>;
}

/** Sentences that the tutorials fixed; scripts written for them compare these. */
export const PRESENTER_BUSY = 'Another user is currently acting as presenter. Try again later ...';
export const NO_PRESENTER = 'No active presenter. Try again later...';
