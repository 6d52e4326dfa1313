/** The face overlay's worker as a file that Node can run. */
import path from 'node:path';
import type { FaceOverlayFiles } from '../../media-server/filters/face-overlay-files';
import { bundleWorker } from './bundle-worker';

const models = path.resolve(import.meta.dirname, '../../node_modules/@mediapipe/face_detection');

export interface BundledOverlayWorker {
  readonly files: FaceOverlayFiles;
  /** Deletes the bundle. */
  close(): Promise<void>;
}

export async function bundleOverlayWorker(): Promise<BundledOverlayWorker> {
  const bundled = await bundleWorker('media-server/filters/face-overlay-worker.ts');
  return {
    files: {
      worker: bundled.file,
      fullRangeModel: path.join(models, 'face_detection_full_range.tflite'),
      shortRangeModel: path.join(models, 'face_detection_short_range.tflite'),
    },
    close: () => bundled.close(),
  };
}
