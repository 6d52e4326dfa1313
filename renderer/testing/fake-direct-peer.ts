/** A direct peer whose other end is the test. */
import type { DirectPeer, DirectPeerOptions } from '../media/direct-peer';

export class FakeDirectPeer implements DirectPeer {
  readonly options: DirectPeerOptions;
  readonly remote = { getTracks: () => [], getAudioTracks: () => [] } as unknown as MediaStream;
  readonly connection = { getStats: () => Promise.resolve(new Map()) } as unknown as RTCPeerConnection;
  readonly descriptions: [string, string][] = [];
  readonly candidates: [string, number | null][] = [];
  readonly replaced: [string, MediaStreamTrack | null][] = [];
  readonly texts: unknown[] = [];
  restarts = 0;
  open = false;
  closed = false;

  constructor(options: DirectPeerOptions) {
    this.options = options;
  }

  receiveDescription(type: 'offer' | 'answer', sdp: string): void {
    this.descriptions.push([type, sdp]);
  }
  receiveCandidate(candidate: string, label: number | null): void {
    this.candidates.push([candidate, label]);
  }
  replaceTrack(kind: 'audio' | 'video', track: MediaStreamTrack | null): void {
    this.replaced.push([kind, track]);
  }
  restartIce(): void {
    this.restarts += 1;
  }
  sendText(text: string): boolean {
    if (this.open) this.texts.push(JSON.parse(text));
    return this.open;
  }
  close(): void {
    this.closed = true;
  }

  // ── the other end ───────────────────────────────────────────────────────────────────────────────────────────

  openChannel(): void {
    this.open = true;
    this.options.onChannel(true);
  }
  say(message: unknown): void {
    this.options.onText(typeof message === 'string' ? message : JSON.stringify(message));
  }
}
