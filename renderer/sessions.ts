/**
 * What runs in this page, whoever runs it: the desktop hears of the most urgent of it, the shell asks before a screen is
 * left whose session would end with it or before something begins that a call ends for, and a browser asks before the
 * page goes.
 */
import type { SessionCommand, SessionState } from '../protocol/desktop';
import type { Desktop } from './desktop/desktop';
import type { Route } from './router';
import { Cell, type Store } from './store';

export type SessionControls = { readonly [K in SessionCommand]?: () => void };
export type RunningState = Extract<SessionState, { at: 'running' }>;

export interface SessionSlot {
  set(state: SessionState, controls: SessionControls): void;
  /** Idempotent. */
  close(): void;
}

/** What sends one's own picture and sound somewhere: beside a call, both would hear the other. */
export type BeginningKind = Exclude<RunningState['kind'], 'call' | 'watch'>;

/** Something that the user wants to begin while a call goes on. */
export interface Beginning {
  readonly kind: BeginningKind;
  /** The other one in that call. */
  readonly peer: string;
  readonly start: () => void;
}

export interface Sessions {
  /** What runs now, the oldest first; the same objects as long as nothing about them changes. */
  readonly running: Store<readonly RunningState[]>;
  /** What waits for the user's word; null when nothing does. */
  readonly beginning: Store<Beginning | null>;
  /** Starts it at once, or, during a call, once the user has agreed that the call ends. */
  begin(kind: BeginningKind, start: () => void): void;
  /** The user's word: the call ends and the other thing starts, or everything stays as it is. */
  decide(instead: boolean): void;
  /** A place for one session; its owner closes it. */
  open(): SessionSlot;
  /** Ends what runs, as its own button does. */
  end(state: RunningState): void;
}

interface Slot {
  state: SessionState;
  controls: SessionControls;
}

const IDLE: SessionState = { at: 'idle' };

export function openSessions(desktop: Pick<Desktop, 'report' | 'onCommand'>): Sessions {
  const slots = new Set<Slot>();
  const running = new Cell<readonly RunningState[]>([]);
  const beginning = new Cell<Beginning | null>(null);
  const ongoingCall = (): RunningState | undefined => running.get().find(({ kind }) => kind === 'call');
  const end = (wanted: RunningState): void => {
    for (const { state, controls } of [...slots]) if (state === wanted) controls['hang-up']?.();
  };
  const told = (): void => {
    const now = [...slots].flatMap(({ state }) => (state.at === 'running' ? [state] : []));
    const before = running.get();
    if (now.length !== before.length || now.some((state, index) => state !== before[index])) running.set(now);
    // It ended by itself: there is nothing to ask any more.
    if (ongoingCall() === undefined) beginning.set(null);
    desktop.report(mostUrgent(slots)?.state ?? IDLE);
  };
  desktop.onCommand((command) => {
    mostUrgent(slots)?.controls[command]?.();
  });
  return {
    running,
    beginning,
    begin(kind, start) {
      const call = ongoingCall();
      if (call === undefined) start();
      else beginning.set({ kind, peer: call.peer ?? '', start });
    },
    decide(instead) {
      const asked = beginning.get();
      beginning.set(null);
      const call = ongoingCall();
      if (asked === null || !instead) return;
      if (call !== undefined) end(call);
      asked.start();
    },
    open() {
      const slot: Slot = { state: IDLE, controls: {} };
      return {
        set(state, controls) {
          slot.controls = controls;
          slots.add(slot);
          if (JSON.stringify(state) === JSON.stringify(slot.state)) return;
          slot.state = state;
          told();
        },
        close() {
          if (slots.delete(slot)) told();
        },
      };
    },
    end,
  };
}

/** Somebody who waits for an answer, then somebody one talks with, then what began last. */
function mostUrgent(slots: ReadonlySet<Slot>): Slot | undefined {
  const all = [...slots].filter(({ state }) => state.at !== 'idle').reverse();
  return (
    all.find(({ state }) => state.at === 'ringing') ??
    all.find(({ state }) => state.at === 'running' && state.kind === 'call') ??
    all[0]
  );
}

/** Whether a session is over once its screen is left for another route; those whose end nobody minds are not asked for. */
export function endsAt({ kind, peer }: RunningState, { mode, rest }: Route): boolean {
  switch (kind) {
    case 'call': // goes on in the shell
    case 'watch':
      return false;
    case 'mirror':
    case 'magic':
      return mode !== kind;
    case 'present':
      return mode !== 'broadcast' || rest[0] !== 'present';
    case 'room':
      return mode !== 'room' || rest[0] !== peer;
  }
}

/** Whether somebody else is cut off when the page goes. */
export function isShared({ kind }: RunningState): boolean {
  return kind === 'call' || kind === 'present' || kind === 'room';
}
