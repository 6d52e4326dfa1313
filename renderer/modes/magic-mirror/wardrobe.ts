/**
 * What one wears in the magic mirror: the chosen overlay and where each one sits, remembered on this device. Which
 * overlays there are is the hub's word; stored text is guarded like any other input.
 */
import * as v from 'valibot';
import { MAX_NAME_LENGTH } from '../../../protocol/limits';
import type { Overlay } from '../../../protocol/signaling';
import { Cell, type Store } from '../../store';

/** In sizes of the face, as people think of it: 1 is one face width across, or one face height up. */
export interface Placement {
  /** From the middle of the face to the middle of the overlay, to the right. */
  readonly across: number;
  /** The same, upwards. */
  readonly up: number;
  readonly width: number;
  readonly height: number;
}
export type PlacementField = keyof Placement;

/** What sliders offer; all of it is far inside what the wire allows. */
export const RANGES: Record<PlacementField, { readonly min: number; readonly max: number }> = {
  across: { min: -1, max: 1 },
  up: { min: -1, max: 2 },
  width: { min: 0.4, max: 3 },
  height: { min: 0.4, max: 3 },
};

/** Measured on faces: brims lie over the forehead, lenses over the eyes. */
const FITTED: ReadonlyMap<string, Placement> = new Map([
  ['top-hat', { across: 0, up: 0.98, width: 1.6, height: 1.4 }],
  ['party-hat', { across: 0, up: 0.96, width: 1.15, height: 1.15 }],
  ['crown', { across: 0, up: 0.78, width: 1.3, height: 1.1 }],
  ['cat-ears', { across: 0, up: 0.52, width: 1.45, height: 1.3 }],
  ['sunglasses', { across: 0, up: 0.12, width: 1.1, height: 1.05 }],
]);
/** For an overlay that this version does not know: on top, like most hats. */
const ON_TOP: Placement = { across: 0, up: 0.9, width: 1.5, height: 1.5 };

export function fittedPlacement(name: string): Placement {
  return FITTED.get(name) ?? ON_TOP;
}

/** In the filter's terms: the left upper corner and the size, as fractions of the face. */
export function overlayOf(image: string, { across, up, width, height }: Placement): Overlay {
  return {
    image,
    offsetXPercent: round(0.5 + across - width / 2),
    offsetYPercent: round(0.5 - up - height / 2),
    widthPercent: round(width),
    heightPercent: round(height),
  };
}

export interface WardrobeState {
  /** Null: nothing on. Undefined: never chosen. */
  readonly chosen: string | null | undefined;
  /** Only what was moved by hand. */
  readonly placements: ReadonlyMap<string, Placement>;
}

const within = ({ min, max }: { readonly min: number; readonly max: number }) =>
  v.pipe(v.number(), v.minValue(min), v.maxValue(max));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NAME_LENGTH));
const placement = v.object({
  across: within(RANGES.across),
  up: within(RANGES.up),
  width: within(RANGES.width),
  height: within(RANGES.height),
});
/** More than the hub ever lists by itself. */
const MAX_PLACEMENTS = 50;
const schema = v.object({
  chosen: v.fallback(v.nullish(name), undefined),
  placements: v.fallback(v.pipe(v.array(v.tuple([name, placement])), v.maxLength(MAX_PLACEMENTS)), []),
});

const KEY = 'callcast.wardrobe';

export class Wardrobe implements Store<WardrobeState> {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>;
  readonly #cell: Cell<WardrobeState>;

  /** `storage` may refuse: then choices last as long as the page. */
  constructor(storage: Pick<Storage, 'getItem' | 'setItem'>) {
    this.#storage = storage;
    this.#cell = new Cell(read(storage));
  }

  readonly get = (): WardrobeState => this.#cell.get();
  readonly subscribe = (listener: () => void): (() => void) => this.#cell.subscribe(listener);

  /** What is on, out of what there is: the choice where it is there, a first one for who never chose. */
  chosenOf(available: readonly string[]): string | null {
    const { chosen } = this.get();
    if (chosen === null) return null;
    if (chosen !== undefined && available.includes(chosen)) return chosen;
    return available.includes('top-hat') ? 'top-hat' : (available[0] ?? null);
  }

  placementOf(overlay: string): Placement {
    return this.get().placements.get(overlay) ?? fittedPlacement(overlay);
  }

  /** As the wire wants it; null for nothing. */
  overlay(available: readonly string[]): Overlay | null {
    const chosen = this.chosenOf(available);
    return chosen === null ? null : overlayOf(chosen, this.placementOf(chosen));
  }

  wear(chosen: string | null): void {
    this.#change({ ...this.get(), chosen });
  }

  move(overlay: string, field: PlacementField, value: number): void {
    const { min, max } = RANGES[field];
    if (!Number.isFinite(value)) return;
    const moved = { ...this.placementOf(overlay), [field]: Math.min(max, Math.max(min, value)) };
    this.#change({ ...this.get(), placements: new Map(this.get().placements).set(overlay, moved) });
  }

  /** Back to where it sits by itself. */
  reset(overlay: string): void {
    const placements = new Map(this.get().placements);
    placements.delete(overlay);
    this.#change({ ...this.get(), placements });
  }

  #change(state: WardrobeState): void {
    this.#cell.set(state);
    try {
      const { chosen, placements } = state;
      this.#storage.setItem(
        KEY,
        JSON.stringify({ chosen, placements: [...placements].slice(-MAX_PLACEMENTS) }),
      );
    } catch {
      // Nothing to tell the user: the choice holds for now.
    }
  }
}

function read(storage: Pick<Storage, 'getItem'>): WardrobeState {
  let raw: unknown = null;
  try {
    raw = JSON.parse(storage.getItem(KEY) ?? '{}');
  } catch {
    // Unreadable means unset.
  }
  const result = v.safeParse(schema, raw);
  return result.success
    ? { chosen: result.output.chosen, placements: new Map(result.output.placements) }
    : { chosen: undefined, placements: new Map() };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
