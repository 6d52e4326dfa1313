/**
 * The modes, in the order of the home screen. A new one is a folder with a screen, an entry here, and its texts under
 * `modes` in texts/en.ts and texts/es.ts.
 */
import { lazy, type ComponentType } from 'react';
import type { Texts } from '../texts';
import { BroadcastPicture, CallPicture, MagicPicture, MirrorPicture, RoomPicture } from './pictures';

export interface ModeScreenProps {
  /** What follows the mode in the route: `['watch', 'CHANNEL']` of `#/broadcast/watch/CHANNEL`. */
  readonly rest: readonly string[];
}

export interface Mode {
  /** Its route and its key in the texts. */
  readonly id: keyof Texts['modes'];
  /** The two that people come for get more room. */
  readonly prominent: boolean;
  readonly Picture: ComponentType;
  /** Null while it is on its way. */
  readonly Screen: ComponentType<ModeScreenProps> | null;
}

export const modes: readonly Mode[] = [
  {
    id: 'call',
    prominent: true,
    Picture: CallPicture,
    Screen: lazy(() => import('./call/call-screen')),
  },
  {
    id: 'broadcast',
    prominent: true,
    Picture: BroadcastPicture,
    Screen: lazy(() => import('./broadcast/broadcast-screen')),
  },
  {
    id: 'mirror',
    prominent: false,
    Picture: MirrorPicture,
    Screen: lazy(() => import('./mirror/mirror-screen')),
  },
  {
    id: 'magic',
    prominent: false,
    Picture: MagicPicture,
    Screen: lazy(() => import('./magic-mirror/magic-mirror-screen')),
  },
  {
    id: 'room',
    prominent: false,
    Picture: RoomPicture,
    Screen: lazy(() => import('./room/room-screen')),
  },
];
