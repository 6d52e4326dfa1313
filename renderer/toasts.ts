/** Short notices: they leave by themselves, unless they ask something, and the newest few are kept. */
import { Cell, type Store } from './store';
import type { Timers } from './timers';

export interface Toast {
  readonly key: number;
  readonly tone: 'info' | 'good' | 'bad';
  readonly text: string;
  /** One thing that can be done about it. */
  readonly action?: ToastAction;
  /** It stays until it is answered; this is the word for "not now". */
  readonly later?: string;
}
export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Toasts extends Store<readonly Toast[]> {
  show(text: string, tone?: Toast['tone'], action?: ToastAction): void;
  /** Stays until it is answered. */
  ask(text: string, action: ToastAction, later: string): void;
  dismiss(key: number): void;
}

const MAX_TOASTS = 3;
/** Two words a second, and never too short to find it. */
const LIFE_MS = 6_000;
/** Time to get there with the pointer, or with the keyboard. */
const LIFE_WITH_ACTION_MS = 15_000;

export function openToasts(timers: Timers): Toasts {
  const cell = new Cell<readonly Toast[]>([]);
  let last = 0;
  const dismiss = (key: number): void => {
    cell.update((toasts) => toasts.filter((toast) => toast.key !== key));
  };
  const add = (toast: Omit<Toast, 'key'>): number => {
    last += 1;
    const added = { ...toast, key: last };
    cell.update((toasts) => {
      const all = [...toasts, added];
      const surplus = all.length - MAX_TOASTS;
      // A question goes last.
      const leaving = all.filter(({ later }) => later === undefined).slice(0, Math.max(0, surplus));
      return all.filter((each) => !leaving.includes(each)).slice(-MAX_TOASTS);
    });
    return added.key;
  };
  return {
    get: cell.get,
    subscribe: cell.subscribe,
    dismiss,
    ask(text, action, later) {
      add({ tone: 'info', text, action, later });
    },
    show(text, tone = 'info', action) {
      const key = add({ tone, text, ...(action && { action }) });
      timers.after(action === undefined ? LIFE_MS : LIFE_WITH_ACTION_MS, () => {
        dismiss(key);
      });
    },
  };
}
