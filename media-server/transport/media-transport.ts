/**
 * One peer: ICE decides where packets go, DTLS makes the keys, SRTP uses them. This class joins the three and is what
 * media logic sees. The path of a packet through it is short on purpose: copy into one buffer, encrypt there, send.
 */
import { silentLogger, type Logger } from '../../protocol/log';
import type { DtlsCertificate } from './dtls/certificate';
import { DtlsConnection } from './dtls/connection';
import { CandidateGatherer } from './ice/gatherer';
import { IceAgent, type AgentEvents } from './ice/agent';
import type { Base } from './ice/candidate';
import type { IcePair } from './ice/generation';
import type { DatagramReceiver } from './remote-table';
import { profileById, type SrtpProfile } from './srtp/profile';
import { DataChannels, MAX_MESSAGE_SIZE } from './sctp/data-channels';
import { makeOpener, SrtpReceiver } from './srtp/srtp-session';
import type { PacketSender } from './sending/packet-sender';
import type { LegListener } from './sending/sender-pool';
import type { SendPath } from './sending/send-protocol';
import type { Timer } from './timers';
import { TransportError } from './transport-error';
import { HostBase, type HostServices } from './transport-host';
import type {
  CandidatePair,
  DataChannel,
  DataChannelOptions,
  DtlsState,
  Fingerprint,
  GatheringState,
  IceCandidate,
  IceParameters,
  IceRole,
  IceState,
  MediaTransport,
  MediaTransportOptions,
  RemoteParameters,
  TransportListener,
  TransportStats,
} from './types';
import type { PeerSocket } from './peer-socket';

/** A peer has few addresses at a time; who moves around the world leaves the oldest behind. */
const MAX_VALIDATED = 16;
/** After a change of path, packets still on their way arrive at the old socket. */
const OLD_SOCKET_GRACE = 2_000;

interface RemotePoint {
  readonly base: Base;
  readonly address: string;
  readonly port: number;
}

export class WireTransport implements MediaTransport, DatagramReceiver, LegListener {
  readonly #host: HostServices;
  readonly #certificate: DtlsCertificate;
  readonly #listener: TransportListener;
  readonly #logger: Logger;
  readonly #agent: IceAgent;
  readonly #gatherer: CandidateGatherer;
  readonly #validated: RemotePoint[] = [];
  #closed = false;

  #path: RemotePoint | undefined;
  #socket: PeerSocket | undefined;
  #selected: CandidatePair | undefined;
  readonly #oldSockets = new Map<PeerSocket, Timer>();

  #dtls: DtlsConnection | undefined;
  #dtlsState: DtlsState = 'new';
  #remote: RemoteParameters | undefined;
  #profile: SrtpProfile | undefined;
  #channels: DataChannels | undefined;
  #sender: PacketSender | undefined;
  #receiver: SrtpReceiver | undefined;

  #packetsSent = 0;
  #bytesSent = 0;
  #packetsReceived = 0;
  #bytesReceived = 0;
  #packetsDropped = 0;
  #packetsRejected = 0;

