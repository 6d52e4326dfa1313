/**
 * The offer of an ICE restart on its way to the hub, and the answer on its way back; one at a time. Whoever asked sets a
 * limit to it: the link may be lost for the same reason as the path.
 */
export class RestartRequest {
  readonly #send: (sdpOffer: string) => void;
  #pending: { readonly offer: string; readonly settle: (answer: string | null) => void } | null = null;

  constructor(send: (sdpOffer: string) => void) {
    this.#send = send;
  }

  /** Replaces one that is not answered. */
  ask(offer: string): Promise<string | null> {
    this.settle(null);
    return new Promise((settle) => {
      this.#pending = { offer, settle };
      this.#send(offer);
    });
  }

  /** The link is back: what was sent may not have arrived. */
  repeat(): void {
    if (this.#pending !== null) this.#send(this.#pending.offer);
  }

  /** `answer` null: refused. False when nobody has asked. */
  settle(answer: string | null): boolean {
    const pending = this.#pending;
    this.#pending = null;
    pending?.settle(answer);
    return pending !== null;
  }
}
