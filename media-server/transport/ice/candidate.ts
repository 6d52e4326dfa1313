/** Candidates and pairs: how they are made and ordered (RFC 8445 sections 5.1.2 and 6.1.2). */
import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { RemoteTable } from '../remote-table';
import type { IceCandidate, IceRole } from '../types';
import { canonicalAddress } from './stun';
import { isLinkLocal, isLoopback, isReachable } from '../local-addresses';

const TYPE_PREFERENCE = { host: 126, prflx: 110, srflx: 100, relay: 0 } as const;

/** Where packets of a local candidate leave and arrive: a UDP socket, or an allocation on a TURN server. */
export interface Base {
  readonly kind: 'host' | 'relay';
  readonly address: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** 0 to 65535, higher is better. */
  readonly preference: number;
  /** Whose packets come from which remote address. */
  readonly remotes: RemoteTable;
  send(datagram: Buffer, address: string, port: number): boolean;
}

/** `preference` orders candidates of one type. */
export function priorityOf(type: IceCandidate['type'], preference: number): number {
  return TYPE_PREFERENCE[type] * 2 ** 24 + preference * 2 ** 8 + 255;
}

export function makeCandidate(
  type: IceCandidate['type'],
  base: Base,
  address: string,
  port: number,
  ufrag: string,
  server = '',
): IceCandidate {
  const related = type === 'host' ? undefined : { address: base.address, port: base.port };
  return {
    // Equal for candidates of one type, base and server: what the peer needs to know to order its checks.
    foundation: createHash('sha1')
      .update(`${type} ${base.address} ${server}`)
      .digest()
      .readUInt32BE(0)
      .toString(),
    component: 1,
    protocol: 'udp',
    priority: priorityOf(type, base.preference),
    address,
    port,
    type,
    relatedAddress: related?.address,
    relatedPort: related?.port,
    tcpType: undefined,
    ufrag,
  };
}

/** The candidate with its address in canonical form; undefined for one that we cannot or must not send to. */
export function usableRemote(candidate: IceCandidate): IceCandidate | undefined {
  if (candidate.protocol !== 'udp' || candidate.component !== 1) return undefined;
  if (!Number.isInteger(candidate.port) || candidate.port < 1 || candidate.port > 65535) return undefined;
  // mDNS names (RFC 8828) fall out here; the peer's own checks reveal its address.
  const address = canonicalAddress(candidate.address);
  if (address === undefined || !isReachable(address) || isLinkLocal(address)) return undefined;
  return { ...candidate, address };
}

/** Loopback talks to loopback only; families do not mix. */
export function canPair(base: Base, remote: IceCandidate): boolean {
  if ((base.family === 4) !== isIPv4(remote.address)) return false;
  if (base.kind === 'relay') return !isLoopback(remote.address) || isLoopback(base.address);
  return isLoopback(base.address) === isLoopback(remote.address);
}

/** Negative when pair `a` goes first. Exact, where the formula of section 6.1.2.3 overflows a number. */
export function comparePairs(
  a: { readonly localPriority: number; readonly remotePriority: number },
  b: { readonly localPriority: number; readonly remotePriority: number },
  role: IceRole,
): number {
  const least = Math.min(b.localPriority, b.remotePriority) - Math.min(a.localPriority, a.remotePriority);
  if (least !== 0) return least;
  const most = Math.max(b.localPriority, b.remotePriority) - Math.max(a.localPriority, a.remotePriority);
  if (most !== 0) return most;
  const controllingWins = (pair: typeof a) =>
    Number(
      role === 'controlling'
        ? pair.localPriority > pair.remotePriority
        : pair.remotePriority > pair.localPriority,
    );
  return controllingWins(b) - controllingWins(a);
}
