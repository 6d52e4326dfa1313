/** The mirror and the magic mirror: sessions that share nothing with each other. */
import type { HubServices, Mode } from '../mode';
import { MirrorSession } from './mirror-session';

export function createMirrorMode(services: HubServices): Mode<'/helloworld'> {
  return {
    path: '/helloworld',
    open: (connection) => new MirrorSession(connection, services, false),
    close: () => Promise.resolve(),
  };
}

export function createMagicMirrorMode(services: HubServices): Mode<'/magicmirror'> {
  return {
    path: '/magicmirror',
    open: (connection) => new MirrorSession(connection, services, true),
    close: () => Promise.resolve(),
  };
}
