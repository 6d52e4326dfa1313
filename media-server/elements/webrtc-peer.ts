/**
 * The far side of a WebRtcEndpoint: its transports and what was negotiated over them. Turns an offer into an answer (or an
 * own offer and its answer into a session), starts and restarts ICE and DTLS, and puts RTP sessions on top. What Kurento
 * calls all this, and which elements it feeds, is the endpoint's.
 */
import type { Logger } from '../../protocol/log';
import type { Clock } from '../clock';
import type { CodecName, MediaKind } from '../flow';
import type { OutgoingStream } from '../rtp/outgoing-stream';
import { absSendTimeId, RtpSession } from '../rtp/rtp-session';
import type { RtpReceiver } from '../rtp/rtp-session';
import type { Ticker } from '../rtp/ticker';
import { acceptAnswer, buildAnswer, buildOffer, codecForSource, parseCandidate } from '../sdp';
import type {
  LocalOffer,
  LocalOptions,
  LocalTransport,
  Negotiated,
  NegotiatedTransport,
  RemoteDescription,
} from '../sdp';
import type {
  CandidatePair,
  DataChannel,
  DtlsState,
  GatheringState,
  IceCandidate,
  IceRole,
  IceState,
  MediaTransport,
  MediaTransportOptions,
  TransportHost,
} from '../transport/types';

/** What the peer tells its endpoint; `stream` counts transports from 1. */
export interface PeerListener extends RtpReceiver {
  localCandidate(candidate: IceCandidate, stream: number): void;
  gatheringStateChanged(state: GatheringState, stream: number): void;
  iceStateChanged(state: IceState, stream: number): void;
  selectedPairChanged(pair: CandidatePair, stream: number): void;
  dtlsStateChanged(state: DtlsState, stream: number): void;
  dataChannel(channel: DataChannel): void;
}

export interface PeerOptions {
  readonly host: TransportHost;
  readonly ticker: Ticker;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly listener: PeerListener;
  readonly outgoing: readonly OutgoingStream[];
}

export interface PeerSettings {
  readonly transport: Omit<MediaTransportOptions, 'listener' | 'role' | 'logger'>;
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly';
  readonly data: boolean;
  /** kbit/s at which the peer may begin to send video. */
  readonly startBitrate: number;
  /** kbit/s of the peer's audio at most. */
  readonly maxAudioKilobits?: number;
  /** What all sinks accept; undefined: the peer's order decides. */
  readonly videoCodecs: readonly CodecName[] | undefined;
  readonly audioCodecs: readonly CodecName[] | undefined;
}

/** A remote candidate as it came off the wire. */
export interface SignalledCandidate {
  readonly candidate: string;
  readonly sdpMid: string;
  readonly sdpMLineIndex: number;
}

/** BUNDLE needs one; audio, video and data unbundled need three. */
const MAX_TRANSPORTS = 3;
/** Candidates that come before the description. */
const MAX_EARLY_CANDIDATES = 256;

interface Local {
  readonly ssrc: number;
  readonly rtxSsrc: number;
}

export class WebRtcPeer {
  readonly #options: PeerOptions;
  readonly #transports: MediaTransport[] = [];
  readonly #dtlsStates: DtlsState[] = [];
  #sessions: (RtpSession | undefined)[] = [];
  #negotiated: Negotiated | undefined;
  /** Makes the local description anew, with the candidates known by then. */
  #describe: (() => string) | undefined;
  #offer: LocalOffer | undefined;
  #early: SignalledCandidate[] = [];
  #gather = false;
  #closed = false;
  readonly #local: Record<MediaKind, Local>;
  readonly #sessionId: number;
  #sessionVersion: number;
  readonly #cname: string;
  /** When something came in last, monotonic ms; -1: nothing yet. */
  lastReceived = -1;

  constructor(options: PeerOptions) {
    this.#options = options;
    const used = new Set<number>();
    const ssrc = () => {
      let value = 0;
      while (value === 0 || used.has(value)) value = Math.floor(Math.random() * 2 ** 32);
      used.add(value);
      return value;
    };
    this.#local = { audio: { ssrc: ssrc(), rtxSsrc: ssrc() }, video: { ssrc: ssrc(), rtxSsrc: ssrc() } };
    this.#sessionId = ssrc();
    this.#sessionVersion = this.#sessionId;
    this.#cname = `callcast-${this.#sessionId.toString(36)}`;
  }

  get negotiated(): Negotiated | undefined {
    return this.#negotiated;
  }
  get transports(): readonly MediaTransport[] {
    return this.#transports;
  }
  get sessions(): readonly RtpSession[] {
    return this.#sessions.filter((session) => session !== undefined);
  }

