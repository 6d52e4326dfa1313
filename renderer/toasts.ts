/** Short notices that need no answer; they leave by themselves, and the newest few are kept. */
import { Cell, type Store } from './store';
import type { Timers } from './timers';

export interface Toast {
  readonly key: number;
  readonly tone: 'info' | 'good' | 'bad';
  readonly text: string;
  /** One thing that can be done about it. */
  readonly action?: ToastAction;
}
export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Toasts extends Store<readonly Toast[]> {
  show(text: string, tone?: Toast['tone'], action?: ToastAction): void;
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
  return {
    get: cell.get,
    subscribe: cell.subscribe,
    dismiss,
    show(text, tone = 'info', action) {
      last += 1;
      const key = last;
      cell.update((toasts) => [...toasts, { key, tone, text, ...(action && { action }) }].slice(-MAX_TOASTS));
      timers.after(action === undefined ? LIFE_MS : LIFE_WITH_ACTION_MS, () => {
        dismiss(key);
      });
    },
  };
}
