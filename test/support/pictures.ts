/** Proof of media: what a page's video elements really show, frame by frame. */
import type { Locator } from 'playwright-core';
import { until } from './until';

/** Frames decoded so far by a `<video>`, and its picture's size. */
export function decoded(video: Locator): Promise<{ frames: number; width: number; height: number }> {
  return video.evaluate((element) => {
    const { videoWidth: width, videoHeight: height } = element as HTMLVideoElement;
    const { totalVideoFrames } = (element as HTMLVideoElement).getVideoPlaybackQuality();
    return { frames: totalVideoFrames, width, height };
  });
}

/** A small copy of the picture as shown now: brightness of 16 × 12 points. Empty while there is no picture. */
function thumbnail(video: Locator): Promise<number[]> {
  return video.evaluate((element) => {
    const source = element as HTMLVideoElement;
    if (source.videoWidth === 0) return [];
    const canvas = document.createElement('canvas');
    canvas.width = 16;
    canvas.height = 12;
    const context = canvas.getContext('2d');
    if (!context) return [];
    context.drawImage(source, 0, 0, 16, 12);
    const { data } = context.getImageData(0, 0, 16, 12);
    return Array.from({ length: 192 }, (_, index) => data[index * 4 + 1] ?? 0);
  });
}

/** Waits until the video has decoded new frames and its picture has changed: it is alive, not merely connected. */
export async function untilMoving(video: Locator, timeout = 15_000): Promise<void> {
  await video.waitFor({ state: 'attached', timeout });
  const before = await decoded(video);
  let first: number[] = [];
  await until(async () => {
    const { frames, width } = await decoded(video);
    if (width === 0) return 'no picture yet';
    if (frames < before.frames + 5) return `${frames - before.frames} new frames`;
    const now = await thumbnail(video);
    if (Math.max(...now) < 16) return 'the picture is black';
    if (first.length === 0) first = now;
    const changed = now.filter((value, index) => Math.abs(value - (first[index] ?? 0)) > 4).length;
    return changed > 0 ? undefined : 'the picture stands still';
  }, timeout);
}
