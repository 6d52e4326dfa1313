/** A closable object for as long as a component is shown: made after the first paint, closed when it leaves. */
import { useEffect, useState } from 'react';

/** Null until it exists. `open` is called anew only when `key` changes. */
export function useResource<T extends { close(): void }>(open: () => T | null, key: unknown): T | null {
  const [resource, setResource] = useState<T | null>(null);
  useEffect(() => {
    const opened = open();
    setResource(opened);
    return () => {
      opened?.close();
      setResource(null);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `open` closes over its props on purpose; `key` says when they count
  }, [key]);
  return resource;
}
