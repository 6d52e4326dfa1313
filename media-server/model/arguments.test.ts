import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arguments, readArguments } from './arguments';
import type { ParameterFacts } from './facts';
import { ENUMS, RECORDS, TYPES } from './facts';
import { KurentoError, objectNotFound } from './kurento-error';

const finder = {
  find: (id: string) => {
    throw objectNotFound(id);
  },
};
const param = (name: string, type: string, optional = false, fallback?: unknown): ParameterFacts => ({
  name,
  type,
  optional,
  fallback,
});
function read(type: string, value: unknown): unknown {
  const args = readArguments({ it: value }, 'operationParams', [param('it', type)], finder);
  if (type === 'boolean') return args.flag('it');
  if (type === 'String' || ENUMS.has(type)) return args.text('it');
  return RECORDS.has(type) ? Object.fromEntries(args.record('it')) : args.number('it');
}
const refusal = (run: () => unknown): [string, string] => {
  try {
    run();
  } catch (error) {
    if (error instanceof KurentoError) return [error.kind, error.message];
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('parameters', () => {
  it('are converted as the original does', () => {
    expect(read('String', 5)).toBe('5');
    expect(read('String', true)).toBe('true');
    expect(read('String', null)).toBe('');
    expect(read('int', 800.7)).toBe(800);
    expect(read('int', -5.9)).toBe(-5);
    expect(read('int', null)).toBe(0);
    expect(read('int', true)).toBe(1);
    expect(read('boolean', 1)).toBe(true);
    expect(read('boolean', 0)).toBe(false);
    expect(read('double', 0.1)).toBe(0.1);
    expect(read('float', 0.1)).toBe(Math.fround(0.1));
    expect(read('MediaType', 'VIDEO')).toBe('VIDEO');
    expect(read('IceCandidate', { candidate: 'c', sdpMid: '0', sdpMLineIndex: 0, more: 1 })).toEqual({
      candidate: 'c',
      sdpMid: '0',
      sdpMLineIndex: 0,
    });
  });

  it('are refused with the sentence of the original', () => {
    const marshall = (message: string) => ['MARSHALL_ERROR', message];
    expect(refusal(() => read('int', '5'))).toEqual(marshall("'it' parameter should be a integer"));
    expect(refusal(() => read('int', 1e12))).toEqual(marshall("'it' parameter should be a integer"));
    expect(refusal(() => read('boolean', 'yes'))).toEqual(marshall("'it' parameter should be a boolean"));
    expect(refusal(() => read('String', {}))).toEqual(marshall("'it' parameter should be a string"));
    expect(refusal(() => read('MediaType', 'SMELL'))).toEqual(marshall("Invalid value for 'MediaType'"));
    expect(refusal(() => read('MediaType', null))).toEqual(marshall("Invalid value for 'MediaType'"));
    expect(refusal(() => read('IceCandidate', 'x'))).toEqual(marshall("'it' parameter should be a object"));
    expect(refusal(() => read('IceCandidate', { candidate: 'c' }))).toEqual(
      marshall("'sdpMid' property should be a string"),
    );
    expect(refusal(() => read('IceCandidate', { candidate: 'c', sdpMid: '0', sdpMLineIndex: '0' }))).toEqual(
      marshall("'sdpMLineIndex' property should be a integer"),
    );
    expect(
      refusal(() => readArguments(undefined, 'operationParams', [param('a', 'String')], finder)),
    ).toEqual(marshall("'operationParams' is required"));
    expect(refusal(() => readArguments([], 'operationParams', [param('a', 'String')], finder))).toEqual(
      marshall("'a' parameter should be a string"),
    );
    expect(refusal(() => read('MediaElement', 7))).toEqual([
      'MEDIA_OBJECT_NOT_FOUND',
      "Object '7' not found",
    ]);
    expect(refusal(() => read('MediaElement', 'newref:0'))[0]).toBe(
      'MEDIA_OBJECT_NOT_FOUND_TRANSACTION_NO_COMMIT',
    );
  });

  it('are missing, or have their default, where they are optional', () => {
    const facts = [param('a', 'String', true), param('b', 'boolean', true, false)];
    const args = readArguments(undefined, 'operationParams', facts, finder);
    expect([args.optionalText('a'), args.flag('b')]).toEqual([undefined, false]);
  });

  it('name an object by its id, or by an object that has one', () => {
    const found: string[] = [];
    const remembering = { find: (id: string) => (found.push(id), objectNotFound(id) as never) };
    for (const sink of ['some-id', { id: 'some-id', _events: {} }]) {
      readArguments({ sink }, 'operationParams', [param('sink', 'MediaElement')], remembering);
    }
    expect(found).toEqual(['some-id', 'some-id']);
  });

  it('of any operation are read or refused whatever they are, and never anything else', () => {
    const operations = [...TYPES.values()].flatMap((type) => [...type.operations.values()]);
    fc.assert(
      fc.property(
        fc.constantFrom(...operations),
        fc.jsonValue({ maxDepth: 3 }),
        fc.boolean(),
        (operation, value, named) => {
          const given = named ? Object.fromEntries(operation.params.map(({ name }) => [name, value])) : value;
          try {
            expect(readArguments(given, 'operationParams', operation.params, finder)).toBeInstanceOf(
              Arguments,
            );
          } catch (error) {
            expect(error).toBeInstanceOf(KurentoError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
