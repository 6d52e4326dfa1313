/**
 * Who wants to hear which event of which object. A holder that subscribed twice has two subscriptions and gets the event
 * once; it ends when both are gone.
 */
import type { EventData, RpcEvent } from '../../protocol/kurento';
import { KurentoError } from './kurento-error';
import type { Holder, MediaObject } from './media-object';

/** An object has some twenty events; nobody needs each of them more than a few times. */
export const MAX_SUBSCRIPTIONS_PER_OBJECT = 1024;

interface Subscription {
  readonly id: string;
  readonly type: string;
  readonly holder: Holder;
}

export class Subscriptions {
  readonly #byObject = new Map<MediaObject, Map<string, Subscription>>();

  add(id: string, object: MediaObject, type: string, holder: Holder): void {
    if (!object.type.events.has(type)) {
      throw new KurentoError('MEDIA_OBJECT_EVENT_NOT_SUPPORTED', `Event '${type}' not supported`);
    }
    let subscriptions = this.#byObject.get(object);
    if (!subscriptions) this.#byObject.set(object, (subscriptions = new Map<string, Subscription>()));
    if (subscriptions.size >= MAX_SUBSCRIPTIONS_PER_OBJECT) {
      throw new KurentoError(
        'NOT_ENOUGH_RESOURCES',
        `An object has at most ${MAX_SUBSCRIPTIONS_PER_OBJECT} subscriptions`,
      );
    }
    subscriptions.set(id, { id, type, holder });
  }
  /** Only one's own; an unknown one is no error. */
  remove(id: string, object: MediaObject, holder: Holder): void {
    const subscriptions = this.#byObject.get(object);
    if (subscriptions?.get(id)?.holder !== holder) return;
    subscriptions.delete(id);
    if (subscriptions.size === 0) this.#byObject.delete(object);
  }
  removeObject(object: MediaObject): void {
    this.#byObject.delete(object);
  }
  removeHolder(holder: Holder, object: MediaObject): void {
    const subscriptions = this.#byObject.get(object);
    if (!subscriptions) return;
    for (const { id, holder: owner } of subscriptions.values())
      if (owner === holder) subscriptions.delete(id);
    if (subscriptions.size === 0) this.#byObject.delete(object);
  }
  get size(): number {
    let size = 0;
    for (const subscriptions of this.#byObject.values()) size += subscriptions.size;
    return size;
  }
  publish(object: MediaObject, type: string, data: () => EventData<string>): void {
    const subscriptions = this.#byObject.get(object);
    if (!subscriptions) return;
    let holders: Set<Holder> | undefined;
    for (const subscription of subscriptions.values()) {
      if (subscription.type === type) (holders ??= new Set()).add(subscription.holder);
    }
    if (!holders) return;
    const event: RpcEvent = {
      jsonrpc: '2.0',
      method: 'onEvent',
      params: { value: { object: object.id, type, data: data() } },
    };
    const frame = JSON.stringify(event);
    for (const holder of holders) holder.deliver(frame);
  }
}
