/** The media of one call: one pipeline, an endpoint for each side, connected both ways. */
import { otherRole, type CallRole } from '../../protocol/call';
import type { Kurento, MediaPipeline, MediaScope, WebRtcEndpoint } from '../kurento-client/types';
import type { WebRtcLeg } from '../webrtc-leg';

export interface MediaSide {
  readonly leg: WebRtcLeg;
  readonly offer: string;
}

export class CallMedia {
  readonly #scope: MediaScope;
  #pipeline: MediaPipeline | null = null;
  #renewing: Promise<unknown> = Promise.resolve();
  readonly #endpoints: Partial<Record<CallRole, WebRtcEndpoint>> = {};

  /** @param onLost called once when the media server goes away with the call's objects; not after `release`. */
  constructor(kurento: Kurento, onLost: () => void) {
    this.#scope = kurento.openScope();
    this.#scope.onLost(onLost);
  }

  /**
   * @returns the two answers, the caller's first.
   * @throws what the Kurento client throws, also when `release` came first.
   */
  async connect(caller: MediaSide, callee: MediaSide): Promise<[string, string]> {
    const [pipeline, left, right] = await this.#scope.createPipeline('WebRtcEndpoint', 'WebRtcEndpoint');
    this.#pipeline = pipeline;
    this.#endpoints.caller = left;
    this.#endpoints.callee = right;
    const [callerAnswer, calleeAnswer] = await Promise.all([
      caller.leg.negotiate(left, caller.offer),
      callee.leg.negotiate(right, callee.offer),
      left.connect(right),
      right.connect(left),
    ]);
    return [callerAnswer, calleeAnswer];
  }

  /**
   * Another endpoint for one side, in the place of the one whose way is lost: an endpoint negotiates once (Kurento's
   * SDP_END_POINT_ALREADY_NEGOTIATED), so a fresh offer needs a fresh one. The other side's stays as it is.
   * @returns the answer. @throws what the Kurento client throws.
   */
  renew(role: CallRole, side: MediaSide): Promise<string> {
    // One after the other: each takes the place of the endpoint that the one before has made.
    const renewed = this.#renewing.then(() => this.#renew(role, side));
    this.#renewing = renewed.catch(() => undefined);
    return renewed;
  }

  /** Releases everything, also what is still being made. Never rejects. */
  release(): Promise<void> {
    return this.#scope.release();
  }

  async #renew(role: CallRole, { leg, offer }: MediaSide): Promise<string> {
    const [pipeline, old, other] = [this.#pipeline, this.#endpoints[role], this.#endpoints[otherRole(role)]];
    if (!pipeline || !old || !other) throw new Error('a call was renewed before it stood');
    const fresh = await pipeline.create('WebRtcEndpoint');
    this.#endpoints[role] = fresh;
    // Before the connections: what the old one still receives must not mix with the new one's.
    const released = old.release();
    const [answer] = await Promise.all([
      leg.negotiate(fresh, offer),
      fresh.connect(other),
      other.connect(fresh),
      released,
    ]);
    return answer;
  }
}
