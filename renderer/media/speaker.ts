/** Which speaker plays: the chosen one while it is there. Browsers do not return to one that was unplugged by themselves. */
import type { Store } from '../store';
import type { Device, DeviceList } from './devices';

/** Empty for the system's choice. */
export function speakerInUse(speakers: readonly Device[], chosen: string): string {
  // Before any permission, browsers name none of them.
  return speakers.length === 0 || speakers.some(({ id }) => id === chosen) ? chosen : '';
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
