/**
 * WebRtcEndpoint: one peer's audio, video and data, in and out, as the Kurento Protocol drives it. Puts together a peer
 * (transports, negotiation), outgoing streams, outputs for other elements and data channels, and tells about all of it in
 * Kurento's events, properties and statistics.
 */
import { randomUUID } from 'node:crypto';
import type { MediaType } from '../../protocol/kurento';
import type { DataFanOut } from '../fan-out';
import { FanOut } from '../fan-out';
import type { ClockMapping, Codec, DataSink, MediaKind, MediaPacket, MediaSink } from '../flow';
import { record } from '../model/arguments';
import type { Arguments } from '../model/arguments';
import { baseRtpOperations, BaseRtpEndpoint } from '../model/endpoints';
import type { OfferOptions } from '../model/endpoints';
import { KurentoError } from '../model/kurento-error';
import type { StatsRecord } from '../model/media-element';
import { operations } from '../model/media-object';
import type { ObjectContext, OperationTable } from '../model/media-object';
import { OutgoingStream } from '../rtp/outgoing-stream';
import type { Ticker } from '../rtp/ticker';
import { parseRemote, SdpError } from '../sdp';
import type { RemoteDescription } from '../sdp';
import type { Certificates } from '../transport';
import type {
  CandidatePair,
  DataChannel,
  DtlsCertificate,
  DtlsState,
  GatheringState,
  IceCandidate,
  IceState,
  KeyType,
  TransportHost,
} from '../transport/types';
import { DataChannels } from './data-channels';
import { candidateLine, candidatePair, COMPONENT_ID, componentState, dtlsConnections } from './ice-records';
import { LayeredOutput } from './layered-output';
import { dataChannelRecord, inboundRecord, outboundRecord, sessionRecord } from './rtp-stats';
import { TransportSettings } from './transport-settings';
import { WebRtcPeer } from './webrtc-peer';
import type { PeerListener, PeerSettings } from './webrtc-peer';

/** What all endpoints of a server share. */
export interface WebRtcServices {
  readonly host: TransportHost;
  readonly ticker: Ticker;
  /** For those that ask for a kind of key; the others show the host's own. */
  readonly certificates: Certificates;
  /** PEM; for TURN over TLS. Undefined: those that Node.js trusts. */
  readonly turnCertificateAuthorities: string | undefined;
}

/** A keyframe of 640×480 then takes a fifth of a second at most, and the first probes go no higher than a home uplink. */
const START_KILOBITS = 800;
/** How often limits, layers and the media state are looked at. */
const CHECK_INTERVAL_MS = 250;
/** Nothing came in for so long: the media state is disconnected, as with the original. */
const MEDIA_TIMEOUT_MS = 18_000;
/** Media has to come for so long before the media state says so, as with the original. */
const MEDIA_SETTLE_MS = 400;
/** The peer is never told to send less video, bit/s; below that there is no picture worth its name. */
const MIN_PEER_LIMIT = 50_000;

const dataChannelsOff = () =>
  new KurentoError('MEDIA_OBJECT_OPERATION_NOT_SUPPORTED', 'Data channels are not supported');

const table: OperationTable = operations<WebRtcEndpoint>(baseRtpOperations, {
  getNetworkInterfaces: (self) => self.settings.networkInterfaces,
  setNetworkInterfaces: (self, args) =>
    void (self.settings.networkInterfaces = args.text('networkInterfaces')),
  getIceTcp: (self) => self.settings.iceTcp,
  setIceTcp: (self, args) => void (self.settings.iceTcp = args.flag('iceTcp')),
  getStunServerAddress: (self) => self.settings.stunServerAddress,
  setStunServerAddress: (self, args) =>
    void (self.settings.stunServerAddress = args.text('stunServerAddress')),
  getStunServerPort: (self) => self.settings.stunServerPort,
  setStunServerPort: (self, args) => void (self.settings.stunServerPort = args.number('stunServerPort')),
  getTurnUrl: (self) => self.settings.turnUrl,
  setTurnUrl: (self, args) => self.settings.setTurnUrl(args.text('turnUrl')),
  getExternalIPv4: (self) => self.settings.externalIPv4,
  setExternalIPv4: (self, args) => void (self.settings.externalIPv4 = args.text('externalIPv4')),
  getExternalIPv6: (self) => self.settings.externalIPv6,
  setExternalIPv6: (self, args) => void (self.settings.externalIPv6 = args.text('externalIPv6')),
  getICECandidatePairs: (self) => self.candidatePairs(),
  getIceConnectionState: (self) => self.iceConnections(),
  getDtlsConnectionState: (self) => self.dtlsConnections(),
  gatherCandidates: (self) => self.gatherCandidates(),
  addIceCandidate: (self, args) => self.addIceCandidate(args),
  createDataChannel: (self, args) => self.createDataChannel(args),
  closeDataChannel: (self, args) => self.closeDataChannel(args.number('channelId')),
});

