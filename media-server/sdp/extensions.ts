/** Header extensions by the URIs under which they are negotiated. */

/** Seconds as 6.18 fixed point at the moment of sending; what receivers compute REMB from. */
export const ABS_SEND_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
/** A sequence number over all streams of a transport; what senders estimate their bandwidth with. */
export const TRANSPORT_WIDE_CC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
/** RFC 9143: which section a packet belongs to. */
export const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';
/** RFC 8852: simulcast layer. */
export const RTP_STREAM_ID = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
/** RFC 8852: simulcast layer that a retransmission belongs to. */
export const REPAIRED_RTP_STREAM_ID = 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id';
