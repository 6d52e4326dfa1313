/** The time, once per second, for clocks on the screen. */
import { useEffect, useState } from 'react';
import { useServices } from './services';

export function useNow(running: boolean): number {
  const { timers } = useServices();
  const [now, setNow] = useState(() => timers.now());
  useEffect(() => {
    if (!running) return undefined;
    let cancel = (): void => undefined;
    const tick = (): void => {
      setNow(timers.now());
      cancel = timers.after(1000, tick);
    };
    tick();
    return () => {
      cancel();
    };
  }, [running, timers]);
  return now;
}
