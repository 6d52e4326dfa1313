/**
 * The contract between media logic and the wire: a TransportHost owns the UDP ports of one media server, a MediaTransport
 * carries one peer's media over ICE (RFC 8445), DTLS (RFC 6347) and SRTP (RFC 3711, 7714). On this side everything is
 * plain text; SDP, Kurento objects and RTP semantics stay outside.
 *
 * All callbacks come synchronously from the event loop, never from inside the method that caused them to be possible,
 * except where a method says so. They must not throw.
 */
import type { Logger } from '../../protocol/log';
import type { DtlsCertificate, KeyType } from './dtls/certificate';

export type { DtlsCertificate, KeyType };

export type IceRole = 'controlling' | 'controlled';

/** An ICE candidate as RFC 8839 writes it. Only UDP candidates are used; others are accepted and ignored. */
export interface IceCandidate {
  readonly foundation: string;
  /** 1 (RTP, with RTCP multiplexed on it); 2 is ignored. */
  readonly component: 1 | 2;
  readonly protocol: 'udp' | 'tcp';
  /** 32 bits, RFC 8445 section 5.1.2. */
  readonly priority: number;
  /** IPv4 or IPv6 literal; a remote one may be an mDNS name, which is ignored. */
  readonly address: string;
  readonly port: number;
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay';
  readonly relatedAddress: string | undefined;
  readonly relatedPort: number | undefined;
  /** RFC 6544; only with protocol tcp. */
  readonly tcpType: 'active' | 'passive' | 'so' | undefined;
  /** Belongs to these credentials; a candidate of an older generation is ignored. */
  readonly ufrag: string | undefined;
}

export interface IceParameters {
  readonly usernameFragment: string;
  readonly password: string;
}

export interface Fingerprint {
  /** Lower case hash name as in SDP: sha-256, sha-384, sha-512, sha-1. */
  readonly algorithm: string;
  /** Upper case hex pairs with colons. */
  readonly value: string;
}

/** DTLS role that we take: server when we answer `a=setup:passive`. */
export type DtlsRole = 'server' | 'client';

export interface RemoteParameters {
  readonly ice: IceParameters;
  /** The peer's `a=ice-lite`. */
  readonly iceLite?: boolean;
  /** At least one must match the peer's certificate. */
  readonly fingerprints: readonly Fingerprint[];
  /** Our role, decided by SDP. */
  readonly dtlsRole: DtlsRole;
}

export type GatheringState = 'new' | 'gathering' | 'complete';

/**
 * new: nothing known of the peer; checking; connected: a pair carries data; completed: and it is nominated;
 * disconnected: no sign of life for some seconds, may come back; failed: given up until an ICE restart; closed.
 */
export type IceState = 'new' | 'checking' | 'connected' | 'completed' | 'disconnected' | 'failed' | 'closed';

export type DtlsState = 'new' | 'connecting' | 'connected' | 'closed' | 'failed';

export interface CandidatePair {
  readonly local: IceCandidate;
  readonly remote: IceCandidate;
}

export interface TransportStats {
  /** SRTP and SRTCP packets and their bytes on the wire (UDP payload). */
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  /** Not handed to the network: no valid pair, no keys yet, or the operating system refused. */
  readonly packetsDropped: number;
  /** Received but failing authentication, replayed, or malformed. */
  readonly packetsRejected: number;
  /** Milliseconds, smoothed over STUN checks of the selected pair; undefined before the first answer. */
  readonly roundTripTime: number | undefined;
  readonly selectedPair: CandidatePair | undefined;
  readonly iceState: IceState;
  readonly dtlsState: DtlsState;
  readonly srtpProfile: SrtpProfileName | undefined;
}

export type SrtpProfileName = 'AEAD_AES_128_GCM' | 'AES_CM_128_HMAC_SHA1_80';

