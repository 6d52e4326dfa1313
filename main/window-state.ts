/**
 * Remembers the window's place and the theme between starts, in one small file. Losing it costs nothing but a default, so
 * an unreadable file is simply replaced; writing is atomic all the same.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Rectangle } from 'electron';
import * as v from 'valibot';
import type { Theme } from '../protocol/ipc';

const MIN_WIDTH = 360;
const MIN_HEIGHT = 480;
const coordinate = v.pipe(v.number(), v.integer(), v.minValue(-100_000), v.maxValue(100_000));
const stored = v.object({
  bounds: v.fallback(
    v.nullable(
      v.object({
        x: coordinate,
        y: coordinate,
        width: v.pipe(coordinate, v.minValue(MIN_WIDTH)),
        height: v.pipe(coordinate, v.minValue(MIN_HEIGHT)),
      }),
    ),
    null,
  ),
  maximized: v.fallback(v.boolean(), false),
  theme: v.fallback(v.picklist(['system', 'light', 'dark']), 'system'),
});

export interface WindowState {
  /** Null until the window has been moved or resized once. */
  readonly bounds: Rectangle | null;
  readonly maximized: boolean;
  readonly theme: Theme;
}

const DEFAULT: WindowState = { bounds: null, maximized: false, theme: 'system' };
export const MINIMUM_SIZE = { width: MIN_WIDTH, height: MIN_HEIGHT };

export class WindowStateFile {
  readonly #file: string;
  #state: WindowState;

  constructor(file: string) {
    this.#file = file;
    this.#state = read(file);
  }

  get state(): WindowState {
    return this.#state;
  }

  change(patch: Partial<WindowState>): void {
    const next = { ...this.#state, ...patch };
    if (JSON.stringify(next) === JSON.stringify(this.#state)) return;
    this.#state = next;
    try {
      writeFileSync(`${this.#file}.new`, JSON.stringify(next), { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    } catch {
      // A full or read-only disk: the choice holds for this run.
    }
  }
}

/** A window must be reachable: enough of its title bar on a display that is there today, else the default place. */
export function visibleBounds(bounds: Rectangle | null, displays: readonly Rectangle[]): Rectangle | null {
  if (bounds === null) return null;
  const grip = { x: bounds.x + 40, y: bounds.y, width: Math.max(bounds.width - 80, 1), height: 30 };
  return displays.some((area) => overlap(grip, area) >= 80 * 20) ? bounds : null;
}

function overlap(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(width, 0) * Math.max(height, 0);
}

function read(file: string): WindowState {
  try {
    const result = v.safeParse(stored, JSON.parse(readFileSync(file, 'utf8')));
    return result.success ? result.output : DEFAULT;
  } catch {
    return DEFAULT;
  }
}
