/** The media of one call: one pipeline, an endpoint for each side, connected both ways. */
import type { Kurento, MediaScope } from '../kurento-client/types';
import type { WebRtcLeg } from '../webrtc-leg';

export interface MediaSide {
  readonly leg: WebRtcLeg;
  readonly offer: string;
}

export class CallMedia {
  readonly #scope: MediaScope;

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
    const [, left, right] = await this.#scope.createPipeline('WebRtcEndpoint', 'WebRtcEndpoint');
    const [callerAnswer, calleeAnswer] = await Promise.all([
      caller.leg.negotiate(left, caller.offer),
      callee.leg.negotiate(right, callee.offer),
      left.connect(right),
      right.connect(left),
    ]);
    return [callerAnswer, calleeAnswer];
  }

  /** Releases everything, also what is still being made. Never rejects. */
  release(): Promise<void> {
    return this.#scope.release();
  }
}
