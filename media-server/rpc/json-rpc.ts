/**
 * JSON-RPC 2.0 off and onto the wire: what a frame has to look like before anybody works on it, and how answers look.
 * A frame that is wrong gets an answer that says so, and nothing else happens to its socket.
 */
import { KURENTO_ERRORS } from '../../protocol/kurento';
import type { JsonValue, RpcErrorBody } from '../../protocol/kurento';
import { toText } from '../model/arguments';
import { KurentoError } from '../model/kurento-error';

/** Booleans are no ids by the book; the original takes them, and so comes back what came. */
export type RequestId = number | string | boolean;
export type Params = ReadonlyMap<string, unknown>;

export interface Request {
  /** Undefined for a notification. */
  readonly id: RequestId | undefined;
  readonly method: string;
  /** Undefined when there are none. */
  readonly params: Params | undefined;
}

/** What could not be read as a request: `id` is the request's where that much was legible. */
export class BadRequest extends Error {
  readonly id: RequestId | null;
  readonly body: RpcErrorBody;
  constructor(
    kind: 'PARSE_ERROR' | 'INVALID_REQUEST' | 'INVALID_PARAMS',
    message: string,
    id: RequestId | null = null,
  ) {
    super(message);
    this.id = id;
    this.body = new KurentoError(kind, message).toBody();
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The requests of a frame, mostly one. Stream libraries (the official client's among them) put what is written at one
 * moment into one frame, text behind text: each of them is a request. Never throws; what is no request says why.
 */
export function readFrame(text: string): (Request | BadRequest)[] {
  const whole = readText(text);
  if (!(whole instanceof BadRequest) || whole.body.code !== KURENTO_ERRORS.PARSE_ERROR.code) return [whole];
  const parts = splitTexts(text);
  return parts.length > 1 ? parts.map(readText) : [whole];
}

function readText(text: string): Request | BadRequest {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return new BadRequest('PARSE_ERROR', 'Parse error: the frame is no JSON.');
  }
  if (Array.isArray(frame)) {
    return new BadRequest('INVALID_REQUEST', 'Batches are not supported: send requests one by one.');
  }
  try {
    return readRequest(frame);
  } catch (error) {
    if (error instanceof BadRequest) return error;
    throw error;
  }
}

/** Cuts behind each object at the top level. What follows the last one is a part of its own, unless it is blank. */
function splitTexts(text: string): string[] {
  const parts: string[] = [];
  let begin = 0;
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (quoted) {
      if (character === '\\') index++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) {
      parts.push(text.slice(begin, index + 1));
      begin = index + 1;
    } else if (depth < 0) break;
  }
  const rest = text.slice(begin);
  return rest.trim() === '' ? parts : [...parts, rest];
}

/** Throws BadRequest, nothing else. */
export function readRequest(frame: unknown): Request {
  const invalid = () => new BadRequest('INVALID_REQUEST', 'Invalid JSON-RPC request.');
  if (!isObject(frame)) throw invalid();
  const fields = new Map<string, unknown>(Object.entries(frame));
  const id = fields.get('id');
  const method = fields.get('method');
  if (fields.get('jsonrpc') !== '2.0' || typeof method !== 'string') throw invalid();
  if (
    id !== undefined &&
    id !== null &&
    typeof id !== 'number' &&
    typeof id !== 'string' &&
    typeof id !== 'boolean'
  ) {
    throw invalid();
  }
  const params = fields.get('params');
  if (params !== undefined && params !== null && !isObject(params)) {
    throw new BadRequest('INVALID_PARAMS', "'params' should be an object", id ?? null);
  }
  return {
    id: id ?? undefined,
    method,
    params: isObject(params) ? new Map(Object.entries(params)) : undefined,
  };
}

export const resultFrame = (id: RequestId, result: JsonValue) => ({ id, jsonrpc: '2.0' as const, result });
export const errorFrame = (id: RequestId | null, error: RpcErrorBody) => ({
  error,
  id,
  jsonrpc: '2.0' as const,
});
export const NOTIFICATION_ANSWER = 'Ignoring response because of a notification request';

/** The answer to a notification that has a result: the original sends it as an error, and clients know it so. */
export function notificationFrame(result: JsonValue) {
  const { code } = KURENTO_ERRORS.SERVER_ERROR;
  return { error: { code, data: result, message: NOTIFICATION_ANSWER }, id: null, jsonrpc: '2.0' as const };
}

// ── Members of params ───────────────────────────────────────────────────────────────────────────────────────────

export function optionalText(params: Params, name: string): string | undefined {
  const value = params.get(name);
  if (value === undefined) return undefined;
  const text = toText(value);
  if (text === undefined) throw new KurentoError('SERVER_ERROR', `'${name}' parameter should be a string`);
  return text;
}
export function requiredText(params: Params, name: string): string {
  const text = optionalText(params, name);
  if (text === undefined) throw new KurentoError('SERVER_ERROR', `'${name}' parameter is required`);
  return text;
}
export function requiredList(params: Params, name: string): unknown[] {
  const value = params.get(name);
  if (value === undefined) throw new KurentoError('SERVER_ERROR', `'${name}' parameter is required`);
  if (!Array.isArray(value)) throw new KurentoError('SERVER_ERROR', `'${name}' parameter should be an array`);
  return value as unknown[];
}
