/** The one failure of this folder: text that is no session description (Kurento error 40201). */
export class SdpError extends Error {
  override readonly name = 'SdpError';
  readonly code = 40201;
  readonly type = 'SDP_PARSE_ERROR';

  /** `detail` says what was wrong, for logs; it never quotes more than a few characters of the peer's text. */
  readonly detail: string;

  constructor(message: string, detail = message) {
    super(message);
    this.detail = detail;
  }
}
