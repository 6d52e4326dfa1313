/**
 * A list of operations in one request. They run in order; `newref:N` stands for the value of operation N. The first one
 * that fails ends the list of answers, and what was done before stays done. A reference to nothing fails the request.
 */
import type { JsonValue, RpcErrorBody } from '../../protocol/kurento';
import { KurentoError } from '../model/kurento-error';
import { BadRequest, errorFrame, readRequest, requiredList, resultFrame } from './json-rpc';
import type { Params, Request } from './json-rpc';

/** A pipeline with everything in it takes some twenty operations. */
export const MAX_OPERATIONS = 1000;
/** References sit in params, operationParams, and a record in it at most. */
const MAX_DEPTH = 16;
const REFERENCE = 'newref:';

export interface TransactionHost {
  /** Works on one operation like on a request of its own; throws what it cannot do. */
  run(request: Request): Promise<JsonValue>;
  errorBody(error: unknown): RpcErrorBody;
}

export async function runTransaction(params: Params, host: TransactionHost): Promise<JsonValue> {
  const operations = requiredList(params, 'operations');
  if (operations.length > MAX_OPERATIONS) {
    throw new KurentoError('MALFORMED_TRANSACTION', `A transaction has at most ${MAX_OPERATIONS} operations`);
  }
  operations.forEach(checkId);
  const values: JsonValue[] = [];
  const answers: JsonValue[] = [];
  for (const [index, operation] of operations.entries()) {
    try {
      const result = await host.run(withReferences(readRequest(operation), values));
      values.push(valueOf(result));
      answers.push(resultFrame(index, result));
    } catch (error) {
      if (error instanceof BrokenReference) throw error;
      const body = error instanceof BadRequest ? error.body : host.errorBody(error);
      answers.push(errorFrame(index, body) as unknown as JsonValue);
      break;
    }
  }
  return answers;
}

class BrokenReference extends KurentoError {
  constructor(message: string) {
    super('MALFORMED_TRANSACTION', message);
  }
}

/** Ids may be left out; those given count from 0. Checked before anything runs. */
function checkId(operation: unknown, index: number): void {
  const id: unknown =
    typeof operation === 'object' && operation !== null && 'id' in operation ? operation.id : undefined;
  if (id !== undefined && id !== null && id !== index) {
    throw new KurentoError('MALFORMED_TRANSACTION', `Id of request '${index}' should be '${index}'`);
  }
}

function valueOf(result: JsonValue): JsonValue {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return null;
  return new Map(Object.entries(result)).get('value') ?? null;
}

function withReferences(request: Request, values: readonly JsonValue[]): Request {
  if (!request.params) return request;
  const params = new Map(
    [...request.params].map(([name, value]) => [name, replaced(value, values, MAX_DEPTH)]),
  );
  return { ...request, params };
}

function replaced(value: unknown, values: readonly JsonValue[], depth: number): unknown {
  if (typeof value === 'string') return value.startsWith(REFERENCE) ? resolved(value, values) : value;
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => replaced(item, values, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, replaced(item, values, depth - 1)]),
  );
}

function resolved(reference: string, values: readonly JsonValue[]): JsonValue {
  const index = reference.slice(REFERENCE.length);
  if (!/^\d{1,9}$/.test(index)) throw new BrokenReference(`Invalid index of newref '${index}'`);
  const value = values[Number(index)];
  if (value === undefined || value === null)
    throw new BrokenReference(`Result not found on request ${Number(index)}`);
  return value;
}
