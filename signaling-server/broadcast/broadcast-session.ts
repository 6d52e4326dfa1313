/**
 * One connection of `/one2many`: it presents a channel, or watches one, or neither. The rules are in
 * protocol/broadcast.ts and channel-book.ts; here they meet messages and media.
 *
 * A new `presenter` or `viewer` ends what the connection did before. Media work runs in the session's queue; whatever
 * ends a role releases its part of the media server at once, which also ends the work under way.
 */
import { DEFAULT_CHANNEL, nextBroadcastSession } from '../../protocol/broadcast';
import type { BroadcastSessionEvent, BroadcastSessionState } from '../../protocol/broadcast';
import type { Failure } from '../../protocol/errors';
import { cleanName } from '../../protocol/names';
import { NO_PRESENTER, PRESENTER_BUSY } from '../../protocol/signaling';
import type { IceCandidate } from '../../protocol/signaling';
import { ProtocolFault, Refusal } from '../failures';
import { MediaServerLost } from '../kurento-client/errors';
import type { MediaObject } from '../kurento-client/types';
import type { CloseReason, Connection, HubServices, Session, SessionRequest } from '../mode';
import { sameSecret } from '../secret';
import { SerialQueue } from '../serial-queue';
import { WebRtcLeg, belongsTo } from '../webrtc-leg';
import { ChannelEnded } from './channel-book';
import type { Channel, ChannelBook } from './channel-book';
import type { PresenterKeys } from './presenter-keys';

type Request = SessionRequest<'/one2many'>;

/** What the connection does at the moment, with everything that must end together with it. */
interface Part {
  readonly channel: Channel<BroadcastSession>;
  readonly leg: WebRtcLeg;
  /** Changes with each ICE restart. */
  offer: string;
}
type PresenterRole = Part & { readonly as: 'presenter' };
type ViewerRole = Part & { readonly as: 'viewer'; media: MediaObject | null };
type Role = PresenterRole | ViewerRole;

/** Why a role ended: by this connection itself, by its presenter, or by a failure that both are told. */
type Ending = { readonly by: 'self' | 'presenter' } | { readonly by: 'failure'; readonly failure: Failure };

export class BroadcastSession implements Session<'/one2many'> {
  readonly #connection: Connection<'/one2many'>;
  readonly #services: HubServices;
  readonly #book: ChannelBook<BroadcastSession>;
  readonly #keys: PresenterKeys;
  readonly #queue: SerialQueue;
  readonly #releasing = new Set<Promise<void>>();
  #state: BroadcastSessionState = { at: 'idle' };
  #role: Role | null = null;
  /** Takes the candidates that come before the request they belong to. */
  #leg: WebRtcLeg;

  constructor(
    connection: Connection<'/one2many'>,
    services: HubServices,
    book: ChannelBook<BroadcastSession>,
    keys: PresenterKeys,
  ) {
    this.#connection = connection;
    this.#services = services;
    this.#book = book;
    this.#keys = keys;
    this.#queue = new SerialQueue(connection.signal);
    this.#leg = this.#newLeg();
  }

  get state(): BroadcastSessionState {
    return this.#state;
  }

  handle(request: Request): void {
    switch (request.id) {
      case 'presenter':
        return this.#present(request);
      case 'viewer':
        return this.#view(request);
      case 'restart':
        return this.#restart(request.sdpOffer);
      case 'stop':
        return this.#end({ by: 'self' });
      case 'onIceCandidate':
        return this.#addCandidate(request.candidate);
    }
  }

  greeted(): void {
    this.announce();
  }