  // ── Negotiation ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Answers the first offer. Throws nothing for what a peer wrote: what cannot be had is refused. */
  answer(remote: RemoteDescription, settings: PeerSettings): string {
    const options = this.#localOptions(settings, (index) => this.#create(index, 'controlled', settings));
    const { sdp, negotiated } = buildAnswer(remote, options);
    this.#describe = () =>
      buildAnswer(remote, { ...options, transport: (index) => this.#describeTransport(index, true) }).sdp;
    this.#apply(negotiated);
    return sdp;
  }

  /** Answers a further offer; undefined unless the peer changed its ICE credentials and nothing about its transports. */
  answerAgain(remote: RemoteDescription, settings: PeerSettings): string | undefined {
    const before = this.#negotiated;
    if (!before) return undefined;
    const options = this.#localOptions(settings, (index) => this.#describeTransport(index, false));
    const probe = buildAnswer(remote, options).negotiated;
    if (probe.transports.length !== before.transports.length || probe.transports.length === 0)
      return undefined;
    const restarted = probe.transports.every((transport, index) =>
      isRestart(before.transports[index], transport),
    );
    if (!restarted) return undefined;
    for (const transport of probe.transports) this.#transports[transport.index]?.restartIce();
    this.#sessionVersion++;
    const again = { ...options, sessionVersion: this.#sessionVersion };
    const { sdp, negotiated } = buildAnswer(remote, again);
    this.#describe = () =>
      buildAnswer(remote, { ...again, transport: (index) => this.#describeTransport(index, true) }).sdp;
    this.#apply(negotiated);
    return sdp;
  }

  offer(settings: PeerSettings, audio: boolean, video: boolean): string {
    const options = {
      ...this.#localOptions(settings, (index) => this.#create(index, 'controlling', settings)),
      audio,
      video,
    };
    this.#offer = buildOffer(options);
    this.#describe = () =>
      buildOffer({ ...options, transport: (index) => this.#describeTransport(index, true) }).sdp;
    return this.#offer.sdp;
  }

  /** Throws SdpError for what is no description. */
  acceptAnswer(answer: string): void {
    if (!this.#offer) throw new Error('there is no offer to be answered');
    this.#apply(acceptAnswer(this.#offer, answer));
  }

  /** The local description with the candidates gathered so far. */
  describe(): string | undefined {
    return this.#describe?.();
  }

  #localOptions(settings: PeerSettings, transport: LocalOptions['transport']): LocalOptions {
    return {
      sessionId: this.#sessionId,
      sessionVersion: this.#sessionVersion,
      cname: this.#cname,
      transport,
      stream: (kind) => this.#local[kind],
      direction: settings.direction,
      rtx: true,
      simulcast: true,
      data: settings.data,
      startBitrate: settings.startBitrate,
      ...(settings.maxAudioKilobits !== undefined && {
        maxReceiveBandwidth: { audio: settings.maxAudioKilobits },
      }),
      ...(settings.videoCodecs && { videoCodecs: settings.videoCodecs }),
      ...(settings.audioCodecs && { audioCodecs: settings.audioCodecs }),
    };
  }

  #create(index: number, role: IceRole, settings: PeerSettings): LocalTransport | undefined {
    if (index >= MAX_TRANSPORTS || this.#closed) return undefined;
    if (!this.#transports[index]) {
      const stream = index + 1;
      const { listener, host, logger } = this.#options;
      this.#dtlsStates[index] = 'new';
      this.#transports[index] = host.createTransport({
        ...settings.transport,
        role,
        logger,
        listener: {
          rtp: (packet, arrival) => {
            this.lastReceived = arrival;
            this.#sessions[index]?.rtp(packet, arrival);
          },
          rtcp: (packet, arrival) => {
            this.lastReceived = arrival;
            this.#sessions[index]?.rtcp(packet, arrival);
          },
          localCandidate: (candidate) => listener.localCandidate(candidate, stream),
          gatheringStateChanged: (state) => listener.gatheringStateChanged(state, stream),
          iceStateChanged: (state) => listener.iceStateChanged(state, stream),
          selectedPairChanged: (pair) => listener.selectedPairChanged(pair, stream),
          dtlsStateChanged: (state, error) => {
            if (error) logger.warn({ error: error.message }, 'DTLS failed');
            this.#dtlsStates[index] = state;
            this.#updateWritable();
            listener.dtlsStateChanged(state, stream);
          },
          dataChannel: (channel) => listener.dataChannel(channel),
        },
      });
    }
    return this.#describeTransport(index, false);
  }

  #describeTransport(index: number, withCandidates: boolean): LocalTransport | undefined {
    const transport = this.#transports[index];
    return (
      transport && {
        iceUfrag: transport.localIce.usernameFragment,
        icePwd: transport.localIce.password,
        fingerprint: transport.localFingerprint,
        ...(withCandidates && {
          candidates: transport.localCandidates().map((each) => ({ ...each, ufrag: undefined })),
        }),
      }
    );
  }

  #apply(negotiated: Negotiated): void {
    this.#negotiated = negotiated;
    // An offer may have asked for more transports than both agreed on.
    for (const extra of this.#transports.splice(Math.max(1, negotiated.transports.length))) extra.close();
    const before = this.#sessions;
    for (const session of before) session?.close(false);
    const { clock, ticker, listener } = this.#options;
    for (const stream of this.#options.outgoing) this.#configure(stream, negotiated);
    this.#sessions = this.#transports.map((transport, index) => {
      const media = negotiated.media.filter((section) => section.accepted && section.transport === index);
      if (media.length === 0) return undefined;
      return new RtpSession({
        media,
        output: transport,
        receiver: listener,
        outgoing: this.#options.outgoing.filter((stream) =>
          media.some((section) => section.kind === stream.kind && section.sends),
        ),
        ticker,
        clock,
        roundTripTime: () => transport.stats().roundTripTime,
        before: before[index],
      });
    });
    for (const described of negotiated.transports) this.#connect(described, negotiated);
    this.#updateWritable();
    if (this.#gather) this.gatherCandidates();
    const early = this.#early;
    this.#early = [];
    for (const candidate of early) this.addCandidate(candidate);
  }

  #connect(described: NegotiatedTransport, negotiated: Negotiated): void {
    const transport = this.#transports[described.index];
    const { iceUfrag, icePwd, fingerprints, iceLite } = described.remote;
    // Without ICE nothing can come of it; the answer says what we would have had.
    if (!transport || iceUfrag === undefined || icePwd === undefined) return;
    transport.setRemote({
      ice: { usernameFragment: iceUfrag, password: icePwd },
      iceLite,
      fingerprints,
      dtlsRole: described.dtlsRole,
    });
    for (const candidate of described.remote.candidates) transport.addRemoteCandidate(candidate);
    if (described.remote.endOfCandidates) transport.endOfRemoteCandidates();
    const { data } = negotiated;
    if (data?.accepted && data.transport === described.index) {
      transport.enableDataChannels({ remotePort: data.sctpPort, maxMessageSize: data.remoteMaxMessageSize });
    }
  }

  #configure(stream: OutgoingStream, negotiated: Negotiated): void {
    const section = stream.kind === 'audio' ? negotiated.audio : negotiated.video;
    const transport = section?.transport === undefined ? undefined : this.#transports[section.transport];
    if (!section?.sends || !section.local || !transport) {
      stream.configure(undefined);
      return;
    }
    stream.configure(
      {
        ssrc: section.local.ssrc,
        cname: section.local.cname,
        rtxSsrc: section.local.rtxSsrc,
        absSendTimeId: absSendTimeId(section),
        payloadFor: (codec) => codecForSource(section.codecs, codec),
      },
      transport,
    );
  }

  #updateWritable(): void {
    for (const stream of this.#options.outgoing) {
      const section = stream.kind === 'audio' ? this.#negotiated?.audio : this.#negotiated?.video;
      const index = section?.transport;
      stream.setWritable(index !== undefined && this.#dtlsStates[index] === 'connected');
    }
  }

  // ── Candidates ────────────────────────────────────────────────────────────────────────────────────────────────

  gatherCandidates(): void {
    this.#gather = true;
    // Before an offer or answer there is nothing to gather for; then it begins by itself.
    if (!this.#describe) return;
    for (const transport of this.#transports)
      if (transport.gatheringState === 'new') transport.gatherCandidates();
  }

  /** Anything that is text is no error, as with the original: what is no candidate is ignored. */
  addCandidate(signalled: SignalledCandidate): void {
    if (!this.#negotiated) {
      if (this.#early.length < MAX_EARLY_CANDIDATES) this.#early.push(signalled);
      return;
    }
    const transport = this.#transportOf(signalled);
    if (!transport) return;
    if (signalled.candidate.trim() === '') {
      transport.endOfRemoteCandidates();
      return;
    }
    const candidate = parseCandidate(signalled.candidate);
    if (candidate) transport.addRemoteCandidate(candidate);
  }

  #transportOf({ sdpMid, sdpMLineIndex }: SignalledCandidate): MediaTransport | undefined {
    const { transports = [], media = [], data } = this.#negotiated ?? {};
    const sections = data ? [...media, data] : media;
    const section =
      sections.find(({ mid }) => mid !== '' && mid === sdpMid) ??
      sections.find(({ index }) => index === sdpMLineIndex);
    const index = section?.transport ?? (transports.length === 1 ? 0 : undefined);
    return index === undefined ? undefined : this.#transports[index];
  }

  /** The sections whose candidates are those of transport `stream` (from 1). */
  sectionsOf(stream: number): readonly { readonly mid: string; readonly index: number }[] {
    const negotiated = this.#negotiated;
    if (negotiated) {
      const sections = negotiated.data ? [...negotiated.media, negotiated.data] : negotiated.media;
      return sections
        .filter(({ transport }) => transport === stream - 1)
        .map(({ mid, index }) => ({ mid, index }));
    }
    const offered = this.#offer
      ? [...this.#offer.media, ...(this.#offer.data ? [this.#offer.data] : [])]
      : [];
    return offered.map(({ mid }, index) => ({ mid, index }));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const session of this.#sessions) session?.close(true);
    for (const stream of this.#options.outgoing) stream.close();
    for (const transport of this.#transports) transport.close();
    this.#early = [];
  }
}

function isRestart(before: NegotiatedTransport | undefined, after: NegotiatedTransport): boolean {
  return (
    before !== undefined &&
    after.remote.iceUfrag !== undefined &&
    (after.remote.iceUfrag !== before.remote.iceUfrag || after.remote.icePwd !== before.remote.icePwd)
  );
}
