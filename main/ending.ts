/**
 * How the app ends: sockets, sessions on the media server and its process end before it does. A signal from outside
 * (Ctrl-C, a session that is closed, a service manager) counts as quitting without a question: nobody is there to answer.
 */

/** The parts of Electron's app and of the process that are used; tests bring their own. */
export interface EndingApp {
  on(event: 'will-quit', listener: (event: { preventDefault(): void }) => void): unknown;
  whenReady(): Promise<void>;
  exit(): void;
}
export interface SignalSource {
  on(signal: Signal, listener: () => void): unknown;
}
type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export interface EndingOptions {
  readonly close: () => Promise<unknown>;
  readonly quitNow: () => void;
}

export function endTidily(app: EndingApp, signals: SignalSource, { close, quitNow }: EndingOptions): void {
  app.on('will-quit', (event) => {
    event.preventDefault();
    // Windows are closed by now; a second quit() from here would be swallowed.
    void close().finally(() => {
      app.exit();
    });
  });
  // Before it is ready, Electron puts its own handlers in the place of whatever was there, and those quit as a user does:
  // with a question. Until then there is nothing that could be left behind.
  void app.whenReady().then(() => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) signals.on(signal, quitNow);
  });
}
