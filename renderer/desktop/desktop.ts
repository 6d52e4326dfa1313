/**
 * The desktop around this page, as far as there is one: hears what runs here, and tells what the user asked for outside
 * of the window. In a browser, nobody listens and nothing comes.
 */
import type {
  LinkTarget,
  ScreenChoice,
  ScreenQuestion,
  SessionCommand,
  SessionState,
} from '../../protocol/desktop';
import type { Bridge } from '../../protocol/ipc';
import { Cell, type Store } from '../store';

export interface Desktop {
  /** What runs in this page. Each report replaces the one before. */
  report(session: SessionState): void;
  /** Answers its unsubscribe. */
  onCommand(listener: (command: SessionCommand) => void): () => void;
  /** A link that waits for the user's word; null when there is none. */
  readonly link: Store<LinkTarget | null>;
  dismissLink(): void;
  /** Screens of which the user is to choose one; null while nobody asks. */
  readonly screens: Store<ScreenQuestion | null>;
  chooseScreen(choice: ScreenChoice): void;
}

export function openDesktop(bridge: Bridge | undefined): Desktop {
  const link = new Cell<LinkTarget | null>(null);
  const screens = new Cell<ScreenQuestion | null>(null);
  const commands = new Set<(command: SessionCommand) => void>();
  let session: SessionState = { at: 'idle' };

  const takeLink = async (): Promise<void> => {
    const taken = await bridge?.invoke('link:take');
    if (taken?.ok === true && taken.value !== null) link.set(taken.value);
  };
  bridge?.on('session:command', (command) => {
    for (const listener of [...commands]) listener(command);
  });
  bridge?.on('link:arrived', () => void takeLink());
  bridge?.on('screen:choose', (question) => {
    screens.set(question);
  });
  void takeLink();

  return {
    report(now) {
      if (JSON.stringify(now) === JSON.stringify(session)) return;
      session = now;
      void bridge?.invoke('session:state', now);
    },
    onCommand(listener) {
      commands.add(listener);
      return () => {
        commands.delete(listener);
      };
    },
    link,
    dismissLink() {
      link.set(null);
    },
    screens,
    chooseScreen(choice) {
      const asked = screens.get();
      screens.set(null);
      if (asked !== null) void bridge?.invoke('screen:answer', asked.question, choice);
    },
  };
}