  constructor(host: HostServices, options: MediaTransportOptions) {
    this.#host = host;
    this.#certificate = options.certificate ?? host.certificate;
    this.#listener = options.listener;
    this.#logger = options.logger ?? silentLogger;
    const events: AgentEvents = {
      stateChanged: (state) => this.#listener.iceStateChanged?.(state),
      pairSelected: (pair, description) => this.#usePair(pair, description),
      remoteValidated: (base, address, port, proven) => this.#validate(base, address, port, proven),
    };
    this.#agent = new IceAgent({
      role: options.role,
      registry: host.registry,
      events,
      timers: host.timers,
      relayOnly: options.relayOnly ?? false,
    });
    this.#gatherer = new CandidateGatherer(host, this.#agent, options, this.#logger, {
      candidate: (candidate) => this.#listener.localCandidate?.(candidate),
      stateChanged: (state) => this.#listener.gatheringStateChanged?.(state),
      relayed: (datagram, base, address, port) => this.#receiveRelayed(datagram, base, address, port),
    });
  }

  // ---- what it is

  get localIce(): IceParameters {
    return this.#agent.local;
  }
  get localFingerprint(): Fingerprint {
    return this.#certificate.fingerprint;
  }
  get role(): IceRole {
    return this.#agent.role;
  }
  get gatheringState(): GatheringState {
    return this.#gatherer.state;
  }
  get iceState(): IceState {
    return this.#agent.state;
  }
  get dtlsState(): DtlsState {
    return this.#dtlsState;
  }
  get selectedPair(): CandidatePair | undefined {
    return this.#selected;
  }
  get writable(): boolean {
    return this.#sender !== undefined && this.#path !== undefined;
  }
  get remoteCertificate(): Buffer | undefined {
    return this.#dtls?.remoteCertificate;
  }

  stats(): TransportStats {
    return {
      packetsSent: this.#packetsSent - (this.#sender?.droppedLater ?? 0),
      bytesSent: this.#bytesSent,
      packetsReceived: this.#packetsReceived,
      bytesReceived: this.#bytesReceived,
      packetsDropped: this.#packetsDropped + (this.#sender?.droppedLater ?? 0),
      packetsRejected: this.#packetsRejected,
      roundTripTime: this.#agent.roundTripTime,
      selectedPair: this.#selected,
      iceState: this.#agent.state,
      dtlsState: this.#dtlsState,
      srtpProfile: this.#profile?.name,
    };
  }

  // ---- negotiation

  gatherCandidates(): void {
    if (!this.#closed) this.#gatherer.start();
  }

  localCandidates(): readonly IceCandidate[] {
    return this.#gatherer.candidates;
  }

  setRemote(remote: RemoteParameters): void {
    if (this.#closed) return;
    const before = this.#remote;
    this.#remote = remote;
    if (before === undefined || !sameFingerprints(before, remote) || before.dtlsRole !== remote.dtlsRole) {
      this.#newAssociation(remote);
    }
    this.#agent.setRemote(remote.ice, remote.iceLite ?? false);
  }

  addRemoteCandidate(candidate: IceCandidate): void {
    if (!this.#closed) this.#agent.addRemoteCandidate(candidate);
  }

  endOfRemoteCandidates(): void {
    // Peer-reflexive candidates may still come: there is nothing to conclude from it.
  }

  restartIce(): IceParameters {
    if (this.#closed) return this.#agent.local;
    const parameters = this.#agent.restart();
    this.#gatherer.restart();
    return parameters;
  }

  // ---- ICE's decisions

  #validate(base: Base, address: string, port: number, proven: boolean): void {
    if (this.#closed || base.remotes.find(address, port) === this) return;
    if (!base.remotes.add(address, port, this, proven)) return;
    this.#validated.push({ base, address, port });
    if (this.#validated.length > MAX_VALIDATED) {
      const oldest = this.#validated.findIndex((point) => !samePoint(point, this.#path));
      for (const point of this.#validated.splice(oldest, 1))
        point.base.remotes.remove(point.address, point.port, this);
    }
  }

  #usePair({ base, remote }: IcePair, description: CandidatePair): void {
    this.#selected = description;
    const before = this.#path;
    this.#path = { base, address: remote.address, port: remote.port };
    if (!samePoint(this.#path, before)) {
      this.#retireSocket();
      if (this.#sender?.ownsSocket) this.#sender.setPath(this.#sendPath());
      else if (base instanceof HostBase) this.#socket = this.#host.connect(base, remote.address, remote.port);
    }
    this.#logger.debug({ local: description.local.type, remote: description.remote.type }, 'pair selected');
    this.#listener.selectedPairChanged?.(description);
    this.#dtls?.start();
  }

  /** The path for somebody who connects a socket to it; undefined where that cannot be. */
  #sendPath(): SendPath | undefined {
    const path = this.#path;
    if (!path || !(path.base instanceof HostBase) || !path.base.socket.shared) return undefined;
    const { family, address, port } = path.base;
    return { family, localAddress: address, localPort: port, address: path.address, port: path.port };
  }

  #retireSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    const timer = this.#host.timers.after(OLD_SOCKET_GRACE, () => {
      this.#oldSockets.delete(socket);
      socket.close();
    });
    this.#oldSockets.set(socket, timer);
  }

  // ---- as the output of its sender

  sealed(datagram: Buffer): boolean {
    if (this.#socket !== undefined) return this.#socket.send(datagram);
    // The handshake may begin before our own check is answered; by then the peer has proved that it knows the password.
    const path = this.#path ?? this.#validated[this.#validated.length - 1];
    return path !== undefined && path.base.send(datagram, path.address, path.port);
  }

  senderFailed(): void {
    this.#setDtlsState('failed', new TransportError('closed', 'the sending thread ended'));
  }

  // ---- datagrams

  receive(datagram: Buffer): void {
    const first = datagram[0]!;
    if (first >= 128 && first < 192) this.#receiveSrtp(datagram);
    else if (first >= 20 && first < 64) {
      // Without the peer's fingerprints nobody can be authenticated; the peer will repeat itself.
      this.#dtls?.receive(datagram);
    } else this.#packetsRejected += 1;
  }

  #receiveRelayed(datagram: Buffer, base: Base, address: string, port: number): void {
    if (datagram.length === 0) return;
    if (datagram[0]! < 2) this.#host.receiveStun(datagram, base, address, port);
    else base.remotes.find(address, port)?.receive(datagram, base, address, port);
  }

  #receiveSrtp(datagram: Buffer): void {
    const receiver = this.#receiver;
    if (receiver === undefined || datagram.length < 12) {
      this.#packetsRejected += 1;
      return;
    }
    const arrival = performance.now();
    const size = datagram.length;
    // RFC 5761: RTCP packet types 192 to 223 are where RTP has its marker and payload type.
    const second = datagram[1]!;
    const isRtcp = second >= 192 && second < 224;
    const plain = isRtcp ? receiver.unprotectRtcp(datagram) : receiver.unprotectRtp(datagram);
    if (plain === undefined) {
      this.#packetsRejected += 1;
      return;
    }
    this.#packetsReceived += 1;
    this.#bytesReceived += size;
    this.#agent.heard(arrival);
    try {
      if (isRtcp) this.#listener.rtcp(plain, arrival);
      else this.#listener.rtp(plain, arrival);
    } catch (error) {
      this.#logger.error({ error: String(error) }, 'a packet was not handled');
    }
  }

  sendRtp(
    header: Buffer,
    headerLength: number,
    payload: Buffer,
    payloadStart: number,
    payloadEnd: number,
  ): boolean {
    if (this.#path === undefined) return this.#count(-1);
    return this.#count(this.#sender?.sendRtp(header, headerLength, payload, payloadStart, payloadEnd) ?? -1);
  }

  sendRtcp(packet: Buffer): boolean {
    if (this.#path === undefined) return this.#count(-1);
    return this.#count(this.#sender?.sendRtcp(packet) ?? -1);
  }

  #count(length: number): boolean {
    if (length < 0) {
      this.#packetsDropped += 1;
      return false;
    }
    this.#packetsSent += 1;
    this.#bytesSent += length;
    return true;
  }

  // ---- DTLS

  #newAssociation(remote: RemoteParameters): void {
    this.#dtls?.close();
    this.#channels?.close();
    this.#channels = undefined;
    this.#forgetKeys();
    this.#profile = undefined;
    const dtls = new DtlsConnection({
      role: remote.dtlsRole,
      certificate: this.#certificate,
      remoteFingerprints: remote.fingerprints,
      srtpProfiles: this.#host.srtpProfiles,
      timers: this.#host.timers,
      send: (datagram) => void this.sealed(datagram),
      connecting: () => this.#setDtlsState('connecting'),
      connected: () => this.#secured(dtls),
      data: (message) => this.#channels?.receive(message),
      closed: () => this.#setDtlsState('closed'),
      failed: (error) => this.#setDtlsState('failed', error),
    });
    this.#dtls = dtls;
    this.#setDtlsState('new');
    if (this.#path) dtls.start();
  }

  #secured(dtls: DtlsConnection): void {
    const profile = profileById(dtls.srtpProfile);
    if (!profile) return;
    const keys = dtls.exportSrtpKeys(profile.keyLength, profile.saltLength);
    this.#profile = profile;
    this.#sender = this.#host.openSender(profile, keys, this.#sendPath(), this);
    if (this.#sender.ownsSocket) this.#retireSocket();
    this.#receiver = new SrtpReceiver(makeOpener(profile, keys.remoteKey, keys.remoteSalt));
    this.#setDtlsState('connected');
    this.#channels?.start();
  }

  #forgetKeys(): void {
    this.#sender?.close();
    // Its last word.
    const dropped = this.#sender?.droppedLater ?? 0;
    this.#packetsSent -= dropped;
    this.#packetsDropped += dropped;
    this.#sender = undefined;
    this.#receiver?.close();
    this.#receiver = undefined;
  }

  #setDtlsState(state: DtlsState, error?: Error): void {
    if (this.#closed || state === this.#dtlsState) return;
    this.#dtlsState = state;
    if (state === 'closed' || state === 'failed') {
      this.#forgetKeys();
      this.#channels?.close();
      this.#channels = undefined;
    }
    if (error) this.#logger.warn({ error: error.message }, 'DTLS failed');
    this.#listener.dtlsStateChanged?.(state, error);
  }

  // ---- data channels

  enableDataChannels({ remotePort, maxMessageSize }: { remotePort: number; maxMessageSize?: number }): void {
    const remote = this.#remote;
    if (this.#closed || this.#channels || remote === undefined) return;
    const channels = new DataChannels({
      dtlsRole: remote.dtlsRole,
      remotePort,
      remoteMaxMessageSize: maxMessageSize ?? MAX_MESSAGE_SIZE,
      send: (packet) => void this.#dtls?.send(packet),
      opened: (channel) => this.#listener.dataChannel?.(channel),
      stateChanged: (state) => {
        if (!this.#closed) this.#listener.sctpStateChanged?.(state);
      },
    });
    this.#channels = channels;
    if (this.#dtlsState === 'connected') channels.start();
  }

  createDataChannel(options: DataChannelOptions): DataChannel {
    if (!this.#channels) throw new TransportError('data-channel', 'data channels were not negotiated');
    return this.#channels.create(options);
  }

  // ---- the end

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channels?.close();
    this.#channels = undefined;
    this.#dtls?.close();
    this.#dtlsState = 'closed';
    this.#forgetKeys();
    this.#gatherer.close();
    this.#agent.close();
    for (const { base, address, port } of this.#validated.splice(0)) base.remotes.remove(address, port, this);
    this.#socket?.close();
    this.#socket = undefined;
    for (const [socket, timer] of this.#oldSockets) {
      timer.cancel();
      socket.close();
    }
    this.#oldSockets.clear();
    this.#path = undefined;
    this.#host.closed(this);
  }
}

function samePoint(a: RemotePoint | undefined, b: RemotePoint | undefined): boolean {
  return a?.base === b?.base && a?.address === b?.address && a?.port === b?.port;
}

function sameFingerprints(a: RemoteParameters, b: RemoteParameters): boolean {
  const text = ({ fingerprints }: RemoteParameters) =>
    fingerprints.map(({ algorithm, value }) => `${algorithm} ${value}`.toUpperCase()).join();
  return text(a) === text(b);
}
