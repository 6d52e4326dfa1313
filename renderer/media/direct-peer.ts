/**
 * The one file that creates an RTCPeerConnection between two people, without a media server. It follows the "perfect
 * negotiation" pattern of the W3C's WebRTC recommendation: both sides may offer at any time, and when both do at once,
 * the polite one yields. Chromium shows a picture no more whose receiver lived through that on an established connection,
 * so the owner of a polite one better asks the other side to offer. Tracks belong to whoever captured them.
 */
import { MAX_QUEUED_CANDIDATES } from '../../protocol/limits';
import { MAX_CHANNEL_FRAME, ROOM_CHANNEL } from '../../protocol/room-channel';
import { Disposer } from '../disposer';
import { withStartBitrate } from './start-bitrate';

export interface DirectPeerOptions {
  /** The impolite one was there first and begins. */
  readonly polite: boolean;
  readonly tracks: readonly MediaStreamTrack[];
  readonly iceServers: readonly RTCIceServer[];
  readonly sendDescription: (type: 'offer' | 'answer', sdp: string) => void;
  /** `label` is the candidate's `sdpMLineIndex`. */
  readonly sendCandidate: (candidate: string, label: number | null) => void;
  readonly onConnection: (state: RTCPeerConnectionState) => void;
  readonly onChannel: (open: boolean) => void;
  readonly onText: (text: string) => void;
  /** A description that the browser cannot work with. */
  readonly onRejected: () => void;
}

export interface DirectPeer {
  readonly connection: RTCPeerConnection;
  /** Receives each remote track as it comes; the object stays the same. */
  readonly remote: MediaStream;
  /** Worked off in the order in which they come. */
  receiveDescription(type: 'offer' | 'answer', sdp: string): void;
  receiveCandidate(candidate: string, label: number | null): void;
  /** Another track, or none, of its kind, without renegotiation. */
  replaceTrack(kind: 'audio' | 'video', track: MediaStreamTrack | null): void;
  /** Looks for a path anew, as after a change of network; media goes on where the old one still works. */
  restartIce(): void;
  /** False when the channel is not open, or does not drain. */
  sendText(text: string): boolean;
  /** Idempotent; leaves the tracks alone. */
  close(): void;
}

type Kind = 'audio' | 'video';
const KINDS = ['audio', 'video'] as const;
/** What a picture of VGA size needs to look right at once. */
const START_KILOBITS = 1_000;
/** Waiting to be sent: a page of chat; more means that nobody takes it. */
const MAX_BUFFERED = 256 * 1024;

export function openDirectPeer(
  options: DirectPeerOptions,
  create: (configuration: RTCConfiguration) => RTCPeerConnection = (configuration) =>
    new RTCPeerConnection(configuration),
): DirectPeer {
  return new PerfectNegotiation(options, create);
}

