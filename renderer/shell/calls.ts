/**
 * Where the page's calls live: loaded and opened once somebody can be called or wants to call, and from then on there for
 * every screen, since a name that rings on one screen only is no telephone.
 */
import type { HubAddress } from '../platform';
import { Cell, type Store } from '../store';

export interface Calls<D> {
  /** Null before there is a hub, and as long as nobody needs it. */
  readonly desk: Store<D | null>;
  /** From now on; the first picture of the page does not wait for it. */
  start(): void;
}

export interface CallsOptions<D> {
  readonly address: Store<HubAddress>;
  /** Whether somebody can be called here, or wants to call. */
  readonly needed: () => boolean;
  /** Hears when that may have changed. */
  readonly onChange: (listener: () => void) => void;
  /** Null when there is no hub after all. */
  readonly openDesk: () => Promise<D | null>;
}

export function openCalls<D extends { close(): void }>(options: CallsOptions<D>): Calls<D> {
  const { address, needed, onChange, openDesk } = options;
  const desk = new Cell<D | null>(null);
  let started = false;
  /** The hub for which a desk is open, or being opened. */
  let opened: HubAddress | null = null;

  const consider = (): void => {
    const now = address.get();
    if (!started || opened === now || (opened === null && !needed())) return;
    desk.get()?.close();
    desk.set(null);
    opened = now;
    if (now.at === 'known') void open(now);
  };
  const open = async (hub: HubAddress): Promise<void> => {
    let made: D | null = null;
    try {
      made = await openDesk();
    } catch (error) {
      reportError(error);
    }
    if (opened !== hub) made?.close();
    else if (made !== null) desk.set(made);
    // The next change is another try.
    else opened = null;
  };
  address.subscribe(consider);
  onChange(consider);
  return {
    desk,
    start() {
      started = true;
      consider();
    },
  };
}
