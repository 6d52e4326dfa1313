/** What of oneself can be seen and heard now, out of one's devices; the same object as long as nothing changes. */
import type { SeenAndHeard } from '../../protocol/signaling';
import { Cell, type Store } from '../store';
import type { LocalMedia } from './local-media';
import type { OutgoingMedia } from './outgoing-media';

export interface OwnPresence extends Store<SeenAndHeard> {
  close(): void;
}

export function followPresence(
  media: Pick<LocalMedia, 'get' | 'subscribe'>,
  outgoing: Pick<OutgoingMedia, 'get' | 'subscribe'>,
): OwnPresence {
  const read = (): SeenAndHeard => {
    const { camera, microphone, muted } = media.get();
    return {
      camera: camera.at === 'on',
      microphone: microphone.at === 'on' && !muted,
      screen: outgoing.get().at === 'on',
    };
  };
  const cell = new Cell(read());
  const changed = (): void => {
    const [before, now] = [cell.get(), read()];
    const same =
      before.camera === now.camera && before.microphone === now.microphone && before.screen === now.screen;
    if (!same) cell.set(now);
  };
  const ends = [media.subscribe(changed), outgoing.subscribe(changed)];
  return {
    get: cell.get,
    subscribe: cell.subscribe,
    close() {
      for (const end of ends) end();
    },
  };
}
