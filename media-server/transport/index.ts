/** What the rest of the media server may use of the transport. */
export { startTransportHost } from './transport-host';
export { Certificates } from './dtls/certificate';
export { TransportError, type TransportErrorCode } from './transport-error';
export type * from './types';