class PerfectNegotiation implements DirectPeer {
  readonly connection: RTCPeerConnection;
  readonly remote = new MediaStream();
  readonly #options: DirectPeerOptions;
  readonly #lifetime = new Disposer();
  readonly #outgoing = new Map<Kind, MediaStreamTrack | null>([
    ['audio', null],
    ['video', null],
  ]);
  /** Ties voice and picture together, so that the receiver keeps them in step. */
  readonly #together = new MediaStream();
  readonly #early: RTCIceCandidateInit[] = [];
  #channel: RTCDataChannel | null = null;
  #makingOffer = false;
  #ignoresOffer = false;
  /** Remote descriptions and candidates, one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: DirectPeerOptions, create: (configuration: RTCConfiguration) => RTCPeerConnection) {
    this.#options = options;
    for (const track of options.tracks) if (isKind(track.kind)) this.#outgoing.set(track.kind, track);
    const connection = create({ iceServers: [...options.iceServers], bundlePolicy: 'max-bundle' });
    this.connection = connection;
    this.#lifetime.add(() => {
      for (const track of this.remote.getTracks()) this.remote.removeTrack(track);
      connection.close();
    });
    this.#lifetime.listen(connection, 'negotiationneeded', () => void this.#offer());
    this.#lifetime.listen(connection, 'icecandidate', (event) => {
      const { candidate } = event as RTCPeerConnectionIceEvent;
      if (candidate !== null && candidate.candidate !== '')
        options.sendCandidate(candidate.candidate, candidate.sdpMLineIndex);
    });
    this.#lifetime.listen(connection, 'connectionstatechange', () => {
      options.onConnection(connection.connectionState);
    });
    this.#lifetime.listen(connection, 'track', (event) => {
      this.remote.addTrack((event as RTCTrackEvent).track);
    });
    this.#lifetime.listen(connection, 'datachannel', (event) => {
      this.#adopt((event as RTCDataChannelEvent).channel);
    });
    if (!options.polite) this.#begin();
  }

  receiveDescription(type: 'offer' | 'answer', sdp: string): void {
    this.#enqueue(async () => {
      const collision =
        type === 'offer' && (this.#makingOffer || this.connection.signalingState !== 'stable');
      this.#ignoresOffer = collision && !this.#options.polite;
      if (this.#ignoresOffer) return;
      // Implies the rollback of an own offer where that is in the way.
      await this.connection.setRemoteDescription({ type, sdp: withStartBitrate(sdp, START_KILOBITS) });
      for (const candidate of this.#early.splice(0)) await this.#addCandidate(candidate);
      if (type !== 'offer' || this.#lifetime.disposed) return;
      await this.#attach();
      await this.connection.setLocalDescription();
      this.#sendLocal();
    });
  }

  receiveCandidate(candidate: string, label: number | null): void {
    this.#enqueue(async () => {
      const init = { candidate, sdpMLineIndex: label ?? 0 };
      if (this.connection.remoteDescription !== null) await this.#addCandidate(init);
      else if (this.#early.length < MAX_QUEUED_CANDIDATES) this.#early.push(init);
    });
  }

  replaceTrack(kind: Kind, track: MediaStreamTrack | null): void {
    this.#outgoing.set(kind, track);
    // A refused replacement leaves the old track, which is silence at worst.
    this.#transceiver(kind)
      ?.sender.replaceTrack(track)
      .catch(() => undefined);
  }

  restartIce(): void {
    if (this.#lifetime.disposed) return;
    // The other one should have begun, and did not.
    if (this.connection.getTransceivers().length === 0) this.#begin();
    else this.connection.restartIce();
  }

  sendText(text: string): boolean {
    const channel = this.#channel;
    if (channel === null || channel.readyState !== 'open' || channel.bufferedAmount > MAX_BUFFERED)
      return false;
    channel.send(text);
    return true;
  }

  close(): void {
    this.#lifetime.dispose();
  }

  /** A section for each kind even where nothing is sent of it, so that a camera can join later without an offer. */
  #begin(): void {
    for (const kind of KINDS) {
      this.connection.addTransceiver(this.#outgoing.get(kind) ?? kind, {
        direction: 'sendrecv',
        streams: [this.#together],
      });
    }
    this.#adopt(this.connection.createDataChannel(ROOM_CHANNEL));
  }

  async #offer(): Promise<void> {
    try {
      this.#makingOffer = true;
      await this.connection.setLocalDescription();
      this.#sendLocal();
    } catch {
      // The other one's offer came first; what this one was for is negotiated with it, or asked for again.
    } finally {
      this.#makingOffer = false;
    }
  }

  #sendLocal(): void {
    const description = this.connection.localDescription;
    if (this.#lifetime.disposed || description === null) return;
    if (description.type === 'offer' || description.type === 'answer')
      this.#options.sendDescription(description.type, description.sdp);
  }

  /** What is sent goes into the sections that the offer brought. */
  async #attach(): Promise<void> {
    for (const kind of KINDS) {
      const transceiver = this.#transceiver(kind);
      if (transceiver === undefined) continue;
      if (transceiver.currentDirection === null) {
        transceiver.direction = 'sendrecv';
        transceiver.sender.setStreams(this.#together);
      }
      const track = this.#outgoing.get(kind) ?? null;
      if (transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track);
    }
  }

  #transceiver(kind: Kind): RTCRtpTransceiver | undefined {
    return this.connection.getTransceivers().find((each) => each.receiver.track.kind === kind);
  }

  async #addCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    try {
      await this.connection.addIceCandidate(candidate);
    } catch {
      // It belongs to an offer that was ignored, or is of no use to this browser: others follow.
    }
  }

  #adopt(channel: RTCDataChannel): void {
    if (channel.label !== ROOM_CHANNEL || this.#channel !== null) return;
    this.#channel = channel;
    this.#lifetime.listen(channel, 'open', () => {
      this.#options.onChannel(true);
    });
    this.#lifetime.listen(channel, 'close', () => {
      this.#options.onChannel(false);
    });
    this.#lifetime.listen(channel, 'message', (event) => {
      const { data } = event as MessageEvent<unknown>;
      if (typeof data === 'string' && data.length <= MAX_CHANNEL_FRAME) this.#options.onText(data);
    });
    if (channel.readyState === 'open') this.#options.onChannel(true);
  }

  #enqueue(step: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#lifetime.disposed) return;
      try {
        await step();
      } catch {
        if (!this.#lifetime.disposed) this.#options.onRejected();
      }
    });
  }
}

function isKind(kind: string): kind is Kind {
  return kind === 'audio' || kind === 'video';
}
