/** What the server and a sending thread say to each other beside the packets. */
import type { SrtpProfileName } from '../types';

/** The two ends of a connected socket. */
export interface SendPath {
  readonly family: 4 | 6;
  readonly localAddress: string;
  readonly localPort: number;
  readonly address: string;
  readonly port: number;
}

/** In the ring, between the packets that it concerns; JSON. Keys are hex. */
export type LegOrder =
  | { readonly type: 'open'; readonly profile: SrtpProfileName; readonly key: string; readonly salt: string }
  /** Undefined: the packets go back to the server, which knows another way (a relay). */
  | { readonly type: 'path'; readonly path?: SendPath }
  | { readonly type: 'close' };

/** A message to the thread: there is something in the ring. Its only other one is `END`. */
export const WAKE = 0;
/** Everything is sent; release the sockets and end. */
export const END = 1;

export interface SendWorkerData {
  readonly memory: SharedArrayBuffer;
}

export type FromSendWorker =
  /** Came to a connected socket. */
  | {
      readonly type: 'datagram';
      readonly localAddress: string;
      readonly data: Uint8Array;
      readonly address: string;
      readonly port: number;
    }
  /** Ready for the network, but the thread has no socket for it. */
  | { readonly type: 'sealed'; readonly leg: number; readonly data: Uint8Array };
