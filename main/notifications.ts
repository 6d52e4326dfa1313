/**
 * Tells of a call that nobody sees: a notification of the system, with Accept and Decline where it has buttons, and a
 * window that flashes in the taskbar. It goes away with the ringing, whoever ended that.
 */
import type { SessionCommand, SessionState } from '../protocol/desktop';

/** The parts of Electron's Notification that are used; tests bring their own. */
export interface SystemNotification {
  on(event: 'click' | 'close', listener: () => void): unknown;
  on(event: 'action', listener: (event: unknown, index: number) => void): unknown;
  show(): void;
  close(): void;
}
export interface NotificationText {
  readonly title: string;
  readonly body: string;
  readonly actions: readonly string[];
}

export interface NotifierOptions {
  /** Null where the system has no notifications. */
  readonly open: (text: NotificationText, urgent: boolean) => SystemNotification | null;
  readonly texts: () => {
    readonly calls: (peer: string) => string;
    readonly body: string;
    readonly accept: string;
    readonly decline: string;
    readonly stays: { readonly title: string; readonly body: string };
  };
  /** Whether the user wants notifications, and now. */
  readonly wanted: () => boolean;
  /** Whether the user sees the window. */
  readonly seen: () => boolean;
  readonly flash: (on: boolean) => void;
  readonly onCommand: (command: SessionCommand) => void;
  readonly onShow: () => void;
}

export class Notifier {
  readonly #options: NotifierOptions;
  /** Kept here: a notification that is collected no longer hears its clicks. */
  #shown: SystemNotification | null = null;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  follow(state: SessionState, before: SessionState): void {
    if (state.at === 'ringing') {
      if (before.at !== 'ringing' || before.peer !== state.peer) this.#ring(state.peer, state.silent);
    } else if (before.at === 'ringing') {
      this.#withdraw();
      this.#options.flash(false);
    }
  }

  /** The window is gone, and what runs in it is not. */
  tellItStays(): void {
    if (!this.#options.wanted()) return;
    const { stays } = this.#options.texts();
    this.#show({ ...stays, actions: [] }, false, () => undefined);
  }

  close(): void {
    this.#withdraw();
  }

  #ring(peer: string, silent: boolean): void {
    if (silent || this.#options.seen()) return;
    this.#options.flash(true);
    if (!this.#options.wanted()) return;
    const texts = this.#options.texts();
    const commands: readonly SessionCommand[] = ['accept', 'decline'];
    this.#show(
      { title: texts.calls(peer), body: texts.body, actions: [texts.accept, texts.decline] },
      true,
      (index) => {
        const command = commands[index];
        if (command === undefined) return;
        this.#options.onCommand(command);
        if (command === 'accept') this.#options.onShow();
      },
    );
  }

  #show(text: NotificationText, urgent: boolean, onAction: (index: number) => void): void {
    this.#withdraw();
    const notification = this.#options.open(text, urgent);
    if (notification === null) return;
    this.#shown = notification;
    notification.on('click', () => {
      this.#options.onShow();
    });
    notification.on('action', (_event, index) => {
      if (this.#shown === notification) onAction(index);
    });
    notification.on('close', () => {
      if (this.#shown === notification) this.#shown = null;
    });
    notification.show();
  }

  #withdraw(): void {
    const shown = this.#shown;
    this.#shown = null;
    shown?.close();
  }
}
