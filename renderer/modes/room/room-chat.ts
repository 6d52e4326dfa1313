/** What was written in a room: bounded, kept while one stays in it, gone with it. */
import { MAX_CHANNEL_BURST, MAX_CHANNEL_RATE } from '../../../protocol/room-channel';
import { Cell, type Store } from '../../store';
import type { Timers } from '../../timers';

export interface ChatEntry {
  readonly key: number;
  readonly from: 'me' | 'other';
  readonly text: string;
  /** Milliseconds since 1970, by this side's clock. */
  readonly at: number;
}

export interface ChatState {
  /** The other one can be written to now. */
  readonly open: boolean;
  readonly entries: readonly ChatEntry[];
  readonly unread: number;
}

/** A long evening; what is older leaves at the top. */
const MAX_ENTRIES = 500;
const EMPTY: ChatState = { open: false, entries: [], unread: 0 };

export class RoomChat implements Store<ChatState> {
  readonly #cell = new Cell<ChatState>(EMPTY);
  readonly #timers: Timers;
  #last = 0;
  /** Messages that the other one may still send at once; refills with time. */
  #allowance = MAX_CHANNEL_BURST;
  #refilledAt: number;

  constructor(timers: Timers) {
    this.#timers = timers;
    this.#refilledAt = timers.now();
  }

  readonly get = (): ChatState => this.#cell.get();
  readonly subscribe = (listener: () => void): (() => void) => this.#cell.subscribe(listener);

  setOpen(open: boolean): void {
    this.#cell.update((state) => (state.open === open ? state : { ...state, open }));
  }

  wrote(text: string): void {
    this.#add('me', text);
  }

  /** False when the other one writes faster than anybody reads: the message is dropped. */
  heard(text: string): boolean {
    if (!this.#admit()) return false;
    this.#add('other', text);
    return true;
  }

  read(): void {
    this.#cell.update((state) => (state.unread === 0 ? state : { ...state, unread: 0 }));
  }

  clear(): void {
    this.#cell.set(EMPTY);
  }

  #add(from: ChatEntry['from'], text: string): void {
    this.#last += 1;
    const entry: ChatEntry = { key: this.#last, from, text, at: this.#timers.now() };
    this.#cell.update((state) => ({
      ...state,
      entries: [...state.entries, entry].slice(-MAX_ENTRIES),
      unread: from === 'other' ? state.unread + 1 : state.unread,
    }));
  }

  #admit(): boolean {
    const now = this.#timers.now();
    const refill = ((now - this.#refilledAt) / 1000) * MAX_CHANNEL_RATE;
    this.#allowance = Math.min(MAX_CHANNEL_BURST, this.#allowance + Math.max(0, refill));
    this.#refilledAt = now;
    if (this.#allowance < 1) return false;
    this.#allowance -= 1;
    return true;
  }
}
