/** Whether a connection brings pictures at all: a camera that is off at the other side leaves only its last frame. */
import { useEffect, useRef, useState } from 'react';
import type { ConnectionStats } from '../media/connection-stats';

/** Reports, one per second, without a new frame until the last one counts as no picture; a freeze is shorter. */
const PATIENCE = 4;

/** True once no picture has come for a while; false as soon as one does. Before the first report, false. */
export function useIsMuteOfPictures(stats: ConnectionStats | null): boolean {
  const [mute, setMute] = useState(false);
  const last = useRef({ frames: -1, reports: 0 });
  useEffect(() => {
    if (stats === null) {
      last.current = { frames: -1, reports: 0 };
      setMute(false);
      return;
    }
    const { frames, reports } = last.current;
    const still = stats.framesDecoded === frames;
    last.current = { frames: stats.framesDecoded, reports: still ? reports + 1 : 0 };
    setMute(still && reports + 1 >= PATIENCE);
  }, [stats]);
  return mute;
}
