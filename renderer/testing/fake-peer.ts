/** A peer whose network is the test. */
import type { IceCandidate } from '../../protocol/signaling';
import type { Peer, PeerOptions } from '../media/peer';

export class FakePeer implements Peer {
  readonly options: PeerOptions;
  readonly remote = {
    getTracks: () => [],
    getAudioTracks: () => [],
  } as unknown as MediaStream;
  state: RTCPeerConnectionState = 'new';
  readonly answers: string[] = [];
  readonly candidates: IceCandidate[] = [];
  readonly replaced: [string, MediaStreamTrack | null][] = [];
  closed = false;
  /** Makes the next answer unacceptable. */
  refuses = false;

  constructor(options: PeerOptions) {
    this.options = options;
  }

  get connection(): RTCPeerConnection {
    return {
      connectionState: this.state,
      getStats: () => Promise.resolve(new Map()),
    } as unknown as RTCPeerConnection;
  }

  createOffer(): Promise<string> {
    this.options.onCandidate({ candidate: 'candidate:early', sdpMid: '0', sdpMLineIndex: 0 });
    return Promise.resolve('v=0 offer');
  }
  createRestart(): Promise<string> {
    return Promise.resolve('v=0 restart');
  }
  acceptAnswer(sdp: string): Promise<void> {
    this.answers.push(sdp);
    return this.refuses ? Promise.reject(new Error('no SDP')) : Promise.resolve();
  }
  addIceCandidate(candidate: IceCandidate): void {
    this.candidates.push(candidate);
  }
  replaceTrack(kind: 'audio' | 'video', track: MediaStreamTrack | null): Promise<void> {
    this.replaced.push([kind, track]);
    return Promise.resolve();
  }
  close(): void {
    this.closed = true;
  }

  become(state: RTCPeerConnectionState): void {
    this.state = state;
    this.options.onConnection(state);
  }
}
