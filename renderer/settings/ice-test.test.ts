import { describe, expect, it, vi } from 'vitest';
import { FakeTimers } from '../testing/fake-timers';
import { testIceServer, verdictOf, type IceVerdict } from './ice-test';

/** The part of a connection that gathers; the test says what comes back. */
class FakeConnection extends EventTarget {
  readonly createDataChannel = vi.fn();
  readonly close = vi.fn();
  readonly setLocalDescription = vi.fn(() => Promise.resolve());
  candidate(type: RTCIceCandidateType | null): void {
    this.#tell('icecandidate', { candidate: type === null ? null : { type } });
  }
  error(errorCode: number): void {
    this.#tell('icecandidateerror', { errorCode });
  }
  #tell(type: string, fields: object): void {
    this.dispatchEvent(Object.assign(new Event(type), fields));
  }
}

function begin(kind: 'stun' | 'turn') {
  const timers = new FakeTimers();
  const connection = new FakeConnection();
  const configurations: RTCConfiguration[] = [];
  const server =
    kind === 'stun'
      ? ({ kind, url: 'stun:stun.example.org' } as const)
      : ({ kind, url: 'turn:turn.example.org', user: 'ana', password: 'secret' } as const);
  const result = testIceServer(server, timers, (configuration) => {
    configurations.push(configuration);
    return connection as unknown as RTCPeerConnection;
  });
  return { timers, connection, configurations, result };
}

describe('the test of a STUN or TURN server', () => {
  it('asks that server only, with its password, and ends the connection', async () => {
    const { connection, configurations, result, timers } = begin('turn');
    connection.candidate('host');
    connection.candidate('relay');
    connection.candidate('relay');
    connection.candidate(null);
    expect(await result).toEqual({ verdict: 'relay', types: ['host', 'relay'] });
    expect(configurations[0]?.iceServers).toEqual([
      { urls: 'turn:turn.example.org', username: 'ana', credential: 'secret' },
    ]);
    expect(connection.close).toHaveBeenCalledOnce();
    expect(timers.pending).toBe(0);
  });

  it('gives up after a while, and takes silence for no answer', async () => {
    const { connection, timers, result } = begin('stun');
    connection.candidate('host');
    timers.advance(12_000);
    expect(await result).toEqual({ verdict: 'unreachable', types: ['host'] });
    expect(connection.close).toHaveBeenCalledOnce();
  });

  it('says so where a browser cannot gather', async () => {
    const timers = new FakeTimers();
    const result = testIceServer({ kind: 'stun', url: 'stun:a' }, timers, () => {
      throw new DOMException('no', 'NotSupportedError');
    });
    expect((await result).verdict).toBe('unsupported');
  });

  const cases: [string, 'stun' | 'turn', RTCIceCandidateType[], number[], IceVerdict][] = [
    ['a relay', 'turn', ['host', 'srflx', 'relay'], [], 'relay'],
    ['a relay over one of two networks', 'turn', ['relay'], [701], 'relay'],
    ['a wrong password', 'turn', ['host'], [401], 'credentials'],
    ['a wrong password, told again and again', 'turn', ['host', 'srflx'], [438, 401], 'credentials'],
    ['no TURN server', 'turn', ['host'], [701], 'unreachable'],
    ['a STUN server where a TURN server should be', 'turn', ['host', 'srflx'], [], 'noRelay'],
    ['a STUN server', 'stun', ['host', 'srflx'], [], 'public'],
    ['a STUN server over one of two networks', 'stun', ['host', 'srflx'], [701], 'public'],
    ['a STUN server in the same network', 'stun', ['host'], [], 'answers'],
    ['no STUN server', 'stun', ['host'], [701], 'unreachable'],
  ];
  it.each(cases)('tells %s', (_name, kind, types, codes, verdict) => {
    expect(verdictOf(kind, new Set(types), new Set(codes))).toBe(verdict);
  });
});
