/** The description of a module that getKmd answers: types, records and events as this server has them. */
import { ENUMS, RECORDS, TYPES } from './facts';
import type { OperationFacts, ParameterFacts, TypeFacts } from './facts';

const param = ({ name, type, optional, fallback }: ParameterFacts) => ({
  name,
  type,
  ...(optional ? { optional } : {}),
  ...(fallback === undefined ? {} : { defaultValue: fallback }),
});
const method = ({ name, params }: OperationFacts) => ({ name, params: params.map(param) });

function remoteClass(type: TypeFacts) {
  const base = type.bases[0];
  const inherited = base === undefined ? undefined : TYPES.get(base);
  const own = [...type.operations]
    .filter(([name]) => !inherited?.operations.has(name))
    .map(([, facts]) => facts);
  return {
    name: type.name,
    ...(type.abstract ? { abstract: true } : {}),
    ...(base === undefined ? {} : { extends: base }),
    ...(type.constructorParams.length > 0
      ? { constructor: { params: type.constructorParams.map(param) } }
      : {}),
    methods: own.map(method),
    events: [...type.events].filter((event) => !inherited?.events.has(event)),
  };
}

/** Abstract types and those that can be created. Records and enums are listed with the core module. */
export function moduleDescription(module: string, version: string, factories: ReadonlySet<string>) {
  const types = [...TYPES.values()].filter(
    (type) => type.module === module && (type.abstract || factories.has(type.name)),
  );
  const complexTypes =
    module === 'core'
      ? [
          ...[...RECORDS.values()].map(({ name, fields }) => ({
            name,
            typeFormat: 'REGISTER',
            properties: fields.map(param),
          })),
          ...[...ENUMS].map(([name, values]) => ({ name, typeFormat: 'ENUM', values: [...values] })),
        ]
      : [];
  return {
    name: module,
    version,
    kurentoVersion: version,
    remoteClasses: types.map(remoteClass),
    complexTypes,
  };
}
