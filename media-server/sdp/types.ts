/**
 * What a session description means, once its text is read: the peer's side (RemoteDescription), our side (LocalOptions)
 * and what both agreed on (Negotiated). Text, line order and history of attributes stay inside this folder.
 */
import type { Codec, CodecName, MediaKind } from '../flow';

/** Seen from whoever wrote the section. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** RFC 8122: `algorithm` in lower case (`sha-256`), `value` in upper-case hex with colons. */
export interface Fingerprint {
  readonly algorithm: string;
  readonly value: string;
}

export type CandidateType = 'host' | 'srflx' | 'prflx' | 'relay';

/** One ICE candidate (RFC 8839 section 5.1). `address` may be a name (mDNS). */
export interface Candidate {
  readonly foundation: string;
  /** 1 is RTP, 2 RTCP. */
  readonly component: 1 | 2;
  readonly protocol: 'udp' | 'tcp';
  readonly priority: number;
  readonly address: string;
  readonly port: number;
  readonly type: CandidateType;
  readonly relatedAddress: string | undefined;
  readonly relatedPort: number | undefined;
  /** RFC 6544; only with protocol tcp. */
  readonly tcpType: 'active' | 'passive' | 'so' | undefined;
  /** The generation's user fragment where the peer adds it: tells candidates of an older ICE session apart. */
  readonly ufrag: string | undefined;
}

/** RFC 8842: who opens the DTLS handshake. */
export type Setup = 'actpass' | 'active' | 'passive' | 'holdconn';

export interface RemoteTransport {
  readonly iceUfrag: string | undefined;
  readonly icePwd: string | undefined;
  readonly iceOptions: readonly string[];
  readonly iceLite: boolean;
  readonly fingerprints: readonly Fingerprint[];
  readonly setup: Setup | undefined;
  /** Candidates written into the description; a trickling peer has none here. */
  readonly candidates: readonly Candidate[];
  readonly endOfCandidates: boolean;
}

/** What a peer wants to be told about a codec's stream (RFC 4585, RFC 5104 and Google's two). */
export interface Feedback {
  readonly nack: boolean;
  readonly nackPli: boolean;
  readonly ccmFir: boolean;
  readonly googRemb: boolean;
  readonly transportCc: boolean;
}

/** A payload type with a codec that this server can forward. */
export interface PayloadCodec {
  readonly payloadType: number;
  readonly codec: Codec;
  readonly feedback: Feedback;
  /** RFC 4588: the payload type of its retransmissions. */
  readonly rtxPayloadType: number | undefined;
}

/** A payload type that carries something else: RED, FEC, comfort noise, DTMF, or a codec that is not forwarded. */
export interface OtherPayload {
  readonly payloadType: number;
  /** As written in the rtpmap, lower case; empty without rtpmap. */
  readonly name: string;
}

/** One stream of an `a=ssrc` block, with its retransmission stream joined to it. */
export interface RemoteSsrc {
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
  readonly cname: string | undefined;
  /** `stream track` identification of Plan B and Unified Plan. */
  readonly msid: string | undefined;
}

/** A simulcast layer by its RTP stream id (RFC 8851), in the peer's order of preference. */
export interface RemoteRid {
  readonly rid: string;
  readonly paused: boolean;
}

/** Kbit/s of `b=AS`, or `b=TIAS` divided by 1000. */
export interface Bandwidth {
  readonly as: number | undefined;
  readonly tias: number | undefined;
}

interface RemoteSectionBase {
  /** Position of the m-line, from 0. */
  readonly index: number;
  /** Empty when the peer uses none. */
  readonly mid: string;
  /** As written: `UDP/TLS/RTP/SAVPF`. */
  readonly protocol: string;
  /** Port 0 without `a=bundle-only`: the peer offers nothing here (or refused it). */
  readonly rejected: boolean;
  readonly transport: RemoteTransport;
}

export interface RemoteMediaSection extends RemoteSectionBase {
  readonly kind: MediaKind;
  readonly direction: Direction;
  readonly rtcpMux: boolean;
  readonly rtcpReducedSize: boolean;
  /** In the peer's order of preference. */
  readonly codecs: readonly PayloadCodec[];
  readonly otherPayloads: readonly OtherPayload[];
  /** Header extensions: URI → id. */
  readonly extensions: ReadonlyMap<string, number>;
  /** In order of appearance; several without rids is Plan B or ssrc simulcast. */
  readonly ssrcs: readonly RemoteSsrc[];
  /** Primary ssrcs of an `a=ssrc-group:SIM`, lowest layer first; empty without. */
  readonly simulcastSsrcs: readonly number[];
  /** What the peer offers to send as simulcast (`a=rid` with `a=simulcast:send`). */
  readonly sendRids: readonly RemoteRid[];
  readonly msid: string | undefined;
  readonly bandwidth: Bandwidth;
}

export interface RemoteDataSection extends RemoteSectionBase {
  readonly kind: 'data';
  readonly sctpPort: number;
  /** Bytes of one message that the peer accepts; RFC 8841 default 65536 when it says nothing. */
  readonly maxMessageSize: number;
  /** The draft syntax (`DTLS/SCTP 5000` with `a=sctpmap`) of old browsers: answered in kind. */
  readonly legacySyntax: boolean;
}

/** A section of a kind or protocol this server knows nothing about: answered as refused. */
export interface RemoteOtherSection extends RemoteSectionBase {
  readonly kind: 'other';
  /** First word and formats of the m-line, to be repeated in the refusal. */
  readonly media: string;
  readonly formats: string;
}