/** What a MediaTransport tells its owner. Every method may be left out but the two that carry media. */
export interface TransportListener {
  /**
   * One authentic RTP packet, decrypted, replay-checked; `packet` is the receiver's to keep and stays unchanged.
   * `arrival` is performance.now() in milliseconds when it was read from the socket.
   */
  rtp(packet: Buffer, arrival: number): void;
  /** One authentic RTCP compound packet, decrypted. */
  rtcp(packet: Buffer, arrival: number): void;
  localCandidate?(candidate: IceCandidate): void;
  gatheringStateChanged?(state: GatheringState): void;
  iceStateChanged?(state: IceState): void;
  selectedPairChanged?(pair: CandidatePair): void;
  /** `connected` means that media can be sent. `closed`: the peer said goodbye (close_notify). */
  dtlsStateChanged?(state: DtlsState, error?: Error): void;
  /** Opened by the peer; ready to send. */
  dataChannel?(channel: DataChannel): void;
  /** The SCTP association of the data channels. */
  sctpStateChanged?(state: 'connecting' | 'connected' | 'closed'): void;
}

export interface MediaTransportOptions {
  readonly listener: TransportListener;
  /** The offering side is controlling. Changes by itself on a role conflict or against an ICE-lite peer. */
  readonly role: IceRole;
  /** Shown to the peer; default: the host's own. */
  readonly certificate?: DtlsCertificate | undefined;
  readonly stunServers?: readonly StunServer[];
  readonly turnServers?: readonly TurnServer[];
  /** Names of network interfaces to offer; all when empty. */
  readonly networkInterfaces?: readonly string[];
  /** Addresses offered in place of the host candidates of that family (1:1 NAT). */
  readonly externalIPv4?: string;
  readonly externalIPv6?: string;
  /** Only relayed candidates are offered and used. */
  readonly relayOnly?: boolean;
  readonly logger?: Logger;
}

export interface StunServer {
  /** Name or address. */
  readonly host: string;
  readonly port: number;
}

export interface TurnServer extends StunServer {
  readonly username: string;
  readonly password: string;
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** PEM; who may vouch for the server with `tls`. Default: those that Node.js trusts. */
  readonly certificateAuthorities?: string | undefined;
}

export interface MediaTransport {
  readonly localIce: IceParameters;
  /** Of the server's certificate; sha-256. */
  readonly localFingerprint: Fingerprint;
  readonly role: IceRole;
  readonly gatheringState: GatheringState;
  readonly iceState: IceState;
  readonly dtlsState: DtlsState;
  readonly selectedPair: CandidatePair | undefined;
  /** True while sendRtp can succeed: a valid pair and keys. */
  readonly writable: boolean;
  readonly remoteCertificate: Buffer | undefined;

  /** Starts gathering: host candidates come in the next turn of the event loop, others when servers answer. */
  gatherCandidates(): void;
  /** All candidates gathered so far. */
  localCandidates(): readonly IceCandidate[];
  /**
   * The peer's side as its SDP says. May be called again: with new ICE credentials it completes an ICE restart
   * (restartIce first, when we answer), with new fingerprints a new DTLS association begins.
   */
  setRemote(remote: RemoteParameters): void;
  /** Accepted before and after setRemote; useless ones (TCP, mDNS, component 2, too many) are ignored. */
  addRemoteCandidate(candidate: IceCandidate): void;
  /** The peer has said that no more candidates follow. Informational. */
  endOfRemoteCandidates(): void;
  /** New credentials; media goes on over the old pair until a new one is nominated. Gathers again by itself. */
  restartIce(): IceParameters;

  /**
   * Encrypts and sends one RTP packet made of a header (with extensions, from byte 0) and a payload range. Never throws,
   * never waits: false when it could not be handed to the network. `header` may be reused after the call.
   *
   * One SSRC and sequence number must carry one content only, header and extensions included: a packet that is sent
   * again is sent bit by bit as before (an abs-send-time that moved on would give AES-GCM's key away), or as RTX.
   */
  sendRtp(
    header: Buffer,
    headerLength: number,
    payload: Buffer,
    payloadStart: number,
    payloadEnd: number,
  ): boolean;
  /** Encrypts and sends one RTCP compound packet. `packet` may be reused after the call. */
  sendRtcp(packet: Buffer): boolean;

