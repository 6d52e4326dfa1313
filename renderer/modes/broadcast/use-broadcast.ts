/** A connection to the broadcast's endpoint for as long as a screen is shown, with what the screen built on it. */
import { useMemo } from 'react';
import { useServices, type Services } from '../../services';
import type { EndpointClient } from '../../signaling/endpoint-client';
import { useStore, type Store } from '../../store';
import { useResource } from '../../use-resource';
import { followChannels, type ChannelList } from './channels';

export interface BroadcastLink<T> {
  readonly client: EndpointClient<'/one2many'>;
  readonly channels: ChannelList;
  readonly session: T;
  close(): void;
}

/** Null until the hub's address is known, or while `key` is null; built anew for another `key` or another hub. */
export function useBroadcast<T extends { close(): void }>(
  build: (client: EndpointClient<'/one2many'>, services: Services) => T,
  key: unknown,
): BroadcastLink<T> | null {
  const services = useServices();
  const address = useStore(services.platform.hub);
  return useResource(
    () => {
      if (key === null) return null;
      const client = services.hub.open('/one2many');
      if (client === null) return null;
      const channels = followChannels(client);
      const session = build(client, services);
      return {
        client,
        channels,
        session,
        close() {
          session.close();
          channels.close();
          client.close();
        },
      };
    },
    useMemo(() => ({ address, key }), [address, key]),
  );
}

const NOTHING: Store<null> = { get: () => null, subscribe: () => () => undefined };

/** Of a store that may not be there yet. */
export function useStoreOrNull<T>(store: Store<T> | undefined): T | null {
  return useStore<T | null>(store ?? NOTHING);
}
