/**
 * Candidate lines (RFC 8839 section 5.1, RFC 6544 for TCP): text ↔ Candidate. A line that is none gives undefined; the
 * caller ignores it, because peers add candidate kinds that we have never heard of.
 */
import { MAX_CANDIDATE_LENGTH } from '../../protocol/limits';
import type { Candidate, CandidateType } from './types';

const TYPES: readonly CandidateType[] = ['host', 'srflx', 'prflx', 'relay'];
const TCP_TYPES = ['active', 'passive', 'so'] as const;
const MAX_ADDRESS_LENGTH = 253;

/** Takes `candidate:…` with or without `a=`. Undefined for anything else, among it the empty end-of-candidates. */
export function parseCandidate(line: string): Candidate | undefined {
  if (line.length > MAX_CANDIDATE_LENGTH) return undefined;
  const text = line.trim().replace(/^a=/, '');
  if (!text.startsWith('candidate:')) return undefined;
  const words = text.slice('candidate:'.length).split(/[ \t]+/);
  const [foundation, component, protocol, priority, address, port, typ, type] = words;
  if (foundation === undefined || !/^[A-Za-z0-9+/]{1,32}$/.test(foundation)) return undefined;
  if (component !== '1' && component !== '2') return undefined;
  const transport = protocol?.toLowerCase();
  if (transport !== 'udp' && transport !== 'tcp') return undefined;
  if (address === undefined || !isAddress(address)) return undefined;
  const priorityNumber = integer(priority, 0xffffffff);
  const portNumber = integer(port, 0xffff);
  if (priorityNumber === undefined || portNumber === undefined || typ !== 'typ') return undefined;
  const candidateType = TYPES.find((known) => known === type);
  if (candidateType === undefined) return undefined;

  let relatedAddress: string | undefined;
  let relatedPort: number | undefined;
  let tcpType: Candidate['tcpType'];
  let ufrag: string | undefined;
  // The rest are name-value pairs in any order; unknown names are extensions and are skipped.
  for (let i = 8; i + 1 < words.length; i += 2) {
    const value = words[i + 1] ?? '';
    if (words[i] === 'raddr' && isAddress(value)) relatedAddress = value;
    else if (words[i] === 'rport') relatedPort = integer(value, 0xffff);
    else if (words[i] === 'tcptype') tcpType = TCP_TYPES.find((known) => known === value);
    else if (words[i] === 'ufrag' && /^[A-Za-z0-9+/]{4,256}$/.test(value)) ufrag = value;
  }
  if (transport === 'tcp' && tcpType === undefined) return undefined;
  return {
    foundation,
    component: component === '1' ? 1 : 2,
    protocol: transport,
    priority: priorityNumber,
    address,
    port: portNumber,
    type: candidateType,
    relatedAddress,
    relatedPort,
    tcpType: transport === 'tcp' ? tcpType : undefined,
    ufrag,
  };
}

/** `candidate:…` without `a=`, as RTCIceCandidate.candidate and Kurento's IceCandidate have it. */
export function formatCandidate(candidate: Candidate): string {
  const { foundation, component, protocol, priority, address, port, type } = candidate;
  let text = `candidate:${foundation} ${component} ${protocol.toUpperCase()} ${priority} ${address} ${port} typ ${type}`;
  if (candidate.relatedAddress !== undefined) {
    text += ` raddr ${candidate.relatedAddress} rport ${candidate.relatedPort ?? 0}`;
  }
  if (candidate.tcpType !== undefined) text += ` tcptype ${candidate.tcpType}`;
  if (candidate.ufrag !== undefined) text += ` ufrag ${candidate.ufrag}`;
  return text;
}

function isAddress(text: string): boolean {
  return text.length <= MAX_ADDRESS_LENGTH && /^[A-Za-z0-9.:_%-]+$/.test(text);
}

function integer(text: string | undefined, max: number): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}
