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
/** Each offer makes a media server work: people press a button, recovering clients try again; nothing needs more. */
export const MAX_OFFERS_PER_SECOND = 5;
/** Offers at once, before the rate counts. */
export const MAX_OFFERS_AT_ONCE = 100;
/** Tokens and keys that a client remembers. */
export const MAX_SECRET_LENGTH = 256;

/** Milliseconds between two pings of the hub to each of its sockets; browsers answer them without the page's help. */
export const HEARTBEAT_INTERVAL_MS = 2_500;
/** A socket that is silent for so long is dead: with the interval before it, noticed within ten seconds. */
export const HEARTBEAT_SILENCE_MS = 7_500;
/** Unsent bytes to one client. All its messages together are some 100 KB: one that lags by so much does not read. */
export const MAX_UNSENT_BYTES = 2 * 1024 * 1024;
/** WebSocket connections to one hub. */
export const MAX_CONNECTIONS = 1_000;
/** The same from one address beyond loopback: a whole classroom behind one router. */
export const MAX_CONNECTIONS_PER_ADDRESS = 200;

/** Bytes of a recording at once: a second of its picture has less, more comes in pieces. */
export const MAX_RECORDING_CHUNK = 1024 * 1024;
/** Recordings at the same time; one window makes one. */
export const MAX_RECORDINGS = 4;
