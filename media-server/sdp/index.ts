/** Session descriptions: what peers offer, what we answer, what both agreed on. Pure; whoever has sockets is elsewhere. */
export { buildAnswer, type Answer } from './answer';
export { formatCandidate, parseCandidate } from './candidate';
export { codecForSource, codecNamed, DEFAULT_AUDIO_CODECS, DEFAULT_VIDEO_CODECS, sameCodec } from './codecs';
export { SdpError } from './error';
export { ABS_SEND_TIME, MID, REPAIRED_RTP_STREAM_ID, RTP_STREAM_ID, TRANSPORT_WIDE_CC } from './extensions';
export { acceptAnswer, buildOffer, type LocalOffer } from './offer';
export { parseRemote } from './parse';
export type * from './types';
