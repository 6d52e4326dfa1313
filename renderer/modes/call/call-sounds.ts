/** What is heard of a call besides the other side: a pure choice from its states, and a player that follows them. */
import type { CallState } from '../../../protocol/call';
import type { ToneName } from '../../media/tones';

/** The tone that lasts as long as a state does. */
export function lastingTone(state: CallState): ToneName | null {
  if (state.at === 'ringing') return 'ringtone';
  return state.at === 'dialing' && state.ringing ? 'ringback' : null;
}

/** The short tone of a step. */
export function passingTone(from: CallState, to: CallState): ToneName | null {
  if (from.at === to.at) return null;
  if (to.at === 'live' && from.at === 'connecting') return 'connected';
  if (to.at !== 'ended') return null;
  // Who ends it themselves hears silence; that is what they asked for.
  if (to.why === 'hung-up' || to.why === 'cancelled' || to.why === 'declined' || to.why === 'missed')
    return null;
  return to.why === 'peer-hung-up' ? 'ended' : 'refused';
}

/** Plays `tone` and answers how to stop it. */
export type Play = (tone: ToneName) => () => void;

export interface CallSounds {
  step(from: CallState, to: CallState): void;
  close(): void;
}

export function openCallSounds(play: Play): CallSounds {
  let lasting: { readonly tone: ToneName; readonly stop: () => void } | null = null;
  const turnTo = (tone: ToneName | null): void => {
    if (lasting?.tone === tone) return;
    lasting?.stop();
    lasting = tone === null ? null : { tone, stop: play(tone) };
  };
  return {
    step(from, to) {
      turnTo(lastingTone(to));
      const passing = passingTone(from, to);
      if (passing !== null) play(passing);
    },
    close() {
      turnTo(null);
    },
  };
}
