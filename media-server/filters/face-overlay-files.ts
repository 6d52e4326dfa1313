/** Where the parts of the filter are on disk: only whoever bundled the server knows. */
import { access, constants } from 'node:fs/promises';
import path from 'node:path';

export interface FaceOverlayFiles {
  /** face-overlay-worker, as a file that Node can run. */
  readonly worker: string;
  /** BlazeFace for the whole picture and for the neighbourhood of a face, from @mediapipe/face_detection. */
  readonly fullRangeModel: string;
  readonly shortRangeModel: string;
}

/** The names under which the build puts them into one folder. */
export function faceOverlayFilesIn(folder: string): FaceOverlayFiles {
  return {
    worker: path.join(folder, 'face-overlay-worker.cjs'),
    fullRangeModel: path.join(folder, 'face_detection_full_range.tflite'),
    shortRangeModel: path.join(folder, 'face_detection_short_range.tflite'),
  };
}

/** Undefined when one of them is missing, as in a server that runs from its sources. */
export async function findFaceOverlayFiles(folder: string): Promise<FaceOverlayFiles | undefined> {
  const files = faceOverlayFilesIn(folder);
  const there = await Promise.all(
    Object.values(files).map((file: string) =>
      access(file, constants.R_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return there.every(Boolean) ? files : undefined;
}