export class WebRtcEndpoint extends BaseRtpEndpoint implements PeerListener {
  readonly settings = new TransportSettings();
  readonly #services: WebRtcServices;
  readonly #direction: 'sendrecv' | 'sendonly' | 'recvonly';
  readonly #useData: boolean;
  readonly #keyType: KeyType | undefined;
  readonly #audioOutput: FanOut;
  readonly #videoOutput: LayeredOutput;
  readonly #audioInput: OutgoingStream;
  readonly #videoInput: OutgoingStream;
  readonly #data: DataChannels;
  readonly #peer: WebRtcPeer;
  readonly #gatheringTold = new Set<number>();
  readonly #untold: (() => void)[] = [];
  /** Streams whose ICE has connected at least once. */
  readonly #pathsFound = new Set<number>();
  #dtlsUntold: { readonly stream: number; readonly tell: () => void }[] = [];
  readonly #statsIds = new Map<string, string>();
  #limitsSending = false;
  #receivingSince: number | undefined;
  #ticking = false;

  constructor(context: ObjectContext, services: WebRtcServices, args: Arguments) {
    super(context);
    const { clock } = context.host;
    this.#services = services;
    const recvonly = args.flag('recvonly');
    this.#direction = recvonly === args.flag('sendonly') ? 'sendrecv' : recvonly ? 'recvonly' : 'sendonly';
    this.#useData = args.flag('useDataChannels');
    if (args.isGiven('certificateKeyType'))
      this.#keyType = args.text('certificateKeyType') === 'RSA' ? 'rsa' : 'ec';
    const sinkFailed = (error: unknown) => this.logger.error({ error }, 'a sink failed');
    this.#audioOutput = new FanOut({ kind: 'audio', clock, sinkFailed });
    this.#videoOutput = new LayeredOutput({
      clock,
      sinkFailed,
      requestLayerKeyframe: (layer) => {
        for (const session of this.#peer.sessions)
          session.requestKeyframe(this.#videoOutput.simulcast ? layer : undefined);
      },
      capacityChanged: () => this.#limitPeer(),
    });
    this.#audioInput = new OutgoingStream('audio', clock);
    this.#videoInput = new OutgoingStream('video', clock);
    this.#data = new DataChannels(
      {
        // Twice each, as the original tells them; clients may count on it.
        opened: (channelId) => {
          this.emit('DataChannelOpened', { channelId });
          this.emit('DataChannelOpened', { channelId });
        },
        closed: (channelId) => {
          this.emit('DataChannelClosed', { channelId });
          this.emit('DataChannelClosed', { channelId });
        },
      },
      sinkFailed,
    );
    this.#peer = new WebRtcPeer({
      host: services.host,
      ticker: services.ticker,
      clock,
      logger: this.logger,
      listener: this,
      outgoing: [this.#audioInput, this.#videoInput],
    });
  }

  override get operations(): OperationTable {
    return table;
  }
  override output(kind: MediaKind): FanOut {
    return kind === 'audio' ? this.#audioOutput : this.#videoOutput;
  }
  override input(kind: MediaKind): MediaSink {
    return kind === 'audio' ? this.#audioInput : this.#videoInput;
  }
  override dataOutput(): DataFanOut {
    return this.#data.output;
  }
  override dataInput(): DataSink {
    return this.#data;
  }

  // ── Negotiation ───────────────────────────────────────────────────────────────────────────────────────────────

  protected override async createOffer(options: OfferOptions): Promise<string> {
    const settings = this.#settings(await this.#certificate());
    return this.#peer.offer(settings, options.offerToReceiveAudio, options.offerToReceiveVideo);
  }
  protected override async answerOffer(offer: string): Promise<string> {
    const remote = parse(offer);
    const settings = this.#settings(await this.#certificate());
    const answer = this.#peer.answer(remote, settings);
    this.#begin();
    return answer;
  }
  protected override answerAgain(offer: string): string | undefined {
    const answer = this.#peer.answerAgain(parse(offer), this.#settings());
    if (answer !== undefined) this.#begin();
    return answer;
  }
  protected override applyAnswer(answer: string): string {
    try {
      this.#peer.acceptAnswer(answer);
    } catch (error) {
      throw asKurentoError(error);
    }
    this.#begin();
    return this.#peer.describe() ?? this.localDescription ?? '';
  }

  /** Undefined: the host's own. Made when it is first asked for, so it may take a moment, in which one may be released. */
  async #certificate(): Promise<DtlsCertificate | undefined> {
    const certificate = this.#keyType && (await this.#services.certificates.of(this.#keyType));
    if (this.isReleased) throw new KurentoError('MEDIA_OBJECT_NOT_FOUND', `Object '${this.id}' not found`);
    return certificate;
  }

  #settings(certificate?: DtlsCertificate): PeerSettings {
    const { maxAudioRecvBandwidth, maxVideoRecvBandwidth } = this;
    return {
      transport: { ...this.settings.toOptions(this.#services.turnCertificateAuthorities), certificate },
      direction: this.#direction,
      data: this.#useData,
      startBitrate: Math.min(
        this.#startKilobits(),
        maxVideoRecvBandwidth > 0 ? maxVideoRecvBandwidth : Infinity,
      ),
      ...(maxAudioRecvBandwidth > 0 && { maxAudioKilobits: maxAudioRecvBandwidth }),
      videoCodecs: this.#videoOutput.accepts,
      audioCodecs: this.#audioOutput.accepts,
    };
  }

  /** What the original tells with its first REMB message, where it was set; browsers begin with it here, too. */
  #startKilobits(): number {
    const onConnect = this.rembParams?.get('rembOnConnect');
    if (typeof onConnect !== 'number' || onConnect <= 0) return START_KILOBITS;
    return Math.max(MIN_PEER_LIMIT / 1000, Math.round(onConnect / 1000));
  }

  /** Something was negotiated: what the peer will send is known to the sinks before it comes. */
  #begin(): void {
    const { audio, video } = this.#peer.negotiated ?? {};
    this.#audioOutput.setCodec(audio?.receives ? audio.preferred?.codec : undefined);
    this.#videoOutput.setCodec(video?.receives ? video.preferred?.codec : undefined);
    this.bandwidthChanged();
    if (!this.#ticking) this.#services.ticker.add(this);
    this.#ticking = true;
  }

  gatherCandidates(): void {
    this.#peer.gatherCandidates();
    // Everything was refused: there is nothing to gather for, and nothing to wait for.
    if (this.isNegotiated && this.#peer.transports.length === 0) this.emit('IceGatheringDone', {});
  }
  addIceCandidate(args: Arguments): void {
    const given = args.record('candidate');
    this.#peer.addCandidate({
      candidate: given.get('candidate') as string,
      sdpMid: given.get('sdpMid') as string,
      sdpMLineIndex: given.get('sdpMLineIndex') as number,
    });
  }

  // ── What the peer tells ───────────────────────────────────────────────────────────────────────────────────────

  localCandidate(candidate: IceCandidate, stream: number): void {
    const line = candidateLine(candidate);
    // One for each section, although they share a transport: clients of the original count on it.
    for (const { mid, index } of this.#peer.sectionsOf(stream)) {
      this.emit('IceCandidateFound', {
        candidate: record('IceCandidate', { candidate: line, sdpMid: mid, sdpMLineIndex: index }),
      });
    }
  }
  gatheringStateChanged(state: GatheringState, stream: number): void {
    if (state === 'gathering') this.#tellIce(() => this.#tellGathering(stream));
    if (state !== 'complete') return;
    this.localDescription = this.#peer.describe() ?? this.localDescription;
    if (this.#peer.transports.every((transport) => transport.gatheringState === 'complete'))
      this.emit('IceGatheringDone', {});
  }
  iceStateChanged(state: IceState, stream: number): void {
    // A peer that said goodbye is gone; that its checks end, too, is nothing new.
    if (this.#peer.transports[stream - 1]?.dtlsState === 'closed') return;
    const component = componentState[state];
    if (component) {
      this.#tellIce(() => {
        this.#tellGathering(stream);
        this.#emitComponentState(stream, component);
      });
    }
    if (state === 'connected') this.#pathFound(stream);
    if (state === 'failed') this.setConnectionState('DISCONNECTED');
    else if (state === 'connected' || state === 'completed') this.#checkConnected();
  }
  selectedPairChanged(pair: CandidatePair, stream: number): void {
    this.#tellIce(() =>
      this.emit('NewCandidatePairSelected', { candidatePair: candidatePair(stream, pair) }),
    );
  }
  /** What ICE does while an offer is being answered is told after the session has begun, as by the original. */
  #tellIce(tell: () => void): void {
    if (this.isNegotiated && this.#untold.length === 0) {
      tell();
      return;
    }
    if (this.#untold.push(tell) > 1) return;
    setImmediate(() => {
      for (const each of this.#untold.splice(0)) each();
    });
  }
  dtlsStateChanged(state: DtlsState, stream: number): void {
    const states: readonly DtlsState[] = state === 'connecting' ? ['new', state] : [state];
    for (const each of states) {
      for (const fields of dtlsConnections(stream, each))
        this.#tellDtls(stream, state, () => this.emit('DtlsConnectionStateChange', fields));
    }
    if (state === 'connected') this.#checkConnected();
    this.logger.info({ stream, state }, 'DTLS');
  }
  /**
   * A peer may begin its handshake before our own check of the path is answered. It is told after ICE has connected all the
   * same, as by the original, where it begins then.
   */
  #tellDtls(stream: number, state: DtlsState, tell: () => void): void {
    const isOver = state === 'closed' || state === 'failed';
    if (isOver) this.#pathFound(stream);
    if (isOver || this.#pathsFound.has(stream)) tell();
    else this.#dtlsUntold.push({ stream, tell });
  }
  #pathFound(stream: number): void {
    this.#pathsFound.add(stream);
    const due = this.#dtlsUntold.filter((each) => each.stream === stream);
    this.#dtlsUntold = this.#dtlsUntold.filter((each) => each.stream !== stream);
    for (const { tell } of due) this.#tellIce(tell);
  }
  dataChannel(channel: DataChannel): void {
    this.#data.add(channel);
  }
  /** Comes first and once, also where a peer was quicker than gathering: addresses are known from the start. */
  #tellGathering(stream: number): void {
    if (this.#gatheringTold.has(stream)) return;
    this.#gatheringTold.add(stream);
    this.#emitComponentState(stream, 'GATHERING');
  }
  #emitComponentState(
    streamId: number,
    state: 'GATHERING' | NonNullable<(typeof componentState)[IceState]>,
  ): void {
    this.emit('IceComponentStateChanged', { streamId, componentId: COMPONENT_ID, state });
  }
  #checkConnected(): void {
    const { transports } = this.#peer;
    if (transports.length > 0 && transports.every(({ writable }) => writable))
      this.setConnectionState('CONNECTED');
  }

  started(codec: Codec, layer: number): void {
    const output = this.output(codec.kind);
    // As announced: the sinks wait for just this.
    if (output.codec === codec && output.packets === 0) return;
    if (codec.kind === 'audio') this.#audioOutput.setCodec(codec);
    else if (this.#videoOutput.codec !== codec || !this.#videoOutput.simulcast)
      this.#videoOutput.setCodec(codec);
    else this.#videoOutput.restartLayer(layer);
  }
  packet(packet: MediaPacket): void {
    this.output(packet.kind).gather(packet);
  }
  receivedClock(kind: MediaKind, mapping: ClockMapping, layer: number): void {
    if (kind === 'audio') this.#audioOutput.setClock(mapping);
    else this.#videoOutput.setLayerClock(layer, mapping);
  }
  ended(kind: MediaKind): void {
    this.output(kind).setCodec(undefined);
  }

  /** By the ticker. */
  tick(now: number): number {
    this.#judgeMedia(now, this.#peer.lastReceived);
    this.#videoOutput.tick(now);
    return CHECK_INTERVAL_MS;
  }

  #judgeMedia(now: number, received: number): void {
    if (received < 0 || now - received >= MEDIA_TIMEOUT_MS) {
      this.#receivingSince = undefined;
      this.setMediaState('DISCONNECTED');
      return;
    }
    this.#receivingSince ??= received;
    if (now - this.#receivingSince >= MEDIA_SETTLE_MS) this.setMediaState('CONNECTED');
  }

  // ── Bandwidth ─────────────────────────────────────────────────────────────────────────────────────────────────

  override requestKeyframe(): void {
    this.#videoOutput.requestKeyframe();
  }
  /** The original's default of 500 kbit/s limits its encoder; here it limits nothing until somebody sets it. */
  override setMaxVideoSendBandwidth(kilobits: number): void {
    this.#limitsSending = true;
    super.setMaxVideoSendBandwidth(kilobits);
  }
  protected override bandwidthChanged(): void {
    const kilobits = this.maxVideoSendBandwidth;
    const limit =
      this.#limitsSending && kilobits > 0 ? Math.max(kilobits, this.minVideoBandwidth) * 1000 : undefined;
    this.#videoInput.setLimit(limit);
    for (const session of this.#peer.sessions) session.wake();
    this.#limitPeer();
  }
  /** What the peer may send: what the best of the sinks can take, and what is configured. */
  #limitPeer(): void {
    const { capacity } = this.#videoOutput;
    const configured = this.maxVideoRecvBandwidth > 0 ? this.maxVideoRecvBandwidth * 1000 : Infinity;
    // Layers are chosen here; only without them the sender has to make do with less.
    const usable = this.#videoOutput.simulcast ? Infinity : (capacity ?? Infinity);
    const floor = Math.max(MIN_PEER_LIMIT, Math.min(configured, this.minVideoBandwidth * 1000));
    const limit = Math.min(configured, Math.max(floor, usable));
    for (const session of this.#peer.sessions)
      session.limitPeer(Number.isFinite(limit) ? Math.round(limit) : undefined);
  }

  // ── Data channels ─────────────────────────────────────────────────────────────────────────────────────────────

  createDataChannel(args: Arguments): void {
    if (!this.#useData) throw dataChannelsOff();
    const { data } = this.#peer.negotiated ?? {};
    const transport =
      data?.accepted && data.transport !== undefined ? this.#peer.transports[data.transport] : undefined;
    if (!transport) throw dataChannelsOff();
    const maxRetransmits = args.number('maxRetransmits');
    const maxPacketLifeTime = args.number('maxPacketLifeTime');
    this.#data.create(transport, {
      label: args.text('label'),
      protocol: args.text('protocol'),
      ordered: args.flag('ordered'),
      ...(maxRetransmits >= 0 ? { maxRetransmits } : maxPacketLifeTime >= 0 && { maxPacketLifeTime }),
    });
  }
  closeDataChannel(channelId: number): void {
    if (!this.#useData) throw dataChannelsOff();
    this.#data.close(channelId);
  }

  // ── Properties and statistics ─────────────────────────────────────────────────────────────────────────────────

  candidatePairs() {
    return this.#peer.transports.flatMap(({ selectedPair }, index) =>
      selectedPair ? [candidatePair(index + 1, selectedPair)] : [],
    );
  }
  iceConnections() {
    return this.#peer.transports.flatMap(({ iceState, gatheringState }, index) => {
      const state = componentState[iceState] ?? (gatheringState === 'new' ? undefined : 'GATHERING');
      return state
        ? [record('IceConnection', { streamId: String(index + 1), componentId: COMPONENT_ID, state })]
        : [];
    });
  }
  dtlsConnections() {
    return this.#peer.transports.flatMap(({ dtlsState }, index) =>
      dtlsState === 'new'
        ? []
        : dtlsConnections(index + 1, dtlsState).map((fields) => record('DtlsConnection', fields)),
    );
  }

  protected override stats(type: MediaType | undefined): StatsRecord[] {
    const now = Math.round(this.clock.wallTime());
    const records: StatsRecord[] = [];
    const wants = (kind: MediaKind) => type === undefined || type === (kind === 'audio' ? 'AUDIO' : 'VIDEO');
    for (const session of this.#peer.sessions) {
      for (const stream of session.incoming) {
        if (!wants(stream.kind)) continue;
        const id = this.#statsId(`in ${stream.ssrc}`);
        records.push(
          inboundRecord(id, stream.stats(), stream.kind === 'video' ? (session.peerLimit ?? 0) : 0, now),
        );
      }
    }
    for (const stream of [this.#audioInput, this.#videoInput]) {
      const stats = stream.stats();
      if (wants(stream.kind) && stats.packetsSent > 0)
        records.push(outboundRecord(this.#statsId(`out ${stream.kind}`), stats, now));
    }
    if (this.#useData && (type === undefined || type === 'DATA') && this.#peer.negotiated) {
      records.push(sessionRecord(this.#statsId('session'), this.#data.opened, this.#data.closed, now));
      for (const [id, channel] of this.#data.open)
        records.push(dataChannelRecord(this.#statsId(`data ${id}`), channel, id, now));
    }
    return records;
  }
  /** The same id for the same thing, for the life of the endpoint. */
  #statsId(key: string): string {
    let id = this.#statsIds.get(key);
    if (id === undefined) this.#statsIds.set(key, (id = randomUUID()));
    return id;
  }

  protected override release(): void | Promise<void> {
    if (this.#ticking) this.#services.ticker.remove(this);
    this.#peer.close();
    this.#data.release();
    return super.release();
  }
}

function parse(sdp: string): RemoteDescription {
  try {
    return parseRemote(sdp);
  } catch (error) {
    throw asKurentoError(error);
  }
}
function asKurentoError(error: unknown): unknown {
  return error instanceof SdpError ? new KurentoError('SDP_PARSE_ERROR', 'Invalid SDP') : error;
}
