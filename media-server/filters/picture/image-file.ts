/**
 * Image files from outside, decoded into overlays. A small file can announce a picture of gigabytes, so its header is read
 * before any decoder sees it. PNG, JPEG, GIF, WebP and BMP; nothing that can refer to other files (SVG).
 */
import type * as Canvas from '@napi-rs/canvas';
import { overlayFromRgba, type OverlayImage } from './overlay-image';

/** Larger ones are refused: 64 MB once decoded. */
const MAX_SIDE = 4_096;
/** A face in 1080p video is hardly larger; more detail would only cost memory and cache. */
const MAX_OVERLAY_SIDE = 1_024;

export class ImageError extends Error {
  override readonly name = 'ImageError';
}

/** Raises ImageError for what is no image, an unknown kind or too large. */
export async function decodeOverlay(bytes: Uint8Array, canvas: typeof Canvas): Promise<OverlayImage> {
  const size = imageSize(bytes);
  if (size === undefined) throw new ImageError('not an image of a known kind');
  if (size.width < 1 || size.height < 1 || size.width > MAX_SIDE || size.height > MAX_SIDE) {
    throw new ImageError(`an image of ${size.width}×${size.height} pixels`);
  }
  const image = await canvas
    .loadImage(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    .catch((error: unknown) => {
      throw new ImageError('the image is damaged', { cause: error });
    });
  const scale = Math.min(1, MAX_OVERLAY_SIDE / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const context = canvas.createCanvas(width, height).getContext('2d');
  context.drawImage(image, 0, 0, width, height);
  return overlayFromRgba(context.getImageData(0, 0, width, height).data, width, height);
}

/** Width and height out of a file's header; undefined when it is none of the known kinds or ends too early. */
export function imageSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number, length: number) =>
    Buffer.from(bytes.subarray(at, at + length)).toString('latin1');
  if (bytes.length < 30) return undefined;
  if (text(0, 8) === '\x89PNG\r\n\x1a\n' && text(12, 4) === 'IHDR') {
    return { width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (text(0, 4) === 'GIF8') return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (text(0, 2) === 'BM') {
    return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
  }
  if (text(0, 4) === 'RIFF' && text(8, 4) === 'WEBP') return webpSize(view, text(12, 4));
  if (view.getUint16(0) === 0xffd8) return jpegSize(view);
  return undefined;
}

function webpSize(view: DataView, kind: string): { width: number; height: number } | undefined {
  const packed = view.getUint32(21, true);
  switch (kind) {
    case 'VP8 ':
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case 'VP8L':
      return { width: (packed & 0x3fff) + 1, height: ((packed >> 14) & 0x3fff) + 1 };
    case 'VP8X':
      return {
        width: (view.getUint32(24, true) & 0xffffff) + 1,
        height: (view.getUint16(27, true) | (view.getUint8(29) << 16)) + 1,
      };
    default:
      return undefined;
  }
}

/** Walks the segments to the frame header (SOF). */
function jpegSize(view: DataView): { width: number; height: number } | undefined {
  let at = 2;
  while (at + 9 < view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
