/** Single keys for what a hand wants in a session; never while something is typed or chosen, never with a modifier. */
import { useEffect, useRef } from 'react';

export type Shortcuts = ReadonlyMap<string, () => void>;

/** Keys in lower case. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const current = useRef(shortcuts);
  useEffect(() => {
    current.current = shortcuts;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
      if (
        event.target instanceof Element &&
        event.target.closest('input, select, textarea, dialog[open]') !== null
      )
        return;
      const action = current.current.get(event.key.toLowerCase());
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    window.addEventListener('keydown', pressed);
    return () => {
      window.removeEventListener('keydown', pressed);
    };
  }, []);
}
