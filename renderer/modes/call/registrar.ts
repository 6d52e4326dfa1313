/**
 * The name under which this user can be called: registers it, takes it back after a lost connection with the secret that
 * proves the same identity, and knows who else is there. Calls are call-session.ts's.
 */
import * as v from 'valibot';
import { nextRegistration, type RegistrationEvent, type RegistrationState } from '../../../protocol/call';
import { MAX_NAME_LENGTH, MAX_SECRET_LENGTH } from '../../../protocol/limits';
import type { Replies } from '../../../protocol/signaling';
import { Disposer } from '../../disposer';
import type { EndpointClient } from '../../signaling/endpoint-client';
import { Cell, Machine, type Store } from '../../store';

export interface OtherUser {
  readonly name: string;
  readonly busy: boolean;
}

export interface RegistrarOptions {
  readonly client: EndpointClient<'/one2one'>;
  /** Of this window and this sitting: a reloaded page is the same user, another window is not. */
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

const KEY = 'callcast.call';
const remembered = v.object({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NAME_LENGTH)),
  secret: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_SECRET_LENGTH)),
});

export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #machine: Machine<RegistrationState, RegistrationEvent>;
  readonly #users = new Cell<readonly OtherUser[]>([]);
  readonly #lifetime = new Disposer();
  /** The present link has been told the name. */
  #told = false;

  constructor(options: RegistrarOptions) {
    this.#options = options;
    const known = read(options.storage);
    this.#machine = new Machine<RegistrationState, RegistrationEvent>(
      known === null ? { at: 'unregistered' } : { at: 'offline', ...known },
      nextRegistration,
    );
    this.#lifetime.add(options.client.on((reply) => this.#receive(reply)));
    this.#lifetime.add(options.client.state.subscribe(() => this.#linkChanged()));
    this.#linkChanged();
  }

  get state(): Store<RegistrationState> {
    return this.#machine;
  }
  /** Everybody else who can be called, by name. */
  get users(): Store<readonly OtherUser[]> {
    return this.#users;
  }

  register(name: string): void {
    if (!this.#machine.dispatch({ type: 'register', name })) return;
    this.#told = false;
    this.#linkChanged();
  }

  /** No longer reachable. The hub frees the name with the link. */
  leave(): void {
    this.#machine.dispatch({ type: 'leave' });
    this.#forget();
    this.#users.set([]);
    this.#options.client.reconnect();
  }

  /** Idempotent. The client belongs to whoever opened it. */
  close(): void {
    this.#lifetime.dispose();
  }

  #linkChanged(): void {
    const link = this.#options.client.state.get();
    if (link.at !== 'ready') {
      // A first connection that is still being made is no loss.
      if (this.#told) this.#machine.dispatch({ type: 'socket-lost' });
      this.#told = false;
      return;
    }
    if (this.#machine.get().at === 'offline') this.#machine.dispatch({ type: 'socket-back' });
    const state = this.#machine.get();
    if (state.at !== 'registering' || this.#told) return;
    this.#told = this.#options.client.send({
      id: 'register',
      name: state.name,
      ...(state.secret !== undefined && { secret: state.secret }),
    });
  }

  #receive(reply: Replies['/one2one']): void {
    if (reply.id === 'users') {
      this.#users.set([...reply.users].sort((a, b) => a.name.localeCompare(b.name)));
    } else if (reply.id === 'registerResponse' && reply.response === 'accepted') {
      const { secret } = reply;
      this.#machine.dispatch({ type: 'accepted', ...(secret !== undefined && { secret }) });
      this.#remember();
    } else if (reply.id === 'registerResponse') {
      this.#machine.dispatch({
        type: 'refused',
        code: reply.code ?? 'internal',
        message: reply.message ?? '',
      });
      this.#forget();
    }
  }

  #remember(): void {
    const state = this.#machine.get();
    if (state.at !== 'registered' || state.secret === undefined) return;
    try {
      this.#options.storage.setItem(KEY, JSON.stringify({ name: state.name, secret: state.secret }));
    } catch {
      // Then a reloaded page has to ask for its name again.
    }
  }

  #forget(): void {
    try {
      this.#options.storage.removeItem(KEY);
    } catch {
      // It was not kept either.
    }
  }
}

function read(storage: Pick<Storage, 'getItem'>): { readonly name: string; readonly secret: string } | null {
  try {
    const result = v.safeParse(remembered, JSON.parse(storage.getItem(KEY) ?? 'null'));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}
