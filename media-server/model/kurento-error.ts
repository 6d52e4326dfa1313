/** What an operation throws to be answered as an error of the Kurento Protocol. Anything else thrown is a bug: -32603. */
import { KURENTO_ERRORS } from '../../protocol/kurento';
import type { JsonValue, KurentoErrorName, RpcErrorBody } from '../../protocol/kurento';

export class KurentoError extends Error {
  override readonly name = 'KurentoError';
  readonly kind: KurentoErrorName;
  readonly #data: JsonValue | undefined;

  /** `data` replaces the usual `{type}` where the protocol wants something else there. */
  constructor(kind: KurentoErrorName, message: string, data?: JsonValue) {
    super(message);
    this.kind = kind;
    this.#data = data;
  }
  get code(): number {
    return KURENTO_ERRORS[this.kind].code;
  }
  toBody(): RpcErrorBody {
    const known: { readonly code: number; readonly type?: string } = KURENTO_ERRORS[this.kind];
    if (this.#data !== undefined) return { code: known.code, message: this.message, data: this.#data };
    if (known.type === undefined) return { code: known.code, message: this.message };
    return { code: known.code, message: this.message, data: { type: known.type } };
  }
}

export const objectNotFound = (id: string): KurentoError =>
  id.startsWith('newref:')
    ? new KurentoError(
        'MEDIA_OBJECT_NOT_FOUND_TRANSACTION_NO_COMMIT',
        `Object '${id}' not found. Possibly using a transactional object without committing the transaction.`,
      )
    : new KurentoError('MEDIA_OBJECT_NOT_FOUND', `Object '${id}' not found`);
