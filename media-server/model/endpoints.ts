/**
 * The abstract layers between MediaElement and the endpoints that exist: what sessions, SDP, URIs and RTP have in common
 * on the wire. Owns their properties, their events and the order of offer and answer; how an answer comes about, and
 * what a bandwidth does, is the subclass's.
 */
import type { ConnectionState, MediaState, MediaType, UriEndpointState } from '../../protocol/kurento';
import { record } from './arguments';
import type { Arguments, RecordValue } from './arguments';
import { KurentoError } from './kurento-error';
import { elementOperations, MediaElement } from './media-element';
import type { StatsRecord } from './media-element';
import { operations } from './media-object';
import type { ObjectContext, OperationTable } from './media-object';

export abstract class Endpoint extends MediaElement {
  protected override latencyRecord(type: MediaType | undefined): StatsRecord {
    const inputLatency = this.inputLatencies(type);
    return record('EndpointStats', {
      id: this.id,
      type: 'endpoint',
      timestampMillis: Math.round(this.clock.wallTime()),
      inputLatency,
      // From the arrival at the first endpoint to this one; what follows is a matter of the socket.
      E2ELatency: inputLatency,
    });
  }
}

const uriOperations: OperationTable = operations<UriEndpoint>(elementOperations, {
  getUri: (self) => self.uri,
  getState: (self) => self.state,
  pause: (self) => self.pause(),
  stop: (self) => self.stop(),
});

/** Plays from or records to a URI. */
export abstract class UriEndpoint extends Endpoint {
  readonly uri: string;
  #state: UriEndpointState = 'STOP';

  constructor(context: ObjectContext, uri: string) {
    super(context);
    this.uri = uri;
  }
  override get operations(): OperationTable {
    return uriOperations;
  }
  get state(): UriEndpointState {
    return this.#state;
  }
  /** Tells about the change, if it is one. */
  protected setState(state: UriEndpointState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.emit('UriEndpointStateChanged', { state });
  }
  abstract pause(): void | Promise<void>;
  abstract stop(): void | Promise<void>;
}

export abstract class SessionEndpoint extends Endpoint {}

export interface OfferOptions {
  readonly offerToReceiveAudio: boolean;
  readonly offerToReceiveVideo: boolean;
}
function offerOptions(given: RecordValue | undefined): OfferOptions {
  return {
    offerToReceiveAudio: given?.get('offerToReceiveAudio') !== false,
    offerToReceiveVideo: given?.get('offerToReceiveVideo') !== false,
  };
}

const sdpOperations: OperationTable = operations<SdpEndpoint>(elementOperations, {
  getMaxAudioRecvBandwidth: (self) => self.maxAudioRecvBandwidth,
  setMaxAudioRecvBandwidth: (self, args) => self.setBandwidth('maxAudioRecvBandwidth', args),
  getMaxVideoRecvBandwidth: (self) => self.maxVideoRecvBandwidth,
  setMaxVideoRecvBandwidth: (self, args) => self.setBandwidth('maxVideoRecvBandwidth', args),
  generateOffer: (self, args) => self.generateOffer(offerOptions(args.optionalRecord('options'))),
  processOffer: (self, args) => self.processOffer(args.text('offer')),
  processAnswer: (self, args) => self.processAnswer(args.text('answer')),
  getLocalSessionDescriptor: (self) => {
    if (self.localDescription === undefined)
      throw new KurentoError('SDP_END_POINT_NO_LOCAL_SDP_ERROR', 'No local SDP');
    return self.localDescription;
  },
  getRemoteSessionDescriptor: (self) => {
    if (self.remoteDescription === undefined) {
      throw new KurentoError('SDP_END_POINT_NO_REMOTE_SDP_ERROR', 'No remote SDP');
    }
    return self.remoteDescription;
  },
});

/** `offered`: generateOffer was called. While a description is being worked on, the next one has to wait its turn. */
type Negotiation = 'none' | 'offered' | 'negotiated';

/** Negotiates by SDP (RFC 8866), one offer and one answer, in either direction. */
export abstract class SdpEndpoint extends SessionEndpoint {
  /** kbit/s, 0 for no limit: what the peer may send. */
  maxAudioRecvBandwidth = 0;
  maxVideoRecvBandwidth = 0;
  localDescription: string | undefined;
  remoteDescription: string | undefined;
  #negotiation: Negotiation = 'none';
  #offerGenerated = false;
  #turn: Promise<unknown> = Promise.resolve();

  override get operations(): OperationTable {
    return sdpOperations;
  }
  get isNegotiated(): boolean {
    return this.#negotiation === 'negotiated';
  }

  /** Makes an offer; throws KurentoError. */
  protected abstract createOffer(options: OfferOptions): string | Promise<string>;
  /** Answers an offer and begins to apply it; throws KurentoError SDP_PARSE_ERROR and then stays as it was. */
  protected abstract answerOffer(offer: string): string | Promise<string>;
  /** Applies the answer to the generated offer and returns the local description as it is now. */
  protected abstract applyAnswer(answer: string): string | Promise<string>;
  /** A further offer to a negotiated endpoint: the new answer, or undefined where that is not possible (40208). */
  protected answerAgain(_offer: string): string | undefined | Promise<string | undefined> {
    return undefined;
  }
  /** One of the bandwidth properties has a new value. */
  protected bandwidthChanged(): void {}