  /** After setRemote: SCTP (RFC 8831) starts as soon as DTLS is connected. Needed before any data channel is used. */
  enableDataChannels(options: { remotePort: number; maxMessageSize?: number }): void;
  /** Opens a channel; `open` comes when the peer has it. Throws TransportError when there are too many. */
  createDataChannel(options: DataChannelOptions): DataChannel;

  stats(): TransportStats;
  /** Says goodbye to the peer (DTLS close_notify) and releases everything. Idempotent; no callback follows. */
  close(): void;
}

export interface DataChannelOptions {
  readonly label: string;
  readonly protocol?: string;
  /** Default true. */
  readonly ordered?: boolean;
  /** At most one of the two; none means reliable. */
  readonly maxRetransmits?: number;
  readonly maxPacketLifeTime?: number;
}

export interface DataChannelListener {
  open?(): void;
  /** `text` tells a string (UTF-8) from binary. */
  message?(data: Buffer, text: boolean): void;
  closed?(): void;
}

export interface DataChannel {
  /** SCTP stream number; undefined until the association stands. */
  readonly id: number | undefined;
  readonly label: string;
  readonly protocol: string;
  readonly ordered: boolean;
  readonly maxRetransmits: number | undefined;
  readonly maxPacketLifeTime: number | undefined;
  readonly state: 'connecting' | 'open' | 'closing' | 'closed';
  /** Bytes accepted by send and not yet given to SCTP. */
  readonly bufferedAmount: number;
  readonly messagesSent: number;
  readonly bytesSent: number;
  readonly messagesReceived: number;
  readonly bytesReceived: number;
  listener: DataChannelListener;
  /** False when the channel is not open, the message too large or too much is buffered already. */
  send(data: Buffer, text: boolean): boolean;
  close(): void;
}

export interface TransportHostOptions {
  /** UDP port shared by all transports; 0 or absent: any free one. */
  readonly port?: number;
  /** Used when `port` is absent: the first free port of the range, both ends included. */
  readonly portRange?: { readonly min: number; readonly max: number };
  /** Local addresses to use; default: all of all interfaces, loopback included, IPv6 link-local excluded. */
  readonly listenAddresses?: readonly string[];
  /** Names of interfaces to use; default all. */
  readonly networkInterfaces?: readonly string[];
  /** Offered in addition to the host candidates, on the same port (a server behind 1:1 NAT). */
  readonly announcedAddresses?: readonly string[];
  /** PEM; default: an ECDSA P-256 certificate made at start. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** SRTP profiles in order of preference; default GCM before CM with HMAC-SHA1. */
  readonly srtpProfiles?: readonly SrtpProfileName[];
  /** Threads that encrypt and send for those who come when there are many; without it everything happens in this one. */
  readonly sending?: {
    /** send-worker, as a file that Node can run. */
    readonly workerFile: string;
    readonly threads: number;
    /** So many transports are served by this thread; default 128. */
    readonly sendersBeforeThreads?: number;
  };
  /** False forces unconnected sending from the shared socket (the way of systems where sockets cannot share a port). */
  readonly connectedSockets?: boolean;
  readonly logger?: Logger;
}

export interface HostStats {
  readonly transports: number;
  readonly sockets: number;
  /** Datagrams that belonged to no transport. */
  readonly strayPackets: number;
  readonly sendingThreads: number;
}

export interface TransportHost {
  /** The shared UDP port. */
  readonly port: number;
  readonly fingerprint: Fingerprint;
  createTransport(options: MediaTransportOptions): MediaTransport;
  stats(): HostStats;
  /** Closes all transports and sockets. Idempotent. */
  close(): Promise<void>;
}
