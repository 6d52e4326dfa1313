/**
 * Routes live in the hash, so that the same link works in the app and on a hub that knows nothing of them:
 * `#/mirror`, `#/broadcast/watch/CHANNEL`, `#/call/NAME`, `#/room/NAME`.
 */
import { MAX_NAME_LENGTH } from '../protocol/limits';
import { Cell, type Store } from './store';

export interface Route {
  /** First part of the path; empty on the home screen. */
  readonly mode: string;
  /** The decoded parts after it. */
  readonly rest: readonly string[];
}

/** More parts than any screen has; what follows is ignored. */
const MAX_PARTS = 4;

export function parseRoute(hash: string): Route {
  const parts = hash
    .replace(/^#\/?/, '')
    .split('/')
    .slice(0, MAX_PARTS)
    .map(decodePart)
    .filter((part) => part !== '');
  const [mode = '', ...rest] = parts;
  return { mode, rest };
}

export function formatRoute(mode: string, ...rest: readonly string[]): string {
  return `#/${[mode, ...rest]
    .filter((part) => part !== '')
    .map(encodeURIComponent)
    .join('/')}`;
}

/** A link is typed or pasted by anybody: what cannot be decoded, or is longer than a name, counts as absent. */
function decodePart(part: string): string {
  try {
    const text = decodeURIComponent(part);
    return text.length <= MAX_NAME_LENGTH ? text : '';
  } catch {
    return '';
  }
}

export interface Router extends Store<Route> {
  go(mode: string, ...rest: readonly string[]): void;
}

export function openRouter(window: Window): Router {
  const route = new Cell(parseRoute(window.location.hash));
  window.addEventListener('hashchange', () => {
    route.set(parseRoute(window.location.hash));
  });
  return {
    get: route.get,
    subscribe: route.subscribe,
    go(mode, ...rest) {
      window.location.hash = formatRoute(mode, ...rest);
    },
  };
}
