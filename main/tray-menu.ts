/**
 * What the tray says and offers in each state: a pure model, which tray.ts turns into Electron's menu. Its look follows
 * the session, since that is what one glances at it for.
 */
import type { SessionCommand, SessionKind, SessionState } from '../protocol/desktop';

export type TrayLook = 'idle' | 'ringing' | 'live' | 'muted';

export type TrayItem =
  | { readonly type: 'separator' }
  /** A line that only tells something. */
  | { readonly type: 'fact'; readonly label: string }
  | {
      readonly type: 'action';
      readonly id: TrayAction;
      readonly label: string;
      /** Shown beside it: the global shortcut that does the same. */
      readonly accelerator?: string;
      /** Set: a switch, and how it stands. */
      readonly checked?: boolean;
    };

export type TrayAction =
  SessionCommand | 'show' | 'quit' | 'do-not-disturb' | 'go-call' | 'go-broadcast' | 'go-room';

export interface TrayModel {
  readonly look: TrayLook;
  readonly tooltip: string;
  readonly items: readonly TrayItem[];
}

export interface TrayTexts {
  readonly show: string;
  readonly quit: string;
  readonly doNotDisturb: string;
  readonly ready: string;
  readonly ringing: (peer: string) => string;
  readonly accept: string;
  readonly decline: string;
  readonly mute: string;
  readonly unmute: string;
  readonly muted: string;
  readonly running: Readonly<Record<SessionKind, (peer: string | null) => string>>;
  readonly end: Readonly<Record<SessionKind, string>>;
  readonly go: { readonly call: string; readonly broadcast: string; readonly room: string };
}

export interface TrayOptions {
  readonly doNotDisturb: boolean;
  /** Accelerators of the global shortcuts that are registered now. */
  readonly shortcuts: { readonly mute?: string; readonly hangUp?: string };
}

const SEPARATOR: TrayItem = { type: 'separator' };

export function trayModel(state: SessionState, texts: TrayTexts, options: TrayOptions): TrayModel {
  const common: TrayItem[] = [
    SEPARATOR,
    {
      type: 'action',
      id: 'do-not-disturb',
      label: texts.doNotDisturb,
      checked: options.doNotDisturb,
    },
    SEPARATOR,
    { type: 'action', id: 'quit', label: texts.quit },
  ];
  const show: TrayItem = { type: 'action', id: 'show', label: texts.show };
  const said = sentence(state, texts);
  return {
    look: lookOf(state),
    tooltip: `Callcast · ${said}`,
    items: [{ type: 'fact', label: said }, SEPARATOR, ...actions(state, texts, options), show, ...common],
  };
}

function actions(state: SessionState, texts: TrayTexts, { shortcuts }: TrayOptions): TrayItem[] {
  switch (state.at) {
    case 'idle':
      return [
        { type: 'action', id: 'go-call', label: texts.go.call },
        { type: 'action', id: 'go-broadcast', label: texts.go.broadcast },
        { type: 'action', id: 'go-room', label: texts.go.room },
        SEPARATOR,
      ];
    case 'ringing':
      return [
        { type: 'action', id: 'accept', label: texts.accept },
        { type: 'action', id: 'decline', label: texts.decline },
        SEPARATOR,
      ];
    case 'running': {
      const { mute, hangUp } = shortcuts;
      const toggle: TrayItem = {
        type: 'action',
        id: 'toggle-mute',
        label: state.muted === true ? texts.unmute : texts.mute,
        ...(mute === undefined ? {} : { accelerator: mute }),
      };
      const end: TrayItem = {
        type: 'action',
        id: 'hang-up',
        label: texts.end[state.kind],
        ...(hangUp === undefined ? {} : { accelerator: hangUp }),
      };
      return [...(state.muted === null ? [] : [toggle]), end, SEPARATOR];
    }
  }
}

function lookOf(state: SessionState): TrayLook {
  if (state.at !== 'running') return state.at;
  return state.muted === true ? 'muted' : 'live';
}

function sentence(state: SessionState, texts: TrayTexts): string {
  if (state.at === 'idle') return texts.ready;
  if (state.at === 'ringing') return texts.ringing(state.peer);
  const running = texts.running[state.kind](state.peer);
  return state.muted === true ? `${running} · ${texts.muted}` : running;
}
