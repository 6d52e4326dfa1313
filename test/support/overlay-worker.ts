/** The face overlay's worker as a file that Node can run, bundled for tests and benchmarks that run the sources. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'vite';
import type { FaceOverlayFiles } from '../../media-server/filters/face-overlay-files';

const root = path.resolve(import.meta.dirname, '../..');
const models = path.join(root, 'node_modules/@mediapipe/face_detection');

export interface BundledOverlayWorker {
  readonly files: FaceOverlayFiles;
  /** Deletes the bundle. */
  close(): Promise<void>;
}

export async function bundleOverlayWorker(): Promise<BundledOverlayWorker> {
  // Inside the checkout, so that the bundle finds the packages that stay outside of it.
  const cache = path.join(root, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, 'overlay-worker-'));
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: path.join(root, 'media-server/filters/face-overlay-worker.ts'),
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rollupOptions: { output: { format: 'es', entryFileNames: 'worker.mjs' } },
    },
  });
  return {
    files: {
      worker: path.join(folder, 'worker.mjs'),
      fullRangeModel: path.join(models, 'face_detection_full_range.tflite'),
      shortRangeModel: path.join(models, 'face_detection_short_range.tflite'),
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