  /** Tells what is on air, to a client that knows the message. */
  announce(): void {
    if (this.#connection.greeted) this.#connection.send({ id: 'channels', channels: this.#book.onAir() });
  }

  closed(_reason: CloseReason): void {
    this.#end({ by: 'self' });
    this.#leg.close();
  }

  async settled(): Promise<void> {
    await this.#queue.idle();
    await Promise.all(this.#releasing);
  }

  // ── presenting ──────────────────────────────────────────────────────────────────────────────────────────────────

  #present(request: Extract<Request, { id: 'presenter' }>): void {
    this.#endRole({ by: 'self' });
    try {
      const name = channelName(request.channel);
      this.#keys.check(request.key, this.#services.presenterKey(), this.#connection.remoteAddress);
      this.#endOwnGhost(name, request.secret);
      const { kurento, ids } = this.#services;
      const secret = this.#connection.greeted ? ids.secret() : undefined;
      const channel = this.#book.claim(name, this, () => kurento.openScope(), secret);
      if (!channel) throw new Refusal('presenter-busy', PRESENTER_BUSY, { retryable: true });
      const role: PresenterRole = { as: 'presenter', channel, leg: this.#takeLeg(), offer: request.sdpOffer };
      this.#role = role;
      this.#dispatch({ type: 'present', channel: name });
      channel.scope.onLost(() => this.#fail(role, new MediaServerLost()));
      this.#start(role, () => this.#goOnAir(role));
    } catch (error) {
      this.#refuse('presenterResponse', this.#connection.failure(error));
    }
  }

  /** The same presenter may be back before the hub has noticed that the last connection is dead. */
  #endOwnGhost(name: string, secret: string | undefined): void {
    const ghost = this.#book.get(name);
    if (ghost && sameSecret(secret, ghost.secret)) ghost.presenter.#end({ by: 'self' });
  }

  async #goOnAir(role: PresenterRole): Promise<void> {
    const { channel, leg, offer } = role;
    const [pipeline, endpoint] = await channel.scope.createPipeline('WebRtcEndpoint');
    const sdpAnswer = await leg.negotiate(endpoint, offer);
    if (this.#role !== role) return;
    if (!this.#book.goOnAir(channel, { pipeline, presenter: endpoint }, this.#services.clock.now())) return;
    this.#dispatch({ type: 'answered' });
    const secret = channel.secret !== undefined && { secret: channel.secret };
    this.#connection.send({ id: 'presenterResponse', response: 'accepted', sdpAnswer, ...secret });
    leg.answered();
  }

  // ── watching ────────────────────────────────────────────────────────────────────────────────────────────────────

  #view(request: Extract<Request, { id: 'viewer' }>): void {
    this.#endRole({ by: 'self' });
    try {
      const name = channelName(request.channel);
      const channel = this.#book.get(name);
      if (!channel) throw noPresenter();
      this.#book.join(channel, this);
      const role: Role = {
        as: 'viewer',
        channel,
        leg: this.#takeLeg(),
        offer: request.sdpOffer,
        media: null,
      };
      this.#role = role;
      this.#dispatch({ type: 'view', channel: name });
      this.#start(role, () => this.#watch(role));
    } catch (error) {
      this.#refuse('viewerResponse', this.#connection.failure(error));
    }
  }

  async #watch(role: ViewerRole): Promise<void> {
    const { pipeline, presenter } = await role.channel.source;
    if (this.#role !== role) return;
    const endpoint = await pipeline.create('WebRtcEndpoint');
    if (this.#role !== role) {
      await endpoint.release();
      return;
    }
    role.media = endpoint;
    const [sdpAnswer] = await Promise.all([
      role.leg.negotiate(endpoint, role.offer),
      presenter.connect(endpoint),
    ]);
    if (this.#role !== role) return;
    this.#dispatch({ type: 'answered' });
    this.#connection.send({ id: 'viewerResponse', response: 'accepted', sdpAnswer });
    role.leg.answered();
  }

  // ── another way for the same media ─────────────────────────────────────────────────────────────────────────────

  #restart(offer: string): void {
    const role = this.#role;
    if (!role || this.#state.at === 'idle' || this.#state.phase === 'starting')
      throw new ProtocolFault('wrong-state', 'A broadcast can be restarted while it runs.');
    role.offer = offer;
    role.leg.restart(offer).then(
      (sdpAnswer) => {
        if (this.#role !== role) return;
        this.#connection.send({ id: 'restarted', response: 'accepted', sdpAnswer });
        role.leg.answered();
      },
      (error: unknown) => {
        if (this.#role !== role) return;
        const failure = this.#connection.failure(error);
        if (failure) this.#connection.send({ id: 'restarted', response: 'rejected', ...failure });
      },
    );
  }

  // ── endings ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #start(role: Role, work: () => Promise<void>): void {
    this.#queue
      .run(async () => {
        if (this.#role === role) await work();
      })
      .catch((error: unknown) => this.#fail(role, error));
  }

  /** No effect when the role has ended meanwhile: a late callback concerns nobody any more. */
  #fail(role: Role, error: unknown): void {
    if (this.#role !== role) return;
    const known = error instanceof ChannelEnded ? noPresenter() : error;
    const failure = this.#connection.failure(known);
    this.#end(failure ? { by: 'failure', failure } : { by: 'self' });
  }

  /** What was collected for a next role goes as well: it was for what ends here. */
  #end(ending: Ending): void {
    this.#takeLeg().close();
    this.#endRole(ending);
  }

  #endRole(ending: Ending): void {
    const role = this.#role;
    if (!role) return;
    this.#role = null;
    role.leg.close();
    const before = this.#state;
    this.#dispatch({ type: 'end' });
    this.#tell(before, ending);
    if (role.as === 'viewer') {
      this.#book.leave(role.channel, this);
      if (role.media) this.#release(role.media.release());
      return;
    }
    // A presenter who never came on air has failed alone; a media server that went away concerns all.
    const shared = ending.by === 'failure' && role.channel.since !== null;
    for (const viewer of this.#book.end(role.channel)) viewer.#end(shared ? ending : { by: 'presenter' });
    this.#release(role.channel.scope.release());
  }

  /** What the client is told depends on how far it had come: an unanswered request gets its response. */
  #tell(before: BroadcastSessionState, ending: Ending): void {
    if (ending.by === 'self' || before.at === 'idle') return;
    const failure = ending.by === 'failure' ? ending.failure : undefined;
    if (before.phase !== 'starting') this.#connection.send({ id: 'stopCommunication', ...failure });
    else if (before.at === 'presenting') this.#refuse('presenterResponse', failure);
    else this.#refuse('viewerResponse', failure ?? this.#connection.failure(noPresenter()));
  }

  #refuse(id: 'presenterResponse' | 'viewerResponse', failure: Failure | undefined): void {
    if (failure) this.#connection.send({ id, response: 'rejected', ...failure });
  }

  #release(release: Promise<void>): void {
    this.#releasing.add(release);
    void release.finally(() => this.#releasing.delete(release));
  }

  #addCandidate(candidate: IceCandidate): void {
    // A page may send the candidates of its next offer before the request that carries it.
    const role = this.#role;
    const leg = role && belongsTo(role.offer, candidate) ? role.leg : this.#leg;
    leg.addCandidate(candidate);
  }

  #takeLeg(): WebRtcLeg {
    const leg = this.#leg;
    this.#leg = this.#newLeg();
    return leg;
  }

  #newLeg(): WebRtcLeg {
    return new WebRtcLeg(this.#connection.logger, (candidate) =>
      this.#connection.send({ id: 'iceCandidate', candidate }),
    );
  }

  #dispatch(event: BroadcastSessionEvent): void {
    const next = nextBroadcastSession(this.#state, event);
    if (!next)
      throw new ProtocolFault(
        'wrong-state',
        `This cannot be done now (${event.type} while ${this.#state.at}).`,
      );
    this.#connection.logger.info(
      { from: this.#state.at, to: next.at, event: event.type },
      'broadcast session',
    );
    this.#state = next;
  }
}

function noPresenter(): Refusal {
  return new Refusal('no-presenter', NO_PRESENTER, { retryable: true });
}

function channelName(raw: string | undefined): string {
  if (raw === undefined || raw.trim() === '') return DEFAULT_CHANNEL;
  const name = cleanName(raw);
  if (name === null)
    throw new Refusal(
      'name-invalid',
      'This channel name cannot be used. Choose another one, of up to 64 characters.',
    );
  return name;
}
