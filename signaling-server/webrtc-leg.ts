/**
 * One browser's media connection with the media server, seen from signaling: the candidates of both directions and the
 * exchange of offer and answer. Owns neither the endpoint (its scope does) nor the connection it sends through.
 *
 * Browsers send candidates as soon as they have an offer, so they may arrive before the request that carries it, or
 * before the endpoint exists: they wait here, bounded, and are added in order. A leg serves one endpoint, its negotiation
 * and the ICE restarts after it; whoever ends a session closes its leg and takes a new one for the next.
 */
import { MAX_QUEUED_CANDIDATES } from '../protocol/limits';
import type { Logger } from '../protocol/log';
import type { IceCandidate } from '../protocol/signaling';
import { ProtocolFault } from './failures';
import type { WebRtcEndpoint } from './kurento-client/types';

export class WebRtcLeg {
  readonly #logger: Logger;
  readonly #send: (candidate: IceCandidate) => void;
  /** From the browser, until the endpoint exists. */
  #early: IceCandidate[] = [];
  #overflowed = false;
  #endpoint: WebRtcEndpoint | null = null;
  /** From the media server, until the browser has its answer: a page may be unable to take them before. */
  #held: IceCandidate[] | null = [];
  #closed = false;

  /** @param send brings a candidate of the media server to the browser. */
  constructor(logger: Logger, send: (candidate: IceCandidate) => void) {
    this.#logger = logger;
    this.#send = send;
  }

  /**
   * A candidate of the browser.
   * @throws ProtocolFault `too-many-candidates`, once, when more wait than an honest browser gathers; the oldest goes.
   */
  addCandidate(candidate: IceCandidate): void {
    if (this.#closed) return;
    if (this.#endpoint) {
      this.#forward(this.#endpoint, candidate);
      return;
    }
    this.#early.push(candidate);
    if (this.#early.length <= MAX_QUEUED_CANDIDATES) return;
    this.#early.shift();
    if (this.#overflowed) return;
    this.#overflowed = true;
    throw new ProtocolFault(
      'too-many-candidates',
      `More than ${MAX_QUEUED_CANDIDATES} ICE candidates came before there was a session for them.`,
    );
  }

  /**
   * Gives the offer and the waiting candidates to the endpoint.
   * @returns the SDP answer. Candidates of the media server are held back until `answered`.
   * @throws what the Kurento client throws.
   */
  async negotiate(endpoint: WebRtcEndpoint, offer: string): Promise<string> {
    const listening = endpoint.on('IceCandidateFound', ({ candidate }) => this.#found(candidate));
    this.#endpoint = endpoint;
    for (const candidate of this.#early.splice(0)) {
      if (belongsTo(offer, candidate)) this.#forward(endpoint, candidate);
    }
    // The media server works requests off in order: nothing is gained by waiting between them.
    const negotiated = Promise.all([endpoint.processOffer(offer), listening]);
    endpoint.gatherCandidates().catch((error: unknown) => this.#report(error, 'gathering failed'));
    return (await negotiated)[0];
  }

  /**
   * Gives the offer of an ICE restart to the endpoint, which keeps everything else. Candidates of both sides wait as in a
   * first negotiation: those of the new offer would be taken for the old one's.
   * @returns the SDP answer; then `answered`. @throws what the Kurento client throws: nothing has changed then.
   */
  async restart(offer: string): Promise<string> {
    const endpoint = this.#endpoint;
    if (!endpoint) throw new ProtocolFault('wrong-state', 'There is nothing to restart yet.');
    this.#endpoint = null;
    this.#held ??= [];
    try {
      return await endpoint.processOffer(offer);
    } catch (error) {
      this.answered();
      throw error;
    } finally {
      if (!this.#closed) {
        this.#endpoint = endpoint;
        for (const candidate of this.#early.splice(0)) {
          if (belongsTo(offer, candidate)) this.#forward(endpoint, candidate);
        }
      }
    }
  }

  /** The answer is on its way to the browser: candidates may follow. */
  answered(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const candidate of held) this.#send(candidate);
  }

  /** Nothing passes any more, in either direction. */
  close(): void {
    this.#closed = true;
    this.#early = [];
    this.#held = [];
    this.#endpoint = null;
  }

  #found(candidate: IceCandidate): void {
    if (this.#closed) return;
    if (!this.#held) this.#send(candidate);
    else if (this.#held.length < MAX_QUEUED_CANDIDATES) this.#held.push(candidate);
  }

  #forward(endpoint: WebRtcEndpoint, candidate: IceCandidate): void {
    endpoint
      .addIceCandidate(candidate)
      .catch((error: unknown) => this.#report(error, 'a candidate was not added'));
  }

  #report(error: unknown, message: string): void {
    // One candidate less is no failure: the others remain. After closing, rejections are what is expected.
    if (!this.#closed) this.#logger.warn({ err: error }, message);
  }
}

/**
 * Whether a candidate was gathered for this offer: one left over from an earlier negotiation names another `ice-ufrag`
 * (RFC 8839, section 5.4). A candidate that names none is taken for the offer's own.
 */
export function belongsTo(offer: string, candidate: IceCandidate): boolean {
  const fragment = candidate.usernameFragment ?? /\sufrag\s+(\S+)/.exec(candidate.candidate)?.[1];
  if (!fragment) return true;
  return offer.includes(`a=ice-ufrag:${fragment}\r`) || offer.includes(`a=ice-ufrag:${fragment}\n`);
}
