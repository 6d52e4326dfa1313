import { expect, it } from 'vitest';
import type { SessionState } from '../protocol/desktop';
import { desktopTextsFor } from './desktop-texts';
import { trayModel, type TrayModel } from './tray-menu';

const texts = desktopTextsFor('en').tray;
const show = (state: SessionState, options: Partial<Parameters<typeof trayModel>[2]> = {}): TrayModel =>
  trayModel(state, texts, { doNotDisturb: false, shortcuts: {}, ...options });
const labels = (model: TrayModel): string[] =>
  model.items.flatMap((item) => (item.type === 'separator' ? [] : [item.label]));
const call = {
  at: 'running',
  kind: 'call',
  peer: 'Ana',
  since: 1,
  muted: false,
} as const satisfies SessionState;

it('leads to the modes while nothing runs', () => {
  const model = show({ at: 'idle' });
  expect(model.look).toBe('idle');
  expect(model.tooltip).toBe('Callcast · Ready');
  expect(labels(model)).toEqual([
    'Ready',
    'Call somebody …',
    'Broadcasts …',
    'Enter a room …',
    'Show Callcast',
    'Do not disturb',
    'Quit Callcast',
  ]);
});

it('answers a call', () => {
  const model = show({ at: 'ringing', peer: 'Ana', silent: false });
  expect(model.look).toBe('ringing');
  expect(labels(model).slice(0, 3)).toEqual(['Ana is calling', 'Accept', 'Decline']);
});

it('mutes and hangs up, with the keys that do the same', () => {
  const model = show(call, { shortcuts: { mute: 'Ctrl+M', hangUp: 'Ctrl+H' } });
  expect(model.look).toBe('live');
  expect(model.items).toContainEqual({
    type: 'action',
    id: 'toggle-mute',
    label: 'Mute microphone',
    accelerator: 'Ctrl+M',
  });
  expect(model.items).toContainEqual({
    type: 'action',
    id: 'hang-up',
    label: 'Hang up',
    accelerator: 'Ctrl+H',
  });
});

it('tells that one is muted, and offers the opposite', () => {
  const model = show({ ...call, muted: true });
  expect(model.look).toBe('muted');
  expect(labels(model).slice(0, 2)).toEqual(['In a call with Ana · muted', 'Unmute microphone']);
});

it('offers no microphone where there is none', () => {
  expect(labels(show({ ...call, kind: 'watch', peer: null, muted: null }))).toEqual([
    'Watching',
    'Stop watching',
    'Show Callcast',
    'Do not disturb',
    'Quit Callcast',
  ]);
});

it('has a switch for not being disturbed, and words for every kind of session in each language', () => {
  const model = show(call, { doNotDisturb: true });
  expect(model.items).toContainEqual(expect.objectContaining({ id: 'do-not-disturb', checked: true }));
  for (const language of ['en', 'es-MX', 'fr']) {
    const { tray } = desktopTextsFor(language);
    for (const kind of ['mirror', 'magic', 'present', 'watch', 'call', 'room'] as const) {
      for (const peer of ['Ana', null]) expect(tray.running[kind](peer)).not.toMatch(/null|undefined|^$/);
      expect(tray.end[kind]).not.toBe('');
    }
  }
});
