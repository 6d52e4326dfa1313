/** A WebSocket whose other end is the test. */
import type { Socket } from '../signaling/endpoint-client';

const [CONNECTING, OPEN, CLOSED] = [0, 1, 3];

export class FakeSocket implements Socket {
  readyState = CONNECTING;
  bufferedAmount = 0;
  closedWith: number | undefined;
  readonly url: string;
  /** What was sent, parsed. */
  readonly sent: unknown[] = [];
  readonly #listeners = new Map<string, ((event: { readonly data: unknown }) => void)[]>();

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(type: string, listener: (event: { readonly data: unknown }) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code?: number): void {
    this.closedWith = code;
    this.readyState = CLOSED;
  }

  // ── the other end ───────────────────────────────────────────────────────────────────────────────────────────

  accept(): void {
    this.readyState = OPEN;
    this.#emit('open');
  }
  say(message: unknown): void {
    this.#emit('message', typeof message === 'string' ? message : JSON.stringify(message));
  }
  sayRaw(data: unknown): void {
    this.#emit('message', data);
  }
  drop(): void {
    this.readyState = CLOSED;
    this.#emit('error');
    this.#emit('close');
  }
  welcome(fields: Readonly<Record<string, unknown>> = {}): void {
    this.accept();
    this.say({
      id: 'welcome',
      version: 1,
      mediaServer: 'ready',
      overlays: [],
      presenterKeyRequired: false,
      ...fields,
    });
  }

  #emit(type: string, data?: unknown): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ data });
  }
}
