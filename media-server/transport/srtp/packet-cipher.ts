/** Seals the RTP packets of one SSRC. */
export interface StreamSealer {
  /**
   * Encrypts `packet[headerLength..length)` in place and appends the tag; there must be room. Returns the new length.
   * The same rollover and sequence must never be sealed twice with different content.
   */
  sealRtp(packet: Buffer, headerLength: number, length: number, rollover: number, sequence: number): number;
}

/**
 * What both protection profiles do to a packet, in place. Sequence numbers, roll-over and replay are decided outside; the
 * directions have keys of their own.
 */
export interface PacketSealer {
  /** Where packets are best assembled before they are sealed; may be shared with other ciphers. 2 KiB. */
  readonly packet: Buffer;
  /** True: sealing two contents under one sequence number gives the key away (GCM); the sender must prevent it. */
  readonly fragile: boolean;
  /** Bytes that RTP grows by. */
  readonly rtpOverhead: number;
  /** Bytes that RTCP grows by, index included. */
  readonly rtcpOverhead: number;
  /** To be asked for once per SSRC. */
  stream(ssrc: number): StreamSealer;
  sealRtcp(packet: Buffer, length: number, ssrc: number, index: number): number;
  /** Forgets what it keeps of the keys. */
  close(): void;
}

/** One packet of one stream, in place: see `StreamSealer.sealRtp` and `PacketOpener.openRtp` for what it returns. */
type PacketOperation = (
  packet: Buffer,
  headerLength: number,
  length: number,
  ssrc: number,
  rollover: number,
  sequence: number,
) => number;

/** Seals with the cipher's own method, for ciphers that keep nothing of a stream. */
export function streamOf(cipher: { readonly sealRtp: PacketOperation }, ssrc: number): StreamSealer {
  return {
    sealRtp: (packet, headerLength, length, rollover, sequence) =>
      cipher.sealRtp(packet, headerLength, length, ssrc, rollover, sequence),
  };
}

export interface PacketOpener {
  /** Bytes that RTCP shrinks by, index included. */
  readonly rtcpOverhead: number;
  /** Decrypts in place; returns the length of the plain packet, or -1, and the packet as it was, when it is not authentic. */
  readonly openRtp: PacketOperation;
  openRtcp(packet: Buffer, length: number): number;
  /** Forgets what it keeps of the keys. */
  close(): void;
}

/**
 * Packets are sealed and sent in one go, so all ciphers of a thread share one buffer. Should the system refuse a packet,
 * Node sends it later from this same memory: what then leaves is some other packet's cipher text, which the receiver
 * discards, just as if the packet had been lost.
 */
export const sharedPacket = Buffer.alloc(2_048);

/** Set in the index word of an encrypted SRTCP packet. */
export const RTCP_ENCRYPTED = 0x80000000;
/** The part of an RTCP packet that stays readable: the first header and its SSRC. */
export const RTCP_CLEAR = 8;
