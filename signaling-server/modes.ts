/** Every mode of the hub, one per endpoint: a new endpoint without a mode does not compile. */
import type { EndpointPath } from '../protocol/signaling';
import { createBroadcastMode } from './broadcast';
import { createCallMode } from './call';
import { createMagicMirrorMode, createMirrorMode } from './mirror';
import type { HubServices, Mode } from './mode';
import { createRoomMode } from './room';

export type Modes = { readonly [P in EndpointPath]: Mode<P> };

export function createModes(services: HubServices): Modes {
  return {
    '/helloworld': createMirrorMode(services),
    '/magicmirror': createMagicMirrorMode(services),
    '/one2many': createBroadcastMode(services),
    '/one2one': createCallMode(services),
    '/room': createRoomMode(services),
  };
}
