/** When a frame was at the camera and when it came back decoded, told by the number that test/support/face-camera draws. */
import { FRAMES } from '../test/support/face-camera';

/** A frame's number and the page's clock when it was there. */
type Sighting = readonly [number, number];
export interface Seen {
  readonly local: readonly Sighting[];
  readonly remote: readonly Sighting[];
}

/**
 * Runs in the page, so it may use nothing of this file: reads frame numbers off the camera and off the track that the
 * page's video element shows, as soon as each frame is there; nothing waits for the screen.
 */
export async function watchFrames({ seconds, cell }: { seconds: number; cell: number }): Promise<Seen> {
  // Chromium's reader of a track's frames; TypeScript's library does not know it yet.
  interface Frame {
    allocationSize(options: object): number;
    copyTo(to: Uint8Array, options: object): Promise<unknown>;
    close(): void;
  }
  const { MediaStreamTrackProcessor } = globalThis as unknown as {
    MediaStreamTrackProcessor: new (options: { track: MediaStreamTrack }) => {
      readable: ReadableStream<Frame>;
    };
  };
  const camera = await navigator.mediaDevices.getUserMedia({
    video: { width: 640, height: 480, frameRate: 30 },
  });
  const returned = (document.querySelector('video')!.srcObject as MediaStream).getVideoTracks()[0]!;
  const ends = performance.now() + seconds * 1000;
  const read = async (track: MediaStreamTrack) => {
    const seen: [number, number][] = [];
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    const rect = { x: 0, y: 480 - cell, width: 6 * cell, height: cell };
    while (performance.now() < ends) {
      const { value: frame } = await reader.read();
      if (!frame) break;
      const at = performance.now();
      const pixels = new Uint8Array(frame.allocationSize({ rect }));
      await frame.copyTo(pixels, { rect });
      frame.close();
      // The brightness plane comes first: the middles of six cells.
      let number = 0;
      for (let bit = 0; bit < 6; bit++)
        number = number * 2 + (pixels[(cell / 2) * 6 * cell + bit * cell + cell / 2]! > 127 ? 1 : 0);
      seen.push([number, at]);
    }
    await reader.cancel();
    return seen;
  };
  const [local, remote] = await Promise.all([read(camera.getVideoTracks()[0]!), read(returned.clone())]);
  for (const track of camera.getTracks()) track.stop();
  return { local, remote };
}

/** Milliseconds from a frame at the camera to the same frame decoded. */
export function delays({ local, remote }: Seen): number[] {
  return remote.flatMap(([number, at]) => {
    // The camera repeats after FRAMES / 30 s: the latest of that number before this one.
    const shown = local.findLast(([candidate, when]) => candidate === number && when <= at);
    return shown && at - shown[1] < (FRAMES / 30) * 500 ? [at - shown[1]] : [];
  });
}
