/**
 * Routes live in the hash, so that the same link works in the app and on a hub that knows nothing of them:
 * `#/mirror`, `#/broadcast/watch/CHANNEL`, `#/call/NAME`, `#/room/NAME`. A guard may hold back a change of route, however
 * it comes about: by a link, by the browser's buttons, by an address that was typed.
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

/** Whether the route may change now. `go` changes it later, once, without asking again. */
export type RouteGuard = (to: Route, go: () => void) => boolean;

export interface Router extends Store<Route> {
  go(mode: string, ...rest: readonly string[]): void;
  /** Past the guard: the user has been asked already. */
  force(mode: string, ...rest: readonly string[]): void;
  /** One at a time. Answers its removal. */
  guard(guard: RouteGuard): () => void;
}

/** The parts of a window that are used; tests bring their own. */
export interface RoutedWindow {
  readonly location: { hash: string };
  readonly history: Pick<History, 'state' | 'replaceState' | 'go'>;
  addEventListener(type: 'hashchange', listener: () => void): void;
}

export function openRouter(window: RoutedWindow): Router {
  const { history, location } = window;
  const route = new Cell(parseRoute(location.hash));
  let guard: RouteGuard | null = null;
  /** The guard has agreed to the next change. */
  let free = false;
  /** The next change is our own way back to where the user stays. */
  let returning = false;
  // Each entry of the history knows its number, so that a step that may not be made can be undone.
  let place = placeOf(history.state) ?? 0;
  const stamp = (at: number): void => {
    history.replaceState({ callcastPlace: at }, '');
  };
  stamp(place);

  const show = (hash: string): void => {
    if (location.hash === hash) free = false;
    else location.hash = hash;
  };
  window.addEventListener('hashchange', () => {
    if (returning) {
      returning = false;
      return;
    }
    const { hash } = location;
    const known = placeOf(history.state);
    const at = known ?? place + 1;
    if (known === null) stamp(at);
    const distance = at - place;
    const proceed = (): void => {
      free = true;
      if (known === null || distance === 0) show(hash);
      else history.go(distance);
    };
    const to = parseRoute(hash);
    if (!free && guard !== null && distance !== 0 && !guard(to, proceed)) {
      returning = true;
      history.go(-distance);
      return;
    }
    free = false;
    place = at;
    route.set(to);
  });
  return {
    get: route.get,
    subscribe: route.subscribe,
    go(mode, ...rest) {
      location.hash = formatRoute(mode, ...rest);
    },
    force(mode, ...rest) {
      free = true;
      show(formatRoute(mode, ...rest));
    },
    guard(asked) {
      guard = asked;
      return () => {
        if (guard === asked) guard = null;
      };
    },
  };
}

function placeOf(state: unknown): number | null {
  if (typeof state !== 'object' || state === null) return null;
  const { callcastPlace } = state as { callcastPlace?: unknown };
  return typeof callcastPlace === 'number' && Number.isSafeInteger(callcastPlace) ? callcastPlace : null;
}
