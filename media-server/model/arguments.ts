/**
 * Parameters off the wire, checked and converted by the facts about an operation. The conversions are those of the
 * original: numbers and booleans become text, floats are cut to integers, null is 0 or an empty text, text never
 * becomes a number. What an operation's code gets to see has the types that it expects.
 */
import { KURENTO_MODULE } from '../../protocol/kurento';
import { ENUMS, RECORDS } from './facts';
import type { ParameterFacts } from './facts';
import { KurentoError } from './kurento-error';
import type { MediaObject } from './media-object';

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;

/** A record as an operation sees it: fields by name, optional ones missing. */
export type RecordValue = ReadonlyMap<string, unknown>;

/** Typed access to the parameters of one call; asking for what the facts do not promise is a bug and throws. */
export class Arguments {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #defaults: ReadonlySet<string>;

  /** `defaults`: names of those that the caller left out and the facts filled in. */
  constructor(values: ReadonlyMap<string, unknown>, defaults: ReadonlySet<string> = new Set()) {
    this.#values = values;
    this.#defaults = defaults;
  }
  /** False for what has its value from the facts' default. */
  isGiven(name: string): boolean {
    return this.has(name) && !this.#defaults.has(name);
  }
  has(name: string): boolean {
    return this.#values.get(name) !== undefined;
  }
  text(name: string): string {
    const value = this.#values.get(name);
    if (typeof value !== 'string') throw new Error(`argument ${name} is no text`);
    return value;
  }
  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }
  number(name: string): number {
    const value = this.#values.get(name);
    if (typeof value !== 'number') throw new Error(`argument ${name} is no number`);
    return value;
  }
  flag(name: string): boolean {
    const value = this.#values.get(name);
    if (typeof value !== 'boolean') throw new Error(`argument ${name} is no boolean`);
    return value;
  }
  record(name: string): RecordValue {
    const value = this.#values.get(name);
    if (!(value instanceof Map)) throw new Error(`argument ${name} is no record`);
    return value as RecordValue;
  }
  optionalRecord(name: string): RecordValue | undefined {
    return this.has(name) ? this.record(name) : undefined;
  }
  /** The media object that an id named. It exists; its type is `type` of the facts. */
  object(name: string): MediaObject {
    return this.#values.get(name) as MediaObject;
  }
}

export interface ObjectFinder {
  /** Throws when there is no such object, or when it is of another type. */
  find(id: string, type: string, parameter: string): MediaObject;
}

type Place = 'parameter' | 'property';
const wrong = (name: string, place: Place, type: string) =>
  new KurentoError('MARSHALL_ERROR', `'${name}' ${place} should be a ${type}`);

/** Text, or what the wire allows in its place; undefined when it is neither. */
export function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === null ? '' : undefined;
}
function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value === null ? 0 : undefined;
}
function toInteger(value: unknown): number | undefined {
  const number = toNumber(value);
  return number === undefined ? undefined : Math.trunc(number);
}

/**
 * @param given `operationParams` or `constructorParams` as received
 * @param container its name, for the error when it is missing where something in it is required
 */
export function readArguments(
  given: unknown,
  container: string,
  params: readonly ParameterFacts[],
  finder: ObjectFinder,
): Arguments {
  const absent = given === undefined || given === null;
  if (absent && params.some((param) => !param.optional)) {
    throw new KurentoError('MARSHALL_ERROR', `'${container}' is required`);
  }
  const defaults = new Set<string>();
  return new Arguments(readFields(given, params, finder, 'parameter', defaults), defaults);
}

function readFields(
  given: unknown,
  params: readonly ParameterFacts[],
  finder: ObjectFinder,
  place: Place,
  defaults?: Set<string>,
): Map<string, unknown> {
  const fields = new Map<string, unknown>(
    typeof given === 'object' && given !== null && !Array.isArray(given) ? Object.entries(given) : [],
  );
  const values = new Map<string, unknown>();
  for (const param of params) {
    const value = fields.get(param.name);
    if (value !== undefined) values.set(param.name, readValue(value, param.name, param.type, finder, place));
    else if (param.optional) {
      if (param.fallback !== undefined) {
        values.set(param.name, readValue(param.fallback, param.name, param.type, finder, place));
        defaults?.add(param.name);
      }
    } else throw wrong(param.name, place, nounOf(param.type));
  }
  return values;
}

/** What the error for a missing value calls its type. Enums and references travel as strings. */
function nounOf(type: string): string {
  if (type.endsWith('[]')) return 'array';
  if (type.endsWith('<>') || RECORDS.has(type)) return 'object';
  if (type === 'int' || type === 'int64') return 'integer';
  if (type === 'float' || type === 'double') return 'double';
  return type === 'boolean' ? 'boolean' : 'string';
}

function readValue(value: unknown, name: string, type: string, finder: ObjectFinder, place: Place): unknown {
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) throw wrong(name, place, 'array');
    const inner = type.slice(0, -2);
    return value.map((item: unknown) => readValue(item, name, inner, finder, place));
  }
  switch (type) {
    case 'boolean': {
      const number = toNumber(value);
      if (number === undefined) throw wrong(name, place, 'boolean');
      return number !== 0;
    }
    case 'int':
    case 'int64': {
      const integer = toInteger(value);
      const fits =
        integer !== undefined &&
        (type === 'int64' ? Number.isSafeInteger(integer) : integer >= INT_MIN && integer <= INT_MAX);
      if (!fits) throw wrong(name, place, 'integer');
      return integer;
    }
    case 'float':
    case 'double': {
      const number = toNumber(value);
      if (number === undefined) throw wrong(name, place, 'double');
      return type === 'float' ? Math.fround(number) : number;
    }
    default:
      return readNamed(value, name, type, finder, place);
  }
}

function readNamed(value: unknown, name: string, type: string, finder: ObjectFinder, place: Place): unknown {
  const record = RECORDS.get(type);
  if (record) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrong(name, place, 'object');
    return readFields(value, record.fields, finder, 'property');
  }
  const values = ENUMS.get(type);
  const isReference = type !== 'String' && !values;
  const text = toText(isReference ? idOf(value) : value);
  if (text === undefined) throw wrong(name, place, 'string');
  if (isReference) return finder.find(text, type, name);
  if (!values) return text;
  if (!values.has(text)) throw new KurentoError('MARSHALL_ERROR', `Invalid value for '${type}'`);
  return text;
}

/** The official client sends some objects whole where it was given what a promise of its own resolved to. */
function idOf(value: unknown): unknown {
  const isWhole = typeof value === 'object' && value !== null && Object.hasOwn(value, 'id') && 'id' in value;
  return isWhole ? value.id : value;
}

/** A record for the wire. */
export function record<Fields extends object>(
  type: string,
  fields: Fields,
): Fields & { __module__: string; __type__: string } {
  return { __module__: KURENTO_MODULE, __type__: type, ...fields };
}
