/**
 * Asks one STUN or TURN server and says what it is good for, by what a browser finds out with it: candidates that come
 * back, and the errors that it reports (RFC 8445, RFC 8489). No addresses leave this file.
 */
import type { IceServer } from '../../protocol/settings';
import { asRtcServers } from '../media/ice-servers';
import type { Timers } from '../timers';

export type IceVerdict =
  | 'relay'
  | 'public'
  /** A STUN server that sees one of our own addresses. */
  | 'answers'
  | 'credentials'
  | 'unreachable'
  /** Answered as a STUN server, but did not relay. */
  | 'noRelay'
  | 'unsupported';

export interface IceTestResult {
  readonly verdict: IceVerdict;
  /** The kinds that came back, each once. */
  readonly types: readonly RTCIceCandidateType[];
}

/** Chromium gives an unreachable server ten seconds; nobody waits longer for a test. */
const LIMIT_MS = 12_000;
/** RFC 8489: unauthorized, and the ways of refusing what was given; 403 and 441 are TURN's (RFC 8656). */
const REFUSED: ReadonlySet<number> = new Set([400, 401, 403, 438, 441]);

export function testIceServer(
  server: IceServer,
  timers: Timers,
  create: (configuration: RTCConfiguration) => RTCPeerConnection = (each) => new RTCPeerConnection(each),
): Promise<IceTestResult> {
  const types = new Set<RTCIceCandidateType>();
  const codes = new Set<number>();
  return new Promise((resolve) => {
    let connection: RTCPeerConnection;
    try {
      connection = create({ iceServers: asRtcServers([server]), iceCandidatePoolSize: 0 });
    } catch {
      resolve({ verdict: 'unsupported', types: [] });
      return;
    }
    const finish = (): void => {
      cancel();
      connection.close();
      resolve({ verdict: verdictOf(server.kind, types, codes), types: [...types] });
    };
    const cancel = timers.after(LIMIT_MS, () => {
      // Silence until now is no answer.
      codes.add(UNREACHABLE);
      finish();
    });
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate === null) finish();
      else if (candidate.type !== null) types.add(candidate.type);
    });
    connection.addEventListener('icecandidateerror', ({ errorCode }) => {
      codes.add(errorCode);
    });
    connection.createDataChannel('test');
    connection.setLocalDescription().catch(() => {
      cancel();
      connection.close();
      resolve({ verdict: 'unsupported', types: [] });
    });
  });
}

/** The code for "did not answer at all". */
const UNREACHABLE = 701;

export function verdictOf(
  kind: IceServer['kind'],
  types: ReadonlySet<RTCIceCandidateType>,
  codes: ReadonlySet<number>,
): IceVerdict {
  if (types.has('relay')) return 'relay';
  if (kind === 'turn') {
    if ([...codes].some((code) => REFUSED.has(code))) return 'credentials';
    // Over IPv6 or a VPN it may be out of reach while it answered elsewhere.
    return types.has('srflx') && !codes.has(UNREACHABLE) ? 'noRelay' : 'unreachable';
  }
  if (types.has('srflx')) return 'public';
  return codes.has(UNREACHABLE) ? 'unreachable' : 'answers';
}
