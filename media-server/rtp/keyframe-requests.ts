/** When one stream may ask its source for a keyframe: every request is the cost of all who watch the source. */

const RETRY_MS = 500;
/** For a leg that cannot take many. */
const SPARING_MS = 2_000;
/** The minimum distance of a viewer's wishes grows while it keeps asking. */
const MIN_WISH_MS = 300;
const MAX_WISH_MS = 4_000;

export class KeyframeRequests {
  #requestedAt = -Infinity;
  #wishedAt = -Infinity;
  #wishInterval = MIN_WISH_MS;

  requested(now: number): void {
    this.#requestedAt = now;
  }
  /** Another source has not been asked yet. */
  forget(): void {
    this.#requestedAt = -Infinity;
  }

  /** A keyframe that was asked for may still be on its way. */
  mayBeComing(now: number): boolean {
    return now - this.#requestedAt <= RETRY_MS;
  }
  /** It should have come. */
  isOverdue(now: number, sparing: boolean): boolean {
    return now - this.#requestedAt >= (sparing ? SPARING_MS : RETRY_MS);
  }

  /** The viewer wants one. True: to be honoured; at once the first time, then at growing distances. */
  wish(now: number): boolean {
    const since = now - this.#wishedAt;
    if (since < this.#wishInterval) return false;
    const again = since < this.#wishInterval * 2;
    this.#wishInterval = again ? Math.min(MAX_WISH_MS, this.#wishInterval * 2) : MIN_WISH_MS;
    this.#wishedAt = now;
    return true;
  }
}
