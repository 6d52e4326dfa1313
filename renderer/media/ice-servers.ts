/**
 * STUN and TURN servers as people write them down, one per line: `stun:HOST:PORT`, or `turn:HOST:PORT USER PASSWORD`.
 * There are none by default: in one network, two computers find each other without.
 */
import * as v from 'valibot';
import { iceServerSchema, MAX_ICE_SERVERS, type IceServer } from '../../protocol/settings';

export { MAX_ICE_SERVERS, type IceServer };

/** Either all lines are right, or the number (from 1) of the first one that is not. */
export type ParsedServers =
  | { readonly ok: true; readonly servers: readonly IceServer[] }
  | { readonly ok: false; readonly line: number };

export function parseIceServers(lines: string): ParsedServers {
  const servers: IceServer[] = [];
  for (const [index, line] of lines.split('\n').entries()) {
    const [url, user, password, ...rest] = line.split(/\s+/).filter((word) => word !== '');
    if (url === undefined) continue;
    const raw = url.startsWith('stun') ? { kind: 'stun', url } : { kind: 'turn', url, user, password };
    const result = v.safeParse(iceServerSchema, raw);
    const surplus = url.startsWith('stun') ? user !== undefined : rest.length > 0;
    if (!result.success || surplus || servers.length === MAX_ICE_SERVERS)
      return { ok: false, line: index + 1 };
    servers.push(result.output);
  }
  return { ok: true, servers };
}

export function formatIceServers(servers: readonly IceServer[]): string {
  return servers
    .map((each) => (each.kind === 'stun' ? each.url : `${each.url} ${each.user} ${each.password}`))
    .join('\n');
}

export function asRtcServers(servers: readonly IceServer[]): RTCIceServer[] {
  return servers.map((each) =>
    each.kind === 'stun'
      ? { urls: each.url }
      : { urls: each.url, username: each.user, credential: each.password },
  );
}
