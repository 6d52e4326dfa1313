/** Which addresses a hub listens on, and by which names it may be asked for. Pure, but for the interfaces given in. */
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

export const LOOPBACK = ['127.0.0.1', '::1'] as const;

/**
 * Addresses of this machine that others can reach it by, IPv4 first since those are easier to type: without loopback and
 * link-local ones, which need a zone.
 */
export function lanAddresses(interfaces = networkInterfaces()): string[] {
  return Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter((entry) => !entry.internal && !entry.address.toLowerCase().startsWith('fe80:'))
    .map((entry) => entry.address)
    .sort((a, b) => isIP(a) - isIP(b));
}

export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || plain === 'localhost' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** Whether listening on this host stays on this machine. */
export function isLoopbackHost(host: string): boolean {
  return isLoopback(unbracketed(host));
}

/**
 * The addresses to bind for what a user names: `localhost` is loopback only, `0.0.0.0` every IPv4 address, `::` every
 * address, anything else that one. Loopback always belongs to it: the app itself comes that way.
 */
export function addressesFor(host: string, lan: readonly string[]): string[] {
  const plain = unbracketed(host);
  if (isLoopback(plain)) return [...LOOPBACK];
  if (plain === '0.0.0.0') return [...LOOPBACK, ...lan.filter((address) => isIP(address) === 4)];
  if (plain === '::') return [...LOOPBACK, ...lan];
  return [...LOOPBACK, plain];
}

export function isWildcard(host: string): boolean {
  const plain = unbracketed(host);
  return plain === '0.0.0.0' || plain === '::';
}

/** `https://host:port/`, with brackets around IPv6. */
export function urlOf(scheme: 'http' | 'https', host: string, port: number): string {
  const plain = unbracketed(host);
  return `${scheme}://${isIP(plain) === 6 ? `[${plain}]` : plain}:${port}/`;
}

export function unbracketed(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** Names of this machine beside its addresses: what a neighbour may type, by DNS or by mDNS. */
export function machineNames(name = hostname()): string[] {
  const first = name.toLowerCase().split('.')[0] ?? '';
  return [...new Set([name.toLowerCase(), first, `${first}.local`])].filter((entry) => entry !== '');
}
