/**
 * The one file that creates an RTCPeerConnection for the Kurento modes and imports kurento-utils. Its callbacks become
 * promises; tracks belong to whoever captured them, so closing a peer never stops a camera.
 */
// Before kurento-utils, which looks for it when it loads.
import './kurento-logger';
import kurentoUtils from 'kurento-utils';
import type { IceCandidate } from '../../protocol/signaling';
import { isLayered, layersOf, settleEncodings } from './picture-layers';
import { withStartBitrate } from './start-bitrate';

/** What a picture of VGA size needs to look right at once. */
const START_KILOBITS = 1_000;
/** The same with the smaller layer beside it. */
const START_LAYERED_KILOBITS = 2_000;

export type PeerDirection = 'sendrecv' | 'sendonly' | 'recvonly';

export interface PeerOptions {
  readonly direction: PeerDirection;
  /** What is sent; kinds without a track still get a section, so that a camera can join later without a new offer. */
  readonly tracks?: readonly MediaStreamTrack[];
  readonly iceServers?: readonly RTCIceServer[];
  /** What the picture may take at most, in kilobits per second; 0: as much as the path allows. */
  readonly maxKilobits?: number;
  /** Offers the picture in layers, for a receiver that hands it on to links of different widths. */
  readonly layered?: boolean;
  readonly onCandidate: (candidate: IceCandidate) => void;
  readonly onConnection: (state: RTCPeerConnectionState) => void;
  /**
   * Takes the offer of an ICE restart to the other side and answers its answer; null where it was refused. Never rejects,
   * and may never answer. Absent: a path that is lost is lost for good.
   */
  readonly restart?: (sdpOffer: string) => Promise<string | null>;
}

export interface Peer {
  readonly connection: RTCPeerConnection;
  /** Receives each remote track as it is announced; the object stays the same. */
  readonly remote: MediaStream;
  createOffer(): Promise<string>;
  /** The offer of an ICE restart, once the first one is answered; its answer goes to `acceptAnswer`. */
  createRestart(): Promise<string>;
  acceptAnswer(sdp: string): Promise<void>;
  /** May come before the answer: it is kept until then. */
  addIceCandidate(candidate: IceCandidate): void;
  /** Another track (or none) for what is sent of its kind, without renegotiation. */
  replaceTrack(kind: 'audio' | 'video', track: MediaStreamTrack | null): Promise<void>;
  /** Idempotent; releases the connection and leaves the tracks alone. */
  close(): void;
}

/** The published types know neither the constructors nor the options in use. */
interface KurentoPeer {
  generateOffer(callback: (error: unknown, sdp?: string) => void): void;
  processAnswer(sdp: string, callback: (error?: unknown) => void): void;
  addIceCandidate(candidate: RTCIceCandidateInit, callback: (error?: unknown) => void): void;
  removeAllListeners(): void;
}
interface KurentoPeerOptions {
  readonly peerConnection: RTCPeerConnection;
  readonly videoStream?: MediaStream;
  readonly onicecandidate: (candidate: RTCIceCandidate) => void;
}
type KurentoPeerClass = new (options: KurentoPeerOptions, callback: (error?: unknown) => void) => KurentoPeer;

const classes = kurentoUtils.WebRtcPeer as unknown as {
  readonly WebRtcPeerSendrecv: KurentoPeerClass;
  readonly WebRtcPeerSendonly: KurentoPeerClass;
  readonly WebRtcPeerRecvonly: KurentoPeerClass;
};
const classOf: Record<PeerDirection, KurentoPeerClass> = {
  sendrecv: classes.WebRtcPeerSendrecv,
  sendonly: classes.WebRtcPeerSendonly,
  recvonly: classes.WebRtcPeerRecvonly,
};

