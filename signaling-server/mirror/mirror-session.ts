/**
 * One mirror: the media server sends a client's own picture back to it, in the magic mirror with a hat on every face.
 * The states are protocol/mirror.ts's; here is the media work that follows from them. Every round has a scope and a leg
 * of its own, so a start while one runs replaces it cleanly: the old round's late results find their scope released.
 */
import type { Failure } from '../../protocol/errors';
import { MIRROR_IDLE, isRunning, next, type MirrorEvent, type MirrorState } from '../../protocol/mirror';
import type { IceCandidate, Overlay } from '../../protocol/signaling';
import { ProtocolFault, Refusal } from '../failures';
import { MediaServerLost } from '../kurento-client/errors';
import type { FaceOverlayFilter, MediaScope, WebRtcEndpoint } from '../kurento-client/types';
import type { CloseReason, Connection, HubServices, Session, SessionRequest } from '../mode';
import { WebRtcLeg, belongsTo } from '../webrtc-leg';

/** Both endpoints answer with the same messages. */
type MirrorConnection = Connection<'/helloworld'> | Connection<'/magicmirror'>;

/** What one `start` made. */
interface Round {
  readonly number: number;
  /** Changes with each ICE restart. */
  offer: string;
  readonly scope: MediaScope;
  readonly leg: WebRtcLeg;
  /** What the face is to wear; changes by `setOverlay`, also before the filter exists. */
  overlay: Overlay | undefined;
  filter: FaceOverlayFilter | undefined;
}

/** Its requests are a superset of the plain mirror's, so that it serves both endpoints. */
export class MirrorSession implements Session<'/magicmirror'> {
  readonly #connection: MirrorConnection;
  readonly #services: HubServices;
  readonly #filtered: boolean;
  #state: MirrorState = MIRROR_IDLE;
  #round: Round | undefined;
  /** Takes the candidates that come before the `start` they belong to. */
  #nextLeg: WebRtcLeg;
  readonly #releases = new Set<Promise<void>>();

  /** @param filtered with a FaceOverlayFilter between the endpoint's two directions */
  constructor(connection: MirrorConnection, services: HubServices, filtered: boolean) {
    this.#connection = connection;
    this.#services = services;
    this.#filtered = filtered;
    this.#nextLeg = this.#createLeg();
  }

  handle(request: SessionRequest<'/magicmirror'>): void {
    switch (request.id) {
      case 'start':
        this.#start(request.sdpOffer, request.overlay);
        return;
      case 'restart':
        this.#restart(request.sdpOffer);
        return;
      case 'stop':
        this.#stop();
        return;
      case 'onIceCandidate':
        this.#addCandidate(request.candidate);
        return;
      case 'setOverlay':
        this.#setOverlay(request.overlay ?? undefined);
        return;
    }
  }

  closed(_reason: CloseReason): void {
    this.#stop();
    this.#nextLeg.close();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#releases);
  }

  // ── what a client asks ─────────────────────────────────────────────────────────────────────────────────────────

  #start(offer: string, overlay: Overlay | null | undefined): void {
    if (overlay) this.#uriOf(overlay);
    if (this.#filtered && this.#services.kurento.supports('FaceOverlayFilter') === false)
      throw new Refusal(
        'filter-unavailable',
        'This media server has no FaceOverlayFilter. Use the plain mirror, or a media server that has it.',
      );
    this.#endRound();
    this.#dispatch({ type: 'start' });
    const round: Round = {
      number: this.#state.round,
      offer,
      scope: this.#services.kurento.openScope(),
      leg: this.#nextLeg,
      overlay: this.#filtered ? this.#chosen(overlay) : undefined,
      filter: undefined,
    };
    this.#round = round;
    this.#nextLeg = this.#createLeg();
    round.scope.onLost(() => this.#failed(round, new MediaServerLost()));
    void this.#establish(round);
  }

  #restart(offer: string): void {
    const round = this.#round;
    if (!round || this.#state.at !== 'live')
      throw new ProtocolFault('wrong-state', 'A mirror can be restarted while it is live.');
    round.offer = offer;
    round.leg.restart(offer).then(
      (sdpAnswer) => {
        if (this.#round !== round) return;
        this.#connection.send({ id: 'restarted', response: 'accepted', sdpAnswer });
        round.leg.answered();
      },
      (error: unknown) => {
        if (this.#round !== round) return;
        const failure = this.#connection.failure(error);
        if (failure) this.#connection.send({ id: 'restarted', response: 'rejected', ...failure });
      },
    );
  }

  #stop(): void {
    this.#endRound();
    this.#nextLeg.close();
    this.#nextLeg = this.#createLeg();
    this.#dispatch({ type: 'stop' });
  }

  #addCandidate(candidate: IceCandidate): void {
    // A page may send the candidates of its next offer before the `start` that carries it.
    const leg = this.#round && belongsTo(this.#round.offer, candidate) ? this.#round.leg : this.#nextLeg;
    leg.addCandidate(candidate);
  }

  #setOverlay(overlay: Overlay | undefined): void {
    const round = this.#round;
    if (!round)
      throw new ProtocolFault('wrong-state', 'Start the mirror before choosing what to wear in it.');
    if (overlay) this.#uriOf(overlay);
    round.overlay = overlay;
    if (round.filter) this.#wear(round, round.filter).catch((error: unknown) => this.#failed(round, error));
  }

