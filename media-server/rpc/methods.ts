/**
 * The methods of the Kurento Protocol, each of them a function in an explicit table. They check their members, find
 * objects and let them work; what an object does is in media-server/model.
 */
import type { JsonObject, JsonValue, KurentoMethod } from '../../protocol/kurento';
import { readArguments } from '../model/arguments';
import { KurentoError } from '../model/kurento-error';
import { MediaObject } from '../model/media-object';
import type { ObjectRegistry } from '../model/object-registry';
import { requiredText } from './json-rpc';
import type { Params } from './json-rpc';
import type { Session, Sessions } from './sessions';

export interface Services {
  readonly registry: ObjectRegistry;
  readonly sessions: Sessions;
  readonly newId: () => string;
  /** Answered by `connect`; changes only with the server process. */
  readonly serverId: string;
}

export interface Call {
  readonly services: Services;
  /** Named by the request, else the socket's, else a new name. */
  readonly session: Session;
  /** False when the session's name was made up for this request because neither it nor its socket had one. */
  readonly sessionGiven: boolean;
  readonly params: Params;
}

type Method = (call: Call) => JsonValue | Promise<JsonValue>;

const text = (call: Call, name: string) => requiredText(call.params, name);
const answer = (call: Call): JsonObject => ({ sessionId: call.session.id });
const answerValue = (call: Call, value: JsonValue): JsonObject => ({ sessionId: call.session.id, value });

/** The object named by `object`, kept alive by the session from now on. */
function touched(call: Call): MediaObject {
  const object = call.services.registry.get(text(call, 'object'));
  call.services.sessions.touch(call.session, object);
  return object;
}
function requireSession(call: Call): void {
  if (!call.sessionGiven) throw new KurentoError('SERVER_ERROR', "'sessionId' parameter is required");
}

/** What an operation answered, as JSON: objects are named by their ids. Records of an operation are JSON already. */
export function toWire(value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  if (value instanceof MediaObject) return value.id;
  if (Array.isArray(value)) return value.map(toWire);
  return value as JsonValue;
}

async function invoke(call: Call): Promise<JsonValue> {
  const { registry } = call.services;
  const id = text(call, 'object');
  const operation = text(call, 'operation');
  const object = registry.get(id);
  call.services.sessions.touch(call.session, object);
  const given = call.params.get('operationParams');
  const facts = object.type.operations.get(operation);
  const run = object.operations.get(operation);
  if (!facts || !run) {
    const count = typeof given === 'object' && given !== null ? Object.keys(given).length : 0;
    throw new KurentoError(
      'MALFORMED_TRANSACTION',
      `Method '${operation}' with ${count} parameters not found`,
    );
  }
  const args = readArguments(given, 'operationParams', facts.params, registry);
  return answerValue(call, toWire(await run(object, args, call.session)));
}

async function create(call: Call): Promise<JsonValue> {
  const type = text(call, 'type');
  const { registry, sessions } = call.services;
  const object = await registry.create(type, call.params.get('constructorParams'), call.session);
  try {
    sessions.admit(call.session);
  } catch (error) {
    registry.release(object);
    throw error;
  }
  return answerValue(call, object.id);
}

function describe(call: Call): JsonValue {
  const { type } = touched(call);
  return {
    hierarchy: type.hierarchy,
    qualifiedType: type.qualifiedName,
    sessionId: call.session.id,
    type: type.name,
  };
}

function subscribe(call: Call): JsonValue {
  const type = text(call, 'type');
  const object = touched(call);
  const id = call.services.newId();
  call.services.registry.subscriptions.add(id, object, type, call.session);
  return answerValue(call, id);
}

function unsubscribe(call: Call): JsonValue {
  requireSession(call);
  const subscription = text(call, 'subscription');
  const object = call.services.registry.peek(text(call, 'object'));
  if (object) call.services.registry.subscriptions.remove(subscription, object, call.session);
  return answer(call);
}

/** For everybody. What is gone already is no error. */
function release(call: Call): JsonValue {
  const object = call.services.registry.peek(text(call, 'object'));
  if (object) call.services.registry.release(object);
  return answer(call);
}

function connect(call: Call): JsonValue {
  const { sessions, serverId } = call.services;
  // Without a name, a new one; with one, only if it is a session already.
  if (call.sessionGiven) sessions.get(call.session.id);
  return { serverId, sessionId: call.session.id };
}

function keepAlive(call: Call): JsonValue {
  requireSession(call);
  call.services.sessions.get(call.session.id).alive = true;
  return answer(call);
}

function closeSession(call: Call): JsonValue {
  requireSession(call);
  const andRelease = call.params.get('release');
  call.services.sessions.end(call.session.id, andRelease === true || andRelease === 1);
  return null;
}

export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>(
  Object.entries({
    connect,
    create,
    describe,
    invoke,
    subscribe,
    unsubscribe,
    release,
    ref: (call) => (touched(call), answer(call)),
    unref: (call) => {
      const object = call.services.registry.get(text(call, 'object'));
      call.services.registry.unref(call.session, object);
      return answer(call);
    },
    keepAlive,
    closeSession,
  } satisfies Record<Exclude<KurentoMethod, 'ping' | 'transaction'>, Method>),
);
