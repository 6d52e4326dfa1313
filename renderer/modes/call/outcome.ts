/** What is said of a call that is over: on the screen right after it, and in the list of recent calls. */
import type { CallOutcome } from '../../../protocol/call';
import type { Texts } from '../../texts';

/** One or two words for a list. */
export function outcomeWord(outcome: CallOutcome, texts: Texts): string {
  const words: Partial<Record<CallOutcome, string>> = texts.call.outcomes;
  return words[outcome] ?? texts.call.failed;
}

export interface EndNotice {
  readonly tone: 'info' | 'warn' | 'bad';
  readonly title: string;
  /** What to do about it; empty where nothing is to be done. */
  readonly advice: string;
}

export function endNotice(outcome: CallOutcome, peer: string, texts: Texts): EndNotice {
  const sentences: Partial<Record<CallOutcome, (name: string) => string>> = texts.call.ended;
  const sentence = sentences[outcome]?.(peer);
  switch (outcome) {
    case 'hung-up':
    case 'peer-hung-up':
    case 'cancelled':
    case 'declined':
    case 'missed':
      return { tone: 'info', title: sentence ?? '', advice: '' };
    default: {
      const { title, advice } = texts.errors[outcome];
      return { tone: sentence === undefined ? 'bad' : 'warn', title: sentence ?? title, advice };
    }
  }
}
