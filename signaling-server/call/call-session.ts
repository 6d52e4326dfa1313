/** One connection of `/one2one`. Who it is and what it may do is the exchange's; here its requests find their way. */
import type { CloseReason, Session, SessionRequest } from '../mode';
import type { CallExchange, Line } from './call-exchange';

export class CallSession implements Session<'/one2one'> {
  readonly #line: Line;
  readonly #exchange: CallExchange;

  constructor(line: Line, exchange: CallExchange) {
    this.#line = line;
    this.#exchange = exchange;
  }

  handle(request: SessionRequest<'/one2one'>): void {
    switch (request.id) {
      case 'register':
        return this.#exchange.register(this.#line, request);
      case 'call':
        return this.#exchange.dial(this.#line, request);
      case 'incomingCallResponse':
        return this.#exchange.answer(this.#line, request);
      case 'renew':
        return this.#exchange.renew(this.#line, request);
      case 'restart':
        return this.#exchange.restart(this.#line, request);
      case 'media':
        return this.#exchange.tellMedia(this.#line, request);
      case 'stop':
        return this.#exchange.stop(this.#line, request);
      case 'onIceCandidate':
        return this.#exchange.addCandidate(this.#line, request.candidate);
    }
  }

  greeted(): void {
    this.#exchange.announceTo(this.#line);
  }

  closed(reason: CloseReason): void {
    this.#exchange.closed(this.#line, reason);
  }

  settled(): Promise<void> {
    return this.#exchange.settled();
  }
}
