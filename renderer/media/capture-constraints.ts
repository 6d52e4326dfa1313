/** What camera and microphone are asked for, as the settings say; which device is another question. */
import type { Settings } from '../../protocol/settings';
import type { DeviceKind } from './device-failure';

type Tuning = Pick<Settings, 'cameraLines' | 'echoCancellation' | 'noiseSuppression' | 'autoGainControl'>;

/** Ideals, no demands: a camera that has less gives what it has. 30 fps is what moves like life. */
export function captureConstraints(kind: DeviceKind, tuning: Tuning): MediaTrackConstraints {
  if (kind === 'camera') {
    const height = tuning.cameraLines;
    return {
      width: { ideal: Math.round((height * 16) / 9) },
      height: { ideal: height },
      frameRate: { ideal: 30 },
    };
  }
  const { echoCancellation, noiseSuppression, autoGainControl } = tuning;
  return { echoCancellation, noiseSuppression, autoGainControl };
}
