/** Bounds of everything that comes from a socket; each says why it has its size. */

/** A Chromium offer with every codec and simulcast stays under 20 KB; ten times that is still nothing. */
export const MAX_SDP_LENGTH = 200_000;
/** One signaling frame: an SDP and a little JSON around it. */
export const MAX_SIGNALING_FRAME = 256 * 1024;
/** An ICE candidate line is some 150 characters; TURN user names make it longer. */
export const MAX_CANDIDATE_LENGTH = 2_048;
/** A browser with many interfaces, TCP and TURN gathers some 60 candidates per media section. */
export const MAX_QUEUED_CANDIDATES = 256;
/** Names, channels and rooms: a line of text on a screen. */
export const MAX_NAME_LENGTH = 64;
/** Free text that a peer may send, such as the reason for declining. */
export const MAX_TEXT_LENGTH = 500;
/** A joining client sends an offer and some 100 candidates within a second; no honest client sustains this rate. */
export const MAX_MESSAGES_PER_SECOND = 200;
/** Tokens and keys that a client remembers. */
export const MAX_SECRET_LENGTH = 256;
