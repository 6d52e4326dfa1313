/** The channels on air, as the hub tells them: null until it has. */
import { Cell, type Store } from '../../store';
import type { ChannelOnAir } from '../../../protocol/signaling';
import type { EndpointClient } from '../../signaling/endpoint-client';

export interface ChannelList extends Store<readonly ChannelOnAir[] | null> {
  close(): void;
}

/** Follows a client that somebody else owns. What was said before a lost link is not known to be true any more. */
export function followChannels(client: EndpointClient<'/one2many'>): ChannelList {
  const cell = new Cell<readonly ChannelOnAir[] | null>(null);
  const unhear = client.on((reply) => {
    if (reply.id === 'channels') cell.set(reply.channels);
  });
  const unfollow = client.state.subscribe(() => {
    const { at } = client.state.get();
    if (at === 'waiting' || at === 'closed') cell.set(null);
  });
  return {
    get: cell.get,
    subscribe: cell.subscribe,
    close() {
      unhear();
      unfollow();
    },
  };
}