export async function openPeer(options: PeerOptions): Promise<Peer> {
  // Given a connection, kurento-utils leaves out its built-in list of public STUN servers.
  const connection = new RTCPeerConnection({
    iceServers: [...(options.iceServers ?? [])],
    bundlePolicy: 'max-bundle',
  });
  const remote = new MediaStream();
  let closed = false;
  connection.addEventListener('track', (event) => remote.addTrack(event.track));
  connection.addEventListener('connectionstatechange', () => {
    if (!closed) options.onConnection(connection.connectionState);
  });

  let inner: KurentoPeer | null = null;
  const close = (): void => {
    if (closed) return;
    closed = true;
    // Not its dispose(): that stops every local track, and the camera outlives a connection.
    inner?.removeAllListeners();
    connection.close();
    for (const track of remote.getTracks()) remote.removeTrack(track);
  };

  try {
    inner = await construct(options, connection, () => closed);
  } catch (error) {
    close();
    throw asError(error);
  }
  const peer = inner;
  if (options.layered === true) addLayeredPicture(connection, options);
  addMissingSections(connection, options.direction);

  return {
    connection,
    remote,
    close,
    createOffer: () =>
      new Promise((resolve, reject) => {
        peer.generateOffer((error, sdp) => {
          if (sdp === undefined) reject(asError(error));
          else resolve(sdp);
        });
      }),
    async createRestart() {
      await connection.setLocalDescription(await connection.createOffer({ iceRestart: true }));
      return connection.localDescription?.sdp ?? '';
    },
    acceptAnswer: (sdp) =>
      new Promise((resolve, reject) => {
        const start = isLayered(sdp) ? START_LAYERED_KILOBITS : START_KILOBITS;
        peer.processAnswer(withStartBitrate(sdp, start), (error) => {
          if (error === undefined || error === null) resolve(settlePicture(connection, options));
          else reject(asError(error));
        });
      }),
    addIceCandidate(candidate) {
      // A candidate that the browser cannot use costs nothing: others follow.
      if (!closed) peer.addIceCandidate(candidate, () => undefined);
    },
    async replaceTrack(kind, track) {
      const transceiver = connection.getTransceivers().find((each) => each.receiver.track.kind === kind);
      await transceiver?.sender.replaceTrack(track);
      // Another size may need other layers; before the answer there are none to settle.
      if (kind === 'video' && track !== null && connection.remoteDescription !== null)
        await settlePicture(connection, options);
    },
  };
}

function construct(
  options: PeerOptions,
  connection: RTCPeerConnection,
  closed: () => boolean,
): Promise<KurentoPeer> {
  const { tracks = [], direction, layered = false } = options;
  const given = tracks.filter(({ kind }) => !layered || kind === 'audio');
  return new Promise((resolve, reject) => {
    const peer: KurentoPeer = new classOf[direction](
      {
        peerConnection: connection,
        // A stream must be given, or it would open a camera of its own choice.
        ...(direction === 'recvonly' ? {} : { videoStream: new MediaStream(given) }),
        onicecandidate: (candidate) => {
          if (!closed() && candidate.candidate !== '') options.onCandidate(plain(candidate));
        },
      },
      (error) => {
        if (error === undefined || error === null) resolve(peer);
        else reject(asError(error));
      },
    );
  });
}

/** Sections for the kinds that nothing is sent of yet; kurento-utils itself adds those of a receive-only peer. */
function addMissingSections(connection: RTCPeerConnection, direction: PeerDirection): void {
  if (direction === 'recvonly') return;
  for (const kind of ['audio', 'video'] as const) {
    const present = connection.getTransceivers().some((each) => each.receiver.track.kind === kind);
    if (!present) connection.addTransceiver(kind, { direction });
  }
}

/** Not by kurento-utils: layers can be named only when their section is made. */
function addLayeredPicture(connection: RTCPeerConnection, options: PeerOptions): void {
  const { tracks = [], direction, maxKilobits = 0 } = options;
  const source = tracks.find(({ kind }) => kind === 'video') ?? 'video';
  const streams = [new MediaStream([...tracks])];
  const sendEncodings = layersOf(maxKilobits);
  try {
    connection.addTransceiver(source, { direction, streams, sendEncodings });
  } catch {
    // A browser that knows no temporal layers.
    const plain = sendEncodings.map(({ scalabilityMode: _, ...encoding }) => encoding);
    connection.addTransceiver(source, { direction, streams, sendEncodings: plain });
  }
}

/** A browser that cannot limit sends what it likes: no reason to give up a connection. */
async function settlePicture(connection: RTCPeerConnection, options: PeerOptions): Promise<void> {
  const { layered = false, maxKilobits = 0 } = options;
  if (maxKilobits === 0 && !layered) return;
  for (const { sender, receiver } of connection.getTransceivers()) {
    if (receiver.track.kind !== 'video') continue;
    const parameters = sender.getParameters();
    const { width = 0, height = 0 } = sender.track?.getSettings() ?? {};
    settleEncodings(parameters.encodings, Math.max(width, height), maxKilobits);
    await sender.setParameters(parameters).catch(() => undefined);
  }
}

function plain(candidate: RTCIceCandidate): IceCandidate {
  return { candidate: candidate.candidate, sdpMid: candidate.sdpMid, sdpMLineIndex: candidate.sdpMLineIndex };
}

function asError(error: unknown): Error {
  return error instanceof Error
    ? error
    : new Error(typeof error === 'string' ? error : 'The browser gave no reason.');
}
