import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SDP_LENGTH } from '../protocol/limits';
import { ENDPOINTS } from '../protocol/signaling';
import { ProtocolFault } from './failures';
import { parseRequest } from './requests';

function faultOf(path: (typeof ENDPOINTS)[number], value: unknown): ProtocolFault {
  try {
    parseRequest(path, typeof value === 'string' ? value : JSON.stringify(value));
  } catch (error) {
    if (error instanceof ProtocolFault) return error;
    throw error;
  }
  throw new Error('it was parsed');
}

describe('requests', () => {
  it('are parsed to what their endpoint knows, and nothing besides', () => {
    const parsed = parseRequest(
      '/helloworld',
      '{"id":"start","sdpOffer":"v=0","extra":{"__proto__":{"x":1}},"to":1}',
    );
    expect(parsed).toEqual({ id: 'start', sdpOffer: 'v=0' });
    expect(faultOf('/helloworld', { id: 'presenter', sdpOffer: 'v=0' }).code).toBe('unknown-message');
    expect(parseRequest('/one2many', '{"id":"presenter","sdpOffer":"v=0"}').id).toBe('presenter');
  });

  it('that are wrong are faults with a code, the field, and the beginning that the tutorials gave them', () => {
    const cases: [unknown, string, string][] = [
      ['{"id":', 'bad-message', 'no JSON'],
      ['[]', 'bad-message', 'object'],
      [{ id: null }, 'bad-message', '"id"'],
      [{ id: 'toString' }, 'unknown-message', '"toString"'],
      [{ id: 'x'.repeat(10_000) }, 'unknown-message', 'xxx'],
      [{ id: 'start' }, 'bad-message', 'sdpOffer'],
      [{ id: 'start', sdpOffer: '' }, 'bad-message', 'sdpOffer'],
      [{ id: 'start', sdpOffer: 'x'.repeat(MAX_SDP_LENGTH + 1) }, 'too-large', 'sdpOffer'],
      [
        { id: 'onIceCandidate', candidate: { candidate: 'x', sdpMLineIndex: -1 } },
        'bad-message',
        'sdpMLineIndex',
      ],
    ];
    for (const [value, code, says] of cases) {
      const fault = faultOf('/helloworld', value);
      expect(fault.code).toBe(code);
      expect(fault.message).toMatch(/^Invalid message/);
      expect(fault.message).toContain(says);
      expect(fault.message.length).toBeLessThan(300);
    }
  });

  it('of any content are either parsed or a protocol fault', () => {
    const ids = [
      'start',
      'stop',
      'hello',
      'call',
      'register',
      'viewer',
      'join',
      'onIceCandidate',
      'setOverlay',
    ];
    const message = fc.record(
      {
        id: fc.oneof(fc.constantFrom(...ids), fc.anything()),
        sdpOffer: fc.anything(),
        candidate: fc.anything(),
        name: fc.anything(),
      },
      { requiredKeys: [] },
    );
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      message.map((value) => JSON.stringify(value) ?? ''),
    );
    fc.assert(
      fc.property(fc.constantFrom(...ENDPOINTS), text, (path, frame) => {
        try {
          return typeof parseRequest(path, frame).id === 'string';
        } catch (error) {
          return error instanceof ProtocolFault;
        }
      }),
      { numRuns: 500 },
    );
  });
});
