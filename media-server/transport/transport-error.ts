/** Everything that can go wrong on the wire, by code. */
export type TransportErrorCode =
  | 'port-in-use' // the configured UDP port, or every port of the range, is taken
  | 'no-address' // no local address is left to listen on
  | 'closed' // used after close
  | 'dtls-timeout' // the peer stopped answering in mid-handshake
  | 'dtls-fingerprint' // the peer's certificate is not the one its SDP announced
  | 'dtls-signature' // the peer could not prove that the certificate is its own
  | 'dtls-negotiation' // no common cipher suite, curve, version or SRTP profile
  | 'dtls-alert' // the peer refused the handshake
  | 'dtls-protocol' // the peer broke the protocol
  | 'turn' // a TURN server refused or does not answer
  | 'data-channel'; // too many channels, or SCTP was not negotiated

export class TransportError extends Error {
  readonly code: TransportErrorCode;
  constructor(code: TransportErrorCode, message: string) {
    super(message);
    this.name = 'TransportError';
    this.code = code;
  }
}
