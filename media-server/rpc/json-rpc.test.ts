import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadRequest, readFrame } from './json-rpc';

const codeOf = (text: string) =>
  readFrame(text).map((each) => (each instanceof BadRequest ? each.body.code : each.id));

describe('a frame', () => {
  it('holds a request, with or without id and params', () => {
    expect(readFrame('{"jsonrpc":"2.0","id":"a","method":"ping","params":{"interval":5}}')).toEqual([
      { id: 'a', method: 'ping', params: new Map([['interval', 5]]) },
    ]);
    expect(readFrame('{"jsonrpc":"2.0","id":null,"method":"ping","params":null}')).toEqual([
      { id: undefined, method: 'ping', params: undefined },
    ]);
  });

  it('may hold several, text behind text', () => {
    const one = (id: number, text = '') =>
      JSON.stringify({ jsonrpc: '2.0', id, method: 'ping', params: { text } });
    expect(codeOf(`${one(1, 'a } \\" { b')}${one(2, '\\')} \n${one(3)}\n`)).toEqual([1, 2, 3]);
    expect(codeOf(`${one(1)} trailing`)).toEqual([1, -32700]);
    expect(codeOf(`${one(1)}{"jsonrpc":`)).toEqual([1, -32700]);
    expect(codeOf(`}${one(1)}`)).toEqual([-32700]);
  });

  it('is a request, or says why not, whatever it is', () => {
    const request = fc.record({
      jsonrpc: fc.constantFrom('2.0', '1.0'),
      id: fc.jsonValue(),
      method: fc.jsonValue(),
      params: fc.jsonValue(),
    });
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      request.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), fc.nat(200), (texts, cut) => {
        const frame = texts.join('');
        for (const part of [frame, frame.slice(0, cut)]) {
          for (const each of readFrame(part)) {
            if (each instanceof BadRequest) expect(each.body.code).toBeLessThan(0);
            else expect(typeof each.method).toBe('string');
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
