/** Draws an overlay over a face, turned with it, straight into the planes of a video picture: no detour over RGB. */
import type { FacePose } from '../face/face-tracker';
import { chromaWidth, type I420Picture } from './i420';
import type { OverlayImage, OverlayLevel } from './overlay-image';

/** Kurento's four numbers, in units of the face's square: where the overlay begins and how large it is. */
export interface OverlayPlacement {
  readonly offsetX: number;
  readonly offsetY: number;
  readonly width: number;
  readonly height: number;
}

/** From a picture's pixel to the overlay's: u = ux·x + uy·y + u0, and v likewise. */
interface Mapping {
  readonly ux: number;
  readonly uy: number;
  readonly u0: number;
  readonly vx: number;
  readonly vy: number;
  readonly v0: number;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Changes the picture. What lies beyond its edges is left out. */
export function paintOverlay(
  picture: I420Picture,
  image: OverlayImage,
  placement: OverlayPlacement,
  pose: FacePose,
): void {
  const width = placement.width * pose.size;
  const height = placement.height * pose.size;
  if (!(width >= 1 && height >= 1)) return;
  const box = bounds(placement, pose, picture);
  if (box.left >= box.right || box.top >= box.bottom) return;
  const luma = levelFor(image, width, height);
  paintLuma(picture, luma, box, mapping(luma, placement, pose, 1));
  const chroma = levelFor(image, width / 2, height / 2);
  paintChroma(picture, chroma, box, mapping(chroma, placement, pose, 2));
}

/** The smallest level that still has a pixel for each of the picture's. */
function levelFor({ levels }: OverlayImage, width: number, height: number): OverlayLevel {
  let chosen = levels[0];
  for (const level of levels) if (level.width >= width && level.height >= height) chosen = level;
  if (chosen === undefined) throw new RangeError('an overlay without pixels');
  return chosen;
}

/** The picture's pixels that the turned overlay may touch. */
function bounds(placement: OverlayPlacement, pose: FacePose, picture: I420Picture): Box {
  const cos = Math.cos(pose.angle);
  const sin = Math.sin(pose.angle);
  const corners = [0, 1].flatMap((i) =>
    [0, 1].map((j) => {
      const x = (placement.offsetX + i * placement.width - 0.5) * pose.size;
      const y = (placement.offsetY + j * placement.height - 0.5) * pose.size;
      return { x: pose.centre.x + x * cos - y * sin, y: pose.centre.y + x * sin + y * cos };
    }),
  );
  const xs = corners.map(({ x }) => x);
  const ys = corners.map(({ y }) => y);
  // Even edges: a chroma sample belongs to two by two pixels.
  return {
    left: Math.max(0, Math.floor(Math.min(...xs)) & ~1),
    top: Math.max(0, Math.floor(Math.min(...ys)) & ~1),
    right: Math.min(picture.width, (Math.ceil(Math.max(...xs)) + 1) & ~1),
    bottom: Math.min(picture.height, (Math.ceil(Math.max(...ys)) + 1) & ~1),
  };
}

/** For samples that are `step` pixels apart; a sample's position is its centre. */
function mapping(level: OverlayLevel, placement: OverlayPlacement, pose: FacePose, step: number): Mapping {
  const cos = Math.cos(pose.angle) / pose.size;
  const sin = Math.sin(pose.angle) / pose.size;
  const perU = level.width / placement.width;
  const perV = level.height / placement.height;
  const dx = step / 2 - pose.centre.x;
  const dy = step / 2 - pose.centre.y;
  return {
    ux: cos * perU * step,
    uy: sin * perU * step,
    u0: (cos * dx + sin * dy + 0.5 - placement.offsetX) * perU - 0.5,
    vx: -sin * perV * step,
    vy: cos * perV * step,
    v0: (-sin * dx + cos * dy + 0.5 - placement.offsetY) * perV - 0.5,
  };
}

function paintLuma(picture: I420Picture, level: OverlayLevel, box: Box, m: Mapping): void {
  const { width, data } = picture;
  const { width: w, height: h, data: texels } = level;
  for (let y = box.top; y < box.bottom; y++) {
    let u = m.ux * box.left + m.uy * y + m.u0;
    let v = m.vx * box.left + m.vy * y + m.v0;
    let at = y * width + box.left;
    for (let x = box.left; x < box.right; x++, at++, u += m.ux, v += m.vx) {
      if (u <= -1 || v <= -1 || u >= w || v >= h) continue;
      const u0 = Math.floor(u);
      const v0 = Math.floor(v);
      const fu = u - u0;
      const fv = v - v0;
      // Weights of the four neighbours; those outside are transparent.
      const left = u0 >= 0;
      const right = u0 + 1 < w;
      const upper = v0 >= 0;
      const lower = v0 + 1 < h;
      const i = (v0 * w + u0) * 4;
      const j = i + w * 4;
      const a = left && upper ? (1 - fu) * (1 - fv) : 0;
      const b = right && upper ? fu * (1 - fv) : 0;
      const c = left && lower ? (1 - fu) * fv : 0;
      const d = right && lower ? fu * fv : 0;
      const opacity =
        (a > 0 ? a * (texels[i + 3] ?? 0) : 0) +
        (b > 0 ? b * (texels[i + 7] ?? 0) : 0) +
        (c > 0 ? c * (texels[j + 3] ?? 0) : 0) +
        (d > 0 ? d * (texels[j + 7] ?? 0) : 0);
      if (opacity < 1) continue;
      const light =
        (a > 0 ? a * (texels[i] ?? 0) : 0) +
        (b > 0 ? b * (texels[i + 4] ?? 0) : 0) +
        (c > 0 ? c * (texels[j] ?? 0) : 0) +
        (d > 0 ? d * (texels[j + 4] ?? 0) : 0);
      data[at] = light + ((data[at] ?? 0) * (255 - opacity)) / 255 + 0.5;
    }
  }
}

/** Nearest sample: colour has half the resolution and the level is a small one already. */
function paintChroma(picture: I420Picture, level: OverlayLevel, box: Box, m: Mapping): void {
  const { width, height, data } = picture;
  const { width: w, height: h, data: texels } = level;
  const half = chromaWidth(width);
  const uPlane = width * height;
  const vPlane = uPlane + half * ((height + 1) >> 1);
  const left = box.left >> 1;
  const right = (box.right + 1) >> 1;
  for (let y = box.top >> 1; y < (box.bottom + 1) >> 1; y++) {
    let u = m.ux * left + m.uy * y + m.u0 + 0.5;
    let v = m.vx * left + m.vy * y + m.v0 + 0.5;
    let at = y * half + left;
    for (let x = left; x < right; x++, at++, u += m.ux, v += m.vx) {
      if (u < 0 || v < 0 || u >= w || v >= h) continue;
      const i = (Math.floor(v) * w + Math.floor(u)) * 4;
      const opacity = texels[i + 3] ?? 0;
      if (opacity === 0) continue;
      const keep = (255 - opacity) / 255;
      data[uPlane + at] = (texels[i + 1] ?? 0) + (data[uPlane + at] ?? 0) * keep + 0.5;
      data[vPlane + at] = (texels[i + 2] ?? 0) + (data[vPlane + at] ?? 0) * keep + 0.5;
    }
  }
}
