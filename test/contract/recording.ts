/** Reading the recordings of a real media server, and comparing what we answer with what it answered. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const RECORDINGS = join(import.meta.dirname, '../fixtures/kurento-protocol');

export interface RecordedLine {
  readonly t: number;
  readonly note?: string;
  readonly conn?: number;
  readonly socket?: string;
  readonly code?: number;
  readonly dir?: 'c→s' | 's→c';
  readonly frame?: unknown;
  readonly text?: string;
  readonly binary?: string;
}

export function readRecording(name: string): RecordedLine[] {
  const text = readFileSync(join(RECORDINGS, `${name}.jsonl`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedLine);
}

/** What a Chromium offered in the recorded hello-world session: audio and video, both ways. */
export function recordedOffer(): string {
  for (const { dir, frame } of readRecording('02-hello-world')) {
    if (dir !== 'c→s' || typeof frame !== 'object' || frame === null || !('params' in frame)) continue;
    const { operation, operationParams } = frame.params as {
      operation?: string;
      operationParams?: { offer: string };
    };
    if (operation === 'processOffer' && operationParams) return operationParams.offer;
  }
  throw new Error('the recording has no offer');
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Ids of the recording and what they are called here: learned from pairs of answers. */
export class IdMap {
  readonly #ours = new Map<string, string>();

  learn(recorded: unknown, ours: unknown): void {
    if (typeof recorded === 'string' && typeof ours === 'string') {
      const theirIds = recorded.match(UUID) ?? [];
      const ourIds = ours.match(UUID) ?? [];
      if (theirIds.length !== ourIds.length) return;
      theirIds.forEach((id, index) => {
        const our = ourIds[index];
        if (our !== undefined && !this.#ours.has(id)) this.#ours.set(id, our);
      });
    } else if (
      typeof recorded === 'object' &&
      recorded !== null &&
      typeof ours === 'object' &&
      ours !== null
    ) {
      const fields = new Map<string, unknown>(Object.entries(ours));
      for (const [name, value] of Object.entries(recorded)) this.learn(value, fields.get(name));
    }
  }
  translate(value: unknown): unknown {
    if (typeof value === 'string') return value.replace(UUID, (id) => this.#ours.get(id) ?? id);
    if (Array.isArray(value)) return value.map((item) => this.translate(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [this.translate(name) as string, this.translate(item)]),
    );
  }
}

/** `exact`: numbers, booleans and texts are equal. `shape`: keys and JSON types are; lists may differ in length. */
export type Strictness = 'exact' | 'shape';

/** Constants wherever they appear. */
const CONSTANT_FIELDS = new Set(['__type__', '__module__', 'type', 'mediaType', 'jsonrpc', 'code']);
/** Change with every run. */
const VOLATILE_FIELDS = new Set(['timestampMillis', 'serverId', 'sessionId']);

/** Sentences about where the two differ; none when they are alike. */
export function differences(recorded: unknown, ours: unknown, strictness: Strictness, path = ''): string[] {
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (typeOf(recorded) !== typeOf(ours)) return [`${path}: ${show(recorded)} became ${show(ours)}`];
  if (Array.isArray(recorded) && Array.isArray(ours))
    return listDifferences(recorded, ours, strictness, path);
  if (typeof recorded === 'object' && recorded !== null) {
    return fieldDifferences(recorded, ours as object, strictness, path);
  }
  if (VOLATILE_FIELDS.has(name)) return [];
  const matters = strictness === 'exact' || CONSTANT_FIELDS.has(name);
  return matters && withoutIds(recorded) !== withoutIds(ours)
    ? [`${path}: ${show(recorded)} became ${show(ours)}`]
    : [];
}
function listDifferences(
  recorded: unknown[],
  ours: unknown[],
  strictness: Strictness,
  path: string,
): string[] {
  if (strictness === 'exact') {
    if (recorded.length !== ours.length) return [`${path}: ${recorded.length} items became ${ours.length}`];
    const left = inOrder(recorded);
    const right = inOrder(ours);
    return left.flatMap((item, index) => differences(item, right[index], strictness, `${path}[${index}]`));
  }
  if (recorded.length > 0 && ours.length === 0) return [`${path}: a list with items became an empty one`];
  return ours.flatMap((item, index) => {
    const model = recorded.find((candidate) => isAlike(candidate, item)) ?? recorded[0];
    return model === undefined ? [] : differences(model, item, strictness, `${path}[${index}]`);
  });
}
/** Of the same record type and, where it says so, about the same media type or module. */
function isAlike(a: unknown, b: unknown): boolean {
  const name = (value: unknown) => {
    const fields = new Map(Object.entries(value ?? {}));
    return JSON.stringify([fields.get('__type__'), fields.get('type'), fields.get('name')]);
  };
  return name(a) === name(b);
}
function fieldDifferences(recorded: object, ours: object, strictness: Strictness, path: string): string[] {
  if (isKeyedById(recorded))
    return recordDifferences(Object.values(recorded), Object.values(ours), strictness, path);
  const theirFields = new Map<string, unknown>(
    Object.entries(recorded).map(([key, value]) => [withoutIds(key) as string, value]),
  );
  const ourFields = new Map<string, unknown>(
    Object.entries(ours).map(([key, value]) => [withoutIds(key) as string, value]),
  );
  const missing = [...theirFields.keys()]
    .filter((key) => !ourFields.has(key))
    .map((key) => `${path}.${key} is missing`);
  const added = [...ourFields.keys()]
    .filter((key) => !theirFields.has(key))
    .map((key) => `${path}.${key} is new`);
  const changed = [...theirFields].flatMap(([key, value]) =>
    ourFields.has(key) ? differences(value, ourFields.get(key), strictness, `${path}.${key}`) : [],
  );
  return [...missing, ...added, ...changed];
}
/** The answer of getStats: records by ids that nobody else knows. */
function isKeyedById(value: object): boolean {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => withoutIds(key) !== key);
}
function recordDifferences(
  recorded: unknown[],
  ours: unknown[],
  strictness: Strictness,
  path: string,
): string[] {
  const typeName = (value: unknown) => String(new Map(Object.entries(value ?? {})).get('__type__'));
  return recorded.flatMap((record) => {
    const type = typeName(record);
    const same = ours.filter((candidate) => typeName(candidate) === type);
    if (same.length === 0) return [`${path}: no ${type}`];
    return same.flatMap((candidate) => differences(record, candidate, strictness, `${path}.${type}`));
  });
}
/** Lists of objects have no order of their own in the protocol. */
function inOrder(list: unknown[]): unknown[] {
  return [...list].sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
}
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(withoutIds(JSON.stringify(value)));
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return fields.map(([name, item]) => `${name}:${canonical(item)}`).join();
}
const withoutIds = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(UUID, '<uuid>') : value;
const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);
const show = (value: unknown) => (JSON.stringify(value) ?? 'undefined').slice(0, 160);
