/** How a request to a media server can fail. failures.ts turns each into what a user is told. */

/** The media server answered with an error; `code` and `type` are Kurento's (protocol/kurento.ts lists them). */
export class KurentoError extends Error {
  readonly code: number;
  readonly type: string | undefined;

  constructor(code: number, type: string | undefined, message: string) {
    super(message);
    this.name = 'KurentoError';
    this.code = code;
    this.type = type;
  }
}

/** There is no media server to ask, or it went away before it answered. */
export class MediaServerLost extends Error {
  constructor(message = 'the media server cannot be reached') {
    super(message);
    this.name = 'MediaServerLost';
  }
}

/** No answer within the time limit. What the request creates later is released. */
export class RequestTimeout extends Error {
  constructor(method: string, milliseconds: number) {
    super(`the media server did not answer ${method} within ${milliseconds} ms`);
    this.name = 'RequestTimeout';
  }
}

/** The one who asked does not want the answer any more. Nobody needs to be told. */
export class RequestCancelled extends Error {
  constructor(message = 'cancelled') {
    super(message);
    this.name = 'RequestCancelled';
  }
}

/** The media server broke the protocol: an answer of a shape that its request cannot have. */
export class KurentoProtocolFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KurentoProtocolFault';
  }
}
