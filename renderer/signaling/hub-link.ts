/**
 * The UI's way to the hub: makes endpoint clients once the hub's address is known, and keeps one quiet connection of its
 * own through which the header learns how the hub and the media server are.
 */
import type { EndpointPath, Welcome } from '../../protocol/signaling';
import type { HubAddress, Platform } from '../platform';
import { Cell, type Store } from '../store';
import type { Timers } from '../timers';
import { EndpointClient, type LinkState, type OpenSocket } from './endpoint-client';

export type HubStatus =
  | { readonly at: 'starting' }
  | { readonly at: 'connecting' }
  | { readonly at: 'unreachable'; readonly retryAt: number }
  | { readonly at: 'failed'; readonly message: string }
  | { readonly at: 'ready'; readonly mediaServer: Welcome['mediaServer']; readonly welcome: Welcome };

export interface HubLink {
  readonly status: Store<HubStatus>;
  /** Null while the hub's address is unknown; the owner closes what it gets. */
  open<P extends EndpointPath>(path: P): EndpointClient<P> | null;
  /** Ends every back-off now. */
  retryNow(): void;
  /** The computer moved to another network: dead links are found out at once, and replaced. */
  networkChanged(): void;
  /** Something else has gone silent: links are asked whether they live, with more patience. */
  doubt(): void;
  close(): void;
}

export interface HubLinkOptions {
  readonly platform: Pick<Platform, 'hub'>;
  readonly openSocket: OpenSocket;
  /** As the endpoint client's. */
  readonly reachable?: (hubUrl: string) => boolean;
  readonly timers: Timers;
  readonly random: () => number;
}

export function openHubLink(options: HubLinkOptions): HubLink {
  const status = new Cell<HubStatus>({ at: 'starting' });
  let watcher: EndpointClient<'/helloworld'> | null = null;
  /** Everything that is open, so that word of the network's return reaches all. */
  const clients = new Set<{ retryNow(): void; probe(): void; doubt(): void }>();

  function open<P extends EndpointPath>(path: P): EndpointClient<P> | null {
    const address = options.platform.hub.get();
    if (address.at !== 'known') return null;
    const { openSocket, timers, random, reachable } = options;
    const client = new EndpointClient({
      hubUrl: address.url,
      path,
      openSocket,
      timers,
      random,
      ...(reachable && { reachable }),
    });
    clients.add(client);
    client.state.subscribe(() => {
      if (client.state.get().at === 'closed') clients.delete(client);
    });
    return client;
  }

  function follow(): void {
    const address = options.platform.hub.get();
    watcher?.close();
    watcher = open('/helloworld');
    if (watcher === null) {
      status.set(withoutLink(address));
      return;
    }
    const link = watcher;
    const tell = (): void => {
      if (link === watcher) status.set(statusOf(link.state.get()));
    };
    link.state.subscribe(tell);
    tell();
  }

  const unfollow = options.platform.hub.subscribe(follow);
  follow();
  return {
    status,
    open,
    retryNow() {
      for (const client of [...clients]) client.retryNow();
    },
    doubt() {
      for (const client of [...clients]) client.doubt();
    },
    networkChanged() {
      for (const client of [...clients]) client.probe();
    },
    close() {
      unfollow();
      watcher?.close();
      watcher = null;
    },
  };
}

function withoutLink(address: HubAddress): HubStatus {
  return address.at === 'failed' ? { at: 'failed', message: address.message } : { at: 'starting' };
}

function statusOf(link: LinkState): HubStatus {
  switch (link.at) {
    case 'connecting':
      return { at: 'connecting' };
    case 'waiting':
      return { at: 'unreachable', retryAt: link.retryAt };
    case 'ready':
      return { at: 'ready', mediaServer: link.mediaServer, welcome: link.welcome };
    case 'closed':
      return { at: 'starting' };
  }
}