export type RemoteSection = RemoteMediaSection | RemoteDataSection | RemoteOtherSection;

export interface RemoteDescription {
  readonly sections: readonly RemoteSection[];
  /** Mids of each `a=group:BUNDLE`. */
  readonly bundles: readonly (readonly string[])[];
  readonly extmapAllowMixed: boolean;
  /** True when the description says `a=msid-semantic`, so that an answer repeats it. */
  readonly msidSemantic: boolean;
}

/** What identifies one of our transports in a description. */
export interface LocalTransport {
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly fingerprint: Fingerprint;
  /** Candidates gathered already; usually none, they trickle. */
  readonly candidates?: readonly Candidate[];
}

/** How we want to negotiate; everything that has no default is identity. */
export interface LocalOptions {
  /** Number of the `o=` line (unsigned, below 2^53); a later description of the session uses the same. */
  readonly sessionId: number;
  /** `o=` version; default: the sessionId, as KMS does. */
  readonly sessionVersion?: number;
  readonly cname: string;
  /** The transport that carries BUNDLE group or unbundled section number `index`; undefined refuses what would need it. */
  readonly transport: (index: number) => LocalTransport | undefined;
  /** Our SSRCs for that kind, asked once per section; a later negotiation of the same session gives the same ones. */
  readonly stream: (kind: MediaKind) => { readonly ssrc: number; readonly rtxSsrc: number };
  /** What the endpoint may do at most, seen from us; default sendrecv. */
  readonly direction?: Exclude<Direction, 'inactive'>;
  /** Video codecs in the order in which we want them; the peer's order decides when absent. Unlisted ones are refused. */
  readonly videoCodecs?: readonly CodecName[];
  readonly audioCodecs?: readonly CodecName[];
  /** Keep the peer's order even where videoCodecs/audioCodecs are given (they then only filter). Default false. */
  readonly keepPeerOrder?: boolean;
  /** Accept (or offer) retransmission streams, RFC 4588. Default false, as KMS. */
  readonly rtx?: boolean;
  /** Accept simulcast by rid. Default true. */
  readonly simulcast?: boolean;
  /** Accept (or offer) a data section. Default false: it is refused. */
  readonly data?: boolean;
  /** Bytes of one data channel message that we accept; default 262144. */
  readonly maxMessageSize?: number;
  /**
   * kbit/s at which the peer's video may begin, for browsers that let themselves be told (Chromium's fmtp entry
   * x-google-start-bitrate); they begin at 300 otherwise, and a first picture takes as long as that lets it.
   */
  readonly startBitrate?: number;
  /** `b=AS` lines, kbit/s: what the peer may send at most. */
  readonly maxReceiveBandwidth?: { readonly audio?: number; readonly video?: number };
}

/** For our own offers. */
export interface OfferOptions extends LocalOptions {
  /** Default true. */
  readonly audio?: boolean;
  /** Default true. */
  readonly video?: boolean;
}

export interface LocalStream {
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
  readonly cname: string;
}

/** One media section as agreed (or refused). */
export interface NegotiatedMedia {
  readonly index: number;
  readonly mid: string;
  readonly kind: MediaKind;
  readonly accepted: boolean;
  /** Seen from us. */
  readonly direction: Direction;
  /** direction says that we send; false when refused. */
  readonly sends: boolean;
  readonly receives: boolean;
  /**
   * All common codecs in the order of the answer: the first is what a browser sends by default. Payload types are
   * those that both sides use. Codecs that differ in profile only are several entries.
   */
  readonly codecs: readonly PayloadCodec[];
  /** The first of codecs: what we send unless a source needs another one (see codecForSource). */
  readonly preferred: PayloadCodec | undefined;
  /** Accepted header extensions: URI → id, the same both ways. */
  readonly extensions: ReadonlyMap<string, number>;
  readonly rtcpMux: boolean;
  readonly rtcpReducedSize: boolean;
  readonly local: LocalStream | undefined;
  /** Streams announced by the peer; empty when it announces none (then the mid extension or payload types tell). */
  readonly remoteSsrcs: readonly RemoteSsrc[];
  readonly remoteSimulcastSsrcs: readonly number[];
  /** Simulcast layers that the peer will send; empty without simulcast. */
  readonly remoteRids: readonly RemoteRid[];
  /** What the peer accepts from us at most, kbit/s. */
  readonly remoteBandwidth: Bandwidth;
  /** Index into Negotiated.transports; undefined when refused. */
  readonly transport: number | undefined;
}

export interface NegotiatedData {
  readonly index: number;
  readonly mid: string;
  readonly kind: 'data';
  readonly accepted: boolean;
  readonly sctpPort: number;
  readonly remoteMaxMessageSize: number;
  readonly transport: number | undefined;
}

/** One ICE/DTLS transport and the sections that share it. */
export interface NegotiatedTransport {
  readonly index: number;
  /** First is the tagged section, whose candidates count. */
  readonly mids: readonly string[];
  readonly remote: RemoteTransport;
  /** 'server' waits for the peer's ClientHello. */
  readonly dtlsRole: 'server' | 'client';
}

export interface Negotiated {
  readonly media: readonly NegotiatedMedia[];
  /** The accepted section of that kind, if there is one: a server endpoint carries one of each. */
  readonly audio: NegotiatedMedia | undefined;
  readonly video: NegotiatedMedia | undefined;
  readonly data: NegotiatedData | undefined;
  readonly transports: readonly NegotiatedTransport[];
}
