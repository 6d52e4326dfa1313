/**
 * What Kurento's types are, as data: hierarchy, properties, methods with their parameters, events, records and enums
 * (facts.json, read off a Kurento Media Server 7.3). `describe`, the checking and conversion of parameters, event names
 * and unknown operations all follow from here. Which of them have code behind them is each class's own matter.
 */
import raw from './facts.json';

export interface ParameterFacts {
  readonly name: string;
  /** A primitive, an enum, a record or a media type; `T[]` is a list, `T<>` a map from string to T. */
  readonly type: string;
  readonly optional: boolean;
  /** Given to the operation where the caller leaves an optional parameter out. */
  readonly fallback: unknown;
}
export interface OperationFacts {
  readonly name: string;
  readonly params: readonly ParameterFacts[];
}
export interface TypeFacts {
  readonly name: string;
  readonly qualifiedName: string;
  /** The module that lists it in getInfo: core, elements or filters. */
  readonly module: string;
  readonly abstract: boolean;
  /** Names of its bases, nearest first. */
  readonly bases: readonly string[];
  /** Qualified names of its bases, nearest first, as `describe` answers them. */
  readonly hierarchy: readonly string[];
  readonly constructorParams: readonly ParameterFacts[];
  /** Methods, getters and setters, own and inherited. What the original overloads are optional parameters here. */
  readonly operations: ReadonlyMap<string, OperationFacts>;
  /** Own and inherited. */
  readonly events: ReadonlySet<string>;
}
export interface RecordFacts {
  readonly name: string;
  /** Own and inherited. */
  readonly fields: readonly ParameterFacts[];
}

interface RawParameter {
  readonly name: string;
  readonly type: string;
  readonly optional?: boolean;
  readonly default?: unknown;
}
interface RawType {
  readonly qualifiedType: string;
  readonly module: string;
  readonly abstract: boolean;
  readonly extends: string | null;
  readonly hierarchy: readonly string[];
  readonly constructorParams?: readonly RawParameter[];
  readonly properties: readonly {
    readonly name: string;
    readonly type: string;
    readonly get: string | null;
    readonly set: string | null;
  }[];
  readonly methods: readonly { readonly name: string; readonly params: readonly RawParameter[] }[];
  readonly allEvents: readonly string[];
}
interface RawComplex {
  readonly kind: string;
  readonly extends?: string | null;
  readonly fields?: readonly RawParameter[];
  readonly values?: readonly string[];
}

const rawTypes = new Map<string, RawType>(Object.entries(raw.types));
const rawComplex = new Map<string, RawComplex>(Object.entries(raw.complexTypes));

const parameter = ({ name, type, optional, default: fallback }: RawParameter): ParameterFacts => ({
  name,
  type,
  optional: optional ?? false,
  fallback,
});

function operationsOf(name: string): Map<string, OperationFacts> {
  const type = rawTypes.get(name);
  if (!type) return new Map();
  const operations = type.extends ? operationsOf(type.extends) : new Map<string, OperationFacts>();
  const add = (operation: OperationFacts) => operations.set(operation.name, operation);
  for (const property of type.properties) {
    if (property.get) add({ name: property.get, params: [] });
    const value = { name: property.name, type: property.type, optional: false, fallback: undefined };
    if (property.set) add({ name: property.set, params: [value] });
  }
  for (const method of type.methods) add({ name: method.name, params: method.params.map(parameter) });
  return operations;
}

function fieldsOf(name: string): ParameterFacts[] {
  const record = rawComplex.get(name);
  if (!record?.fields) return [];
  return [...(record.extends ? fieldsOf(record.extends) : []), ...record.fields.map(parameter)];
}

const shortName = (qualified: string) => qualified.slice(qualified.indexOf('.') + 1);

export const TYPES: ReadonlyMap<string, TypeFacts> = new Map(
  [...rawTypes].map(([name, type]) => [
    name,
    {
      name,
      qualifiedName: type.qualifiedType,
      module: type.module,
      abstract: type.abstract,
      bases: type.hierarchy.map(shortName),
      hierarchy: type.hierarchy,
      constructorParams: (type.constructorParams ?? []).map(parameter),
      operations: operationsOf(name),
      events: new Set(type.allEvents),
    },
  ]),
);
export const ENUMS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...rawComplex].flatMap(([name, { kind, values }]) => (kind === 'enum' ? [[name, new Set(values)]] : [])),
);
export const RECORDS: ReadonlyMap<string, RecordFacts> = new Map(
  [...rawComplex].flatMap(([name, { kind }]) =>
    kind === 'record' ? [[name, { name, fields: fieldsOf(name) }]] : [],
  ),
);

/** True for an object of the type or of one derived from it. */
export function isA(type: TypeFacts, name: string): boolean {
  return type.name === name || type.bases.includes(name);
}
/** Facts that the code relies on: a missing one is a bug here, not somebody's wrong request. */
export function typeFacts(name: string): TypeFacts {
  const facts = TYPES.get(name);
  if (!facts) throw new Error(`no facts about type ${name}`);
  return facts;
}
/** Both `WebRtcEndpoint` and `kurento.WebRtcEndpoint` name a type in `create`. */
export function findType(name: string): TypeFacts | undefined {
  return TYPES.get(name.startsWith('kurento.') ? name.slice('kurento.'.length) : name);
}
