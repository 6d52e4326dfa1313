import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { visibleBounds, WindowStateFile } from './window-state';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'callcast-window-'));
  file = path.join(folder, 'window.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const bounds = { x: 10, y: 20, width: 800, height: 600 };

it('remembers between starts', () => {
  new WindowStateFile(file).change({ bounds, theme: 'dark' });
  expect(new WindowStateFile(file).state).toEqual({ bounds, maximized: false, theme: 'dark' });
  expect(readdirSync(folder)).toEqual(['window.json']);
});

it('starts with defaults when the file is missing, broken or from somebody else', () => {
  const defaults = { bounds: null, maximized: false, theme: 'system' };
  expect(new WindowStateFile(file).state).toEqual(defaults);
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"bounds":{"x":1e9,"y":0,"width":1,"height":1},"theme":"pink"}',
  ]) {
    writeFileSync(file, text);
    expect(new WindowStateFile(file).state, text).toEqual(defaults);
  }
});

it('goes on when the file cannot be written', () => {
  const state = new WindowStateFile(path.join(folder, 'missing', 'window.json'));
  state.change({ theme: 'light' });
  expect(state.state.theme).toBe('light');
});

it('writes only what changed', () => {
  const state = new WindowStateFile(file);
  state.change({ bounds });
  writeFileSync(file, 'untouched');
  state.change({ bounds: { ...bounds } });
  expect(readFileSync(file, 'utf8')).toBe('untouched');
});

it('gives up a place on a display that is gone', () => {
  const display = { x: 0, y: 0, width: 1920, height: 1080 };
  expect(visibleBounds(bounds, [display])).toEqual(bounds);
  expect(visibleBounds({ ...bounds, x: 4000 }, [display])).toBeNull();
  expect(visibleBounds({ ...bounds, y: -500 }, [display])).toBeNull();
  expect(visibleBounds({ ...bounds, x: 4000 }, [display, { ...display, x: 3840 }])).not.toBeNull();
  expect(visibleBounds(null, [display])).toBeNull();
});
