/** Which speaker plays: the chosen one while it is there. Browsers do not return to one that was unplugged by themselves. */
import type { Store } from '../store';
import type { Device, DeviceList } from './devices';

/** Empty for the system's choice. */
export function speakerInUse(speakers: readonly Device[], chosen: string): string {
  // Before any permission, browsers name none of them.
  return speakers.length === 0 || speakers.some(({ id }) => id === chosen) ? chosen : '';
}

/** The speaker in use as a store, for sound that lasts: other devices and other wishes change it. */
export function followedSpeaker(
  devices: Store<DeviceList>,
  /** Hears of every change of what `chosen` answers. */
  wishes: Pick<Store<unknown>, 'subscribe'>,
  /** The wished ones, the dearest first; empty for the system's choice. */
  chosen: () => readonly string[],
): Store<string> {
  return {
    get() {
      const { speakers } = devices.get();
      const there = chosen().find((id) => id === '' || speakerInUse(speakers, id) === id);
      return there ?? '';
    },
    subscribe(listener) {
      const ends = [devices.subscribe(listener), wishes.subscribe(listener)];
      return () => {
        for (const end of ends) end();
      };
    },
  };
}

/** What can play on a chosen speaker; some browsers know only the system's choice. */
export interface SpeakerTarget {
  setSinkId?(id: string): Promise<unknown>;
}

/**
 * Keeps a target on the speaker in use, from now on. Answers its end.
 * @param onMoved it plays elsewhere now
 */
export function playOn(target: SpeakerTarget, speaker: Store<string>, onMoved?: () => void): () => void {
  // Where everything plays at first.
  let at = '';
  const move = (): void => {
    const wanted = speaker.get();
    if (wanted === at || target.setSinkId === undefined) return;
    at = wanted;
    // One that cannot be opened after all: what plays goes on where it is.
    target.setSinkId(wanted).then(onMoved, () => undefined);
  };
  move();
  return speaker.subscribe(move);
}

/** Tells when the chosen speaker goes away and when it comes back; another choice is no news. Answers its end. */
export function followSpeaker(
  devices: Store<DeviceList>,
  chosen: () => string,
  onChange: (change: 'replaced' | 'returned') => void,
): () => void {
  let before = devices.get().speakers;
  let away = '';
  return devices.subscribe(() => {
    const { speakers } = devices.get();
    // Nothing is known, or nothing is left that could step in.
    if (speakers.length === 0) return;
    const wanted = chosen();
    const was = before.some(({ id }) => id === wanted);
    const is = speakers.some(({ id }) => id === wanted);
    before = speakers;
    if (was && !is) {
      away = wanted;
      onChange('replaced');
    } else if (is && away === wanted) {
      away = '';
      onChange('returned');
    }
  });
}
