/** Which addresses of this machine can be offered to peers. */
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { canonicalAddress } from './ice/stun';

export interface LocalAddress {
  readonly address: string;
  readonly family: 4 | 6;
  readonly loopback: boolean;
  readonly interfaceName: string;
}

export interface AddressFilter {
  readonly listenAddresses?: readonly string[] | undefined;
  readonly networkInterfaces?: readonly string[] | undefined;
}

/** Machines with hundreds of container networks exist; peers must not check them all. */
const MAX_ADDRESSES = 24;

/** In order of preference: real interfaces first, loopback last. IPv6 link-local would need a zone, which SDP has not. */
export function localAddresses(filter: AddressFilter = {}): LocalAddress[] {
  const names = new Set(filter.networkInterfaces);
  const wanted = filter.listenAddresses?.map((address) => canonicalAddress(address) ?? address);
  const found: LocalAddress[] = [];
  for (const [interfaceName, entries] of Object.entries(networkInterfaces())) {
    if (names.size > 0 && !names.has(interfaceName)) continue;
    for (const entry of entries ?? []) {
      const address = canonicalAddress(entry.address);
      if (address === undefined || isLinkLocal(address)) continue;
      if (wanted && wanted.length > 0 && !wanted.includes(address)) continue;
      if (found.some((known) => known.address === address)) continue;
      found.push({ address, family: isIPv4(address) ? 4 : 6, loopback: entry.internal, interfaceName });
    }
  }
  found.sort((a, b) => Number(a.loopback) - Number(b.loopback));
  return found.slice(0, MAX_ADDRESSES);
}

export function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}

/** fe80::/10 and 169.254/16. */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address) || (isIPv4(address) && address.startsWith('169.254.'));
}

/** Unspecified, broadcast and multicast: nowhere a packet should go. */
export function isReachable(address: string): boolean {
  if (isIPv4(address)) {
    const first = Number(address.slice(0, address.indexOf('.')));
    return first !== 0 && first < 224;
  }
  return address !== '::' && !/^ff/i.test(address);
}
