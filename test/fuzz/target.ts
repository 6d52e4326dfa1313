/** What can be fuzzed: something of ours that takes bytes from outside, with good samples of them. */
import type { Random } from './random';

/** Takes one input. Returns, or raises one of the target's own faults; a promise may take its time. */
export type Run = (input: Buffer) => unknown;

export interface Episode {
  readonly run: Run;
  /** After the last input: lets go of what was built, and may check what has become of it. */
  readonly end?: () => unknown;
}

export interface Prepared {
  readonly samples: readonly Buffer[];
  readonly words?: readonly Buffer[];
  readonly text?: boolean;
  /** Largest input; the most that the layer below would pass on. */
  readonly maxBytes: number;
  /** After mutation: makes checksums and lengths right again (mostly), so that what lies behind them is reached, too. */
  readonly repair?: (input: Buffer, random: Random) => Buffer;
  /** Begins with fresh state. Without state, one episode lasts for ever. */
  readonly begin: (random: Random) => Episode | Promise<Episode>;
}

export interface Target {
  readonly name: string;
  /** What takes the bytes, for the table. */
  readonly about: string;
  /** In a full run, unless told otherwise. Cheap parsers get a million. */
  readonly inputs: number;
  /** Inputs that share state. */
  readonly episode: number;
  /** Errors that are an answer and not a failure. */
  readonly isFault: (error: unknown) => boolean;
  readonly prepare: () => Prepared | Promise<Prepared>;
}

export const MILLION = 1_000_000;
export const FOR_EVER = Number.POSITIVE_INFINITY;
export const none = (): boolean => false;

/** What must hold of a result. */
export function claim(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken promise: ${what}`);
}

export const words = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'latin1'));
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
