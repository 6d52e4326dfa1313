/** States and candidates of a transport in the words of the Kurento Protocol. */
import type { DtlsConnectionState, IceCandidatePair, IceComponentState } from '../../protocol/kurento';
import { record } from '../model/arguments';
import { formatCandidate } from '../sdp';
import type { CandidatePair, DtlsState, IceCandidate, IceState } from '../transport/types';

/** RTP and RTCP share one component (RFC 5761). */
export const COMPONENT_ID = 1;
const DTLS_COMPONENTS = ['[bundle/dtlssrtpdec]', '[bundle/dtlssrtpenc]'] as const;

export const componentState: Record<IceState, IceComponentState | undefined> = {
  new: undefined,
  checking: 'CONNECTING',
  connected: 'CONNECTED',
  completed: 'READY',
  disconnected: 'DISCONNECTED',
  failed: 'FAILED',
  closed: 'DISCONNECTED',
};

export const dtlsConnectionState: Record<DtlsState, DtlsConnectionState> = {
  new: 'NEW',
  connecting: 'CONNECTING',
  connected: 'CONNECTED',
  closed: 'CLOSED',
  failed: 'FAILED',
};

export interface DtlsConnectionFields {
  readonly streamId: string;
  readonly componentId: string;
  readonly connectionId: string;
  readonly state: DtlsConnectionState;
}

/** The original reports its decryptor and its encryptor one by one, but the encryptor alone as new; `stream` from 1. */
export function dtlsConnections(stream: number, state: DtlsState): DtlsConnectionFields[] {
  const components = state === 'new' ? DTLS_COMPONENTS.slice(1) : DTLS_COMPONENTS;
  return components.map((componentId) => ({
    streamId: String(stream),
    componentId,
    connectionId: `dtls-${stream}`,
    state: dtlsConnectionState[state],
  }));
}

/** What another server would not know what to do with is left out. */
const withoutUfrag = (candidate: IceCandidate): IceCandidate => ({ ...candidate, ufrag: undefined });

export const candidateLine = (candidate: IceCandidate): string => formatCandidate(withoutUfrag(candidate));

export function candidatePair(stream: number, pair: CandidatePair): IceCandidatePair {
  return record('IceCandidatePair', {
    streamId: String(stream),
    componentId: COMPONENT_ID,
    localCandidate: candidateLine(pair.local),
    remoteCandidate: candidateLine(pair.remote),
  });
}
