/**
 * Links that lead into the app: `callcast://call/NAME`, `callcast://watch/CHANNEL`, `callcast://room/NAME`, each with
 * `?hub=HOST:PORT` where it is meant for another hub, and the own hub's `https://…/#/…`. Any web page can make the system open one, so nothing of it is believed: it names a screen and a
 * name that a person could have typed, or it is no link. The page asks the user before it goes there.
 */
import { LINK_SCHEME, type LinkTarget } from '../protocol/desktop';
import type { HubState } from '../protocol/ipc';
import { cleanName } from '../protocol/names';
import { hubUrlSchema } from '../protocol/settings';
import * as v from 'valibot';

/** A name of 64 characters, percent-encoded in the longest way, and the rest of an address. */
const MAX_LINK_LENGTH = 1_024;
const MAIN_CHANNEL = '';
/** Where hubs listen unless they are told otherwise. */
const HUB_PORT = 8_443;
/** A name or an address with or without a port, and nothing else that a URL may carry; IPv6 in brackets. */
const HUB_PLACE = /^(?:[a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * @param origins of this app's hub, such as `https://localhost:8443`: the pages' addresses under which it is known
 * @returns null for everything that leads nowhere
 */
export function parseLink(raw: string, origins: readonly string[] = []): LinkTarget | null {
  if (raw.length > MAX_LINK_LENGTH || !URL.canParse(raw)) return null;
  const url = new URL(raw);
  if (url.username !== '' || url.password !== '') return null;
  if (url.protocol === `${LINK_SCHEME}:`) {
    const hub = hubOf(url.search);
    const link = url.hash === '' ? ofApp(url) : null;
    if (link === null || hub === null) return null;
    // The hub in use needs no word of its own.
    return hub === '' || origins.includes(new URL(hub).origin) ? link : { ...link, hub };
  }
  if (url.search !== '') return null;
  if (url.protocol !== 'https:' || !origins.includes(url.origin) || url.pathname !== '/') return null;
  return ofHub(url.hash);
}

/** The first link among the arguments of a start; options and paths are none. */
export function linkOf(argv: readonly string[], origins: readonly string[] = []): LinkTarget | null {
  for (const arg of argv) {
    const link = parseLink(arg, origins);
    if (link !== null) return link;
  }
  return null;
}

function ofApp(url: URL): LinkTarget | null {
  if (url.port !== '') return null;
  const parts = url.pathname.split('/').slice(1);
  // Some systems add a slash to the end of an address.
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return target(url.hostname.toLowerCase(), parts);
}

/** Empty: none is named. Null: what is there names none. */
function hubOf(search: string): string | null {
  if (search === '') return '';
  const place = /^\?hub=([^&#]+)$/.exec(search)?.[1];
  if (place === undefined) return null;
  const text = unescaped(place);
  if (text === null || !HUB_PLACE.test(text)) return null;
  const named = /:\d+$/.test(text.replace(/^\[.*\]/, ''));
  const url = `https://${text}${named ? '' : `:${HUB_PORT}`}/`;
  if (!URL.canParse(url)) return null;
  const { origin, hostname, port } = new URL(url);
  // Numbers that only look like a name (2130706433, 0x7f.1) come out as an address: nobody shall be misled by them.
  if (hostname !== text.replace(/:\d+$/, '').toLowerCase() || port === '0') return null;
  return v.is(hubUrlSchema, `${origin}/`) ? `${origin}/` : null;
}

/** As renderer/router.ts writes them. */
function ofHub(hash: string): LinkTarget | null {
  const [first, mode = '', ...rest] = hash.split('/');
  if (first !== '#') return null;
  if (mode !== 'broadcast') return target(mode, rest);
  const [screen, ...names] = rest;
  return screen === 'watch' ? target('watch', names) : null;
}

function target(mode: string, parts: readonly string[]): LinkTarget | null {
  if (mode !== 'call' && mode !== 'watch' && mode !== 'room') return null;
  const [part = '', ...more] = parts;
  if (more.length > 0) return null;
  if (part === '') return mode === 'watch' ? { mode, name: MAIN_CHANNEL } : null;
  const name = decoded(part);
  return name === null ? null : { mode, name };
}

function decoded(part: string): string | null {
  const text = unescaped(part);
  return text === null ? null : cleanName(text);
}

function unescaped(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** Holds the last link until the page takes it: a link may start the app, or arrive while the page is being loaded. */
export class LinkInbox {
  #waiting: LinkTarget | null = null;

  put(link: LinkTarget): void {
    this.#waiting = link;
  }

  take(): LinkTarget | null {
    const link = this.#waiting;
    this.#waiting = null;
    return link;
  }
}

/** The pages' addresses under which a hub is known. */
export function originsOf(hub: HubState): readonly string[] {
  if (hub.at !== 'ready' && hub.at !== 'remote') return [];
  const shared = hub.at === 'ready' ? (hub.sharedUrls ?? []) : [];
  return [hub.url.replace(/^ws/, 'http'), ...shared].flatMap((url) =>
    URL.canParse(url) ? [new URL(url).origin] : [],
  );
}