  generateOffer(options: OfferOptions): Promise<string> {
    return this.#inTurn(async () => {
      if (this.#negotiation !== 'none') throw alreadyNegotiated();
      const offer = await this.createOffer(options);
      this.#negotiation = 'offered';
      this.#offerGenerated = true;
      this.localDescription = offer;
      return offer;
    });
  }
  processOffer(offer: string): Promise<string> {
    return this.#inTurn(async () => {
      if (offer === '') throw new KurentoError('SDP_PARSE_ERROR', 'Empty offer not valid');
      if (this.#negotiation === 'offered') throw alreadyNegotiated();
      const again = this.#negotiation === 'negotiated';
      const answer = again ? await this.answerAgain(offer) : await this.answerOffer(offer);
      if (answer === undefined) throw alreadyNegotiated();
      this.#negotiation = 'negotiated';
      this.localDescription = answer;
      this.remoteDescription = offer;
      if (!again) this.emit('MediaSessionStarted', {});
      return answer;
    });
  }
  processAnswer(answer: string): Promise<string> {
    return this.#inTurn(async () => {
      if (!this.#offerGenerated) {
        throw new KurentoError(
          'SDP_END_POINT_NOT_OFFER_GENERATED',
          'Offer not generated. It is not possible to process an answer.',
        );
      }
      if (this.#negotiation === 'negotiated') {
        throw new KurentoError('SDP_END_POINT_ANSWER_ALREADY_PROCCESED', 'Sdp Answer already processed');
      }
      if (answer === '') throw new KurentoError('SDP_PARSE_ERROR', 'Empty answer not valid');
      const local = await this.applyAnswer(answer);
      this.#negotiation = 'negotiated';
      this.localDescription = local;
      this.remoteDescription = answer;
      this.emit('MediaSessionStarted', {});
      return local;
    });
  }
  setBandwidth(property: 'maxAudioRecvBandwidth' | 'maxVideoRecvBandwidth', args: Arguments): void {
    this[property] = args.number(property);
    this.bandwidthChanged();
  }

  /** Two sessions may drive one endpoint; a description is worked on until done before the next one is looked at. */
  #inTurn<Value>(step: () => Promise<Value>): Promise<Value> {
    const turn = this.#turn.then(step);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

function alreadyNegotiated(): KurentoError {
  return new KurentoError('SDP_END_POINT_ALREADY_NEGOTIATED', 'Endpoint already negotiated');
}

const baseRtpOperations: OperationTable = operations<BaseRtpEndpoint>(sdpOperations, {
  getMinVideoRecvBandwidth: (self) => self.minVideoBandwidth,
  setMinVideoRecvBandwidth: (self, args) => self.setMinVideoBandwidth(args.number('minVideoRecvBandwidth')),
  getMinVideoSendBandwidth: (self) => self.minVideoBandwidth,
  setMinVideoSendBandwidth: (self, args) => self.setMinVideoBandwidth(args.number('minVideoSendBandwidth')),
  getMaxVideoSendBandwidth: (self) => self.maxVideoSendBandwidth,
  setMaxVideoSendBandwidth: (self, args) =>
    self.setMaxVideoSendBandwidth(args.number('maxVideoSendBandwidth')),
  getMediaState: (self) => self.mediaState,
  getConnectionState: (self) => self.connectionState,
  getMtu: (self) => self.mtu,
  setMtu: (self, args) => void (self.mtu = args.number('mtu')),
  getRembParams: (self) => record('RembParams', Object.fromEntries(self.rembParams ?? [])),
  setRembParams: (self, args) => self.setRembParams(args.record('rembParams')),
  requestKeyframe: (self) => self.requestKeyframe(),
});

/** What the original fills in beside the members that were given. */
const REMB_DEFAULTS: RecordValue = new Map<string, unknown>([
  ['decrementFactor', 0.5],
  ['exponentialFactor', Math.fround(0.04)],
  ['linealFactorGrade', 30],
  ['linealFactorMin', 100],
  ['packetsRecvIntervalTop', 100],
  ['rembOnConnect', 300_000],
  ['thresholdFactor', Math.fround(0.8)],
  ['upLosses', 12],
]);

export abstract class BaseRtpEndpoint extends SdpEndpoint {
  /** kbit/s. Sending and receiving share one minimum, as with the original. */
  minVideoBandwidth = 100;
  /** kbit/s, 0 for no limit. */
  maxVideoSendBandwidth = 500;
  /** Bytes of the largest RTP packet. */
  mtu = 1200;
  rembParams: RecordValue | undefined;
  #mediaState: MediaState = 'DISCONNECTED';
  #connectionState: ConnectionState = 'DISCONNECTED';

  override get operations(): OperationTable {
    return baseRtpOperations;
  }
  get mediaState(): MediaState {
    return this.#mediaState;
  }
  get connectionState(): ConnectionState {
    return this.#connectionState;
  }
  /** Whether media arrives. Tells about the change, if it is one. */
  protected setMediaState(newState: MediaState): void {
    const oldState = this.#mediaState;
    if (newState === oldState) return;
    this.#mediaState = newState;
    this.emit('MediaStateChanged', { oldState, newState });
  }
  /** Whether the transport stands. Tells about the change, if it is one. */
  protected setConnectionState(newState: ConnectionState): void {
    const oldState = this.#connectionState;
    if (newState === oldState) return;
    this.#connectionState = newState;
    this.emit('ConnectionStateChanged', { oldState, newState });
  }
  /** Asks the peer for a keyframe. */
  abstract requestKeyframe(): void;

  setMinVideoBandwidth(kilobits: number): void {
    this.minVideoBandwidth = kilobits;
    this.bandwidthChanged();
  }
  setMaxVideoSendBandwidth(kilobits: number): void {
    this.maxVideoSendBandwidth = kilobits;
    this.bandwidthChanged();
  }
  setRembParams(given: RecordValue): void {
    this.rembParams = new Map([...REMB_DEFAULTS, ...given]);
    this.bandwidthChanged();
  }
}

export { baseRtpOperations, sdpOperations, uriOperations };
