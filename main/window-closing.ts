/**
 * What the close button does: it closes the window, unless somebody would be cut off by it (a call, a meeting, an
 * audience) or the user wants the app to stay; then it hides the window. What the user closed during a call closes by
 * itself when the call is over.
 */
import type { SessionState } from '../protocol/desktop';

/** The parts of a BrowserWindow that are used; tests bring their own. */
export interface ClosableWindow {
  on(event: 'close', listener: (event: { preventDefault(): void }) => void): unknown;
  hide(): void;
  close(): void;
  isVisible(): boolean;
  isDestroyed(): boolean;
}

export interface WindowClosingOptions {
  readonly state: () => SessionState;
  readonly closeToTray: () => boolean;
  readonly after: (ms: number, task: () => void) => () => void;
  /** A mirror or a film is for who looks at it: it ends with the window. */
  readonly endSession: () => void;
  /** The window is hidden while a session goes on. */
  readonly onStays: () => void;
}

/** After the end of a call: its recording is finished, its end is told to the hub. */
const LINGER_MS = 3_000;

export class WindowClosing {
  readonly #options: WindowClosingOptions;
  #quitting = false;
  /** Closed by the user, kept for a session. */
  #kept: ClosableWindow | null = null;
  #cancelClose: () => void = () => undefined;

  constructor(options: WindowClosingOptions) {
    this.#options = options;
  }

  guard(window: ClosableWindow): void {
    window.on('close', (event) => {
      if (this.#quitting) return;
      const { state, closeToTray, endSession, onStays } = this.#options;
      const stays = outlivesWindow(state());
      if (!stays && !closeToTray()) return;
      event.preventDefault();
      window.hide();
      this.#kept = closeToTray() ? null : window;
      if (stays) onStays();
      else endSession();
    });
  }

  /** The user wants out: nothing is kept. */
  quitting(): void {
    this.#quitting = true;
    this.#cancelClose();
  }

  follow(state: SessionState): void {
    this.#cancelClose();
    const kept = this.#kept;
    if (kept === null || state.at !== 'idle') return;
    this.#cancelClose = this.#options.after(LINGER_MS, () => {
      this.#kept = null;
      if (kept.isDestroyed() || kept.isVisible()) return;
      kept.close();
    });
  }
}

export function outlivesWindow(state: SessionState): boolean {
  if (state.at !== 'running') return state.at === 'ringing';
  return state.kind === 'call' || state.kind === 'room' || state.kind === 'present';
}