  // ── media ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Two round trips to the media server, however many elements: one creates them, one connects and negotiates. */
  async #establish(round: Round): Promise<void> {
    try {
      const [endpoint, connected] = this.#filtered
        ? await this.#buildFiltered(round)
        : await this.#buildPlain(round);
      const [answer] = await Promise.all([round.leg.negotiate(endpoint, round.offer), connected]);
      if (!this.#dispatch({ type: 'answered', round: round.number, now: this.#services.clock.now() })) return;
      this.#connection.send({ id: 'startResponse', sdpAnswer: answer });
      round.leg.answered();
    } catch (error) {
      this.#failed(round, error);
    }
  }

  async #buildPlain({ scope }: Round): Promise<[WebRtcEndpoint, Promise<unknown>]> {
    const [, endpoint] = await scope.createPipeline('WebRtcEndpoint');
    return [endpoint, handled(endpoint.connect(endpoint))];
  }

  async #buildFiltered(round: Round): Promise<[WebRtcEndpoint, Promise<unknown>]> {
    const [, endpoint, filter] = await round.scope.createPipeline('WebRtcEndpoint', 'FaceOverlayFilter');
    round.filter = filter;
    const dressed = round.overlay ? this.#wear(round, filter) : Promise.resolve();
    const connected = Promise.all([dressed, endpoint.connect(filter), filter.connect(endpoint)]);
    return [endpoint, handled(connected)];
  }

  async #wear({ overlay }: Round, filter: FaceOverlayFilter): Promise<void> {
    if (overlay) await filter.setOverlayedImage(this.#uriOf(overlay), overlay);
    else await filter.unsetOverlayedImage();
  }

  /** Tutorial pages say nothing about hats and get one; null asks for none. */
  #chosen(overlay: Overlay | null | undefined): Overlay | undefined {
    return overlay === undefined ? this.#services.overlays.standard : (overlay ?? undefined);
  }

  #uriOf({ image }: Overlay): string {
    const uri = this.#services.overlays.uri(image);
    if (uri === undefined) throw new ProtocolFault('bad-message', `There is no overlay named "${image}".`);
    return uri;
  }

  // ── the end of a round ─────────────────────────────────────────────────────────────────────────────────────────

  #failed(round: Round, error: unknown): void {
    if (this.#round !== round) return;
    const failure = this.#connection.fail(error);
    if (!failure) return;
    this.#endRound();
    this.#dispatch(outcome(round.number, error, failure));
  }

  #endRound(): void {
    const round = this.#round;
    if (!round) return;
    this.#round = undefined;
    round.leg.close();
    const release = round.scope.release().finally(() => this.#releases.delete(release));
    this.#releases.add(release);
  }

  /** The only place that changes the state. False when the event is late or otherwise not legal now. */
  #dispatch(event: MirrorEvent): boolean {
    const state = next(this.#state, event);
    if (!state) return false;
    this.#connection.logger.info({ round: state.round }, `${this.#state.at} → ${state.at} (${event.type})`);
    this.#state = state;
    if (!isRunning(state) && this.#round) this.#endRound();
    return true;
  }

  #createLeg(): WebRtcLeg {
    return new WebRtcLeg(this.#connection.logger, (candidate) =>
      this.#connection.send({ id: 'iceCandidate', candidate }),
    );
  }
}

function outcome(round: number, error: unknown, failure: Failure): MirrorEvent {
  return error instanceof MediaServerLost ? { type: 'lost', failure } : { type: 'failed', round, failure };
}

/** Keeps a rejection from counting as unhandled until somebody awaits the promise; it still rejects. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
