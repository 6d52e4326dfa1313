/**
 * Finds faces in a picture or in a part of it with one of the two BlazeFace networks (short range: 128×128, faces that
 * fill a good part of what it is shown; full range: 192×192, small ones too). Owns sampling the picture into the
 * network's input, anchors, and melting overlapping finds into one. Following faces over time is the tracker's.
 */
import type { I420Picture } from '../picture/i420';
import { chromaWidth } from '../picture/i420';
import { Network } from './network';
import type { Model } from './tflite';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A face in pixels of the picture; right and left are the person's own. */
export interface Face {
  readonly score: number;
  /** Centre and side of the square that the network draws around brows to chin, tilted with the region it looked at. */
  readonly centre: Point;
  readonly size: number;
  readonly rightEye: Point;
  readonly leftEye: Point;
  readonly nose: Point;
  readonly mouth: Point;
  readonly rightEar: Point;
  readonly leftEar: Point;
}

/** A square part of a picture, turned clockwise by `angle` radians about its centre. It may reach beyond the picture. */
export interface Region {
  readonly centre: Point;
  readonly size: number;
  readonly angle: number;
}

/** Squares that overlap more than this are the same face. */
const SAME_FACE_OVERLAP = 0.3;
/** The network's own limits for its logits. */
const MAX_LOGIT = 100;
const VALUES_PER_FACE = 16;
/** More finds than this in one picture are noise. */
const MAX_FINDS = 100;

interface Find {
  readonly score: number;
  /** x, y, width, height, then six points, all in units of the region (0 to 1). */
  readonly values: Float64Array;
}

export class FaceDetector {
  readonly #network: Network;
  readonly #anchors: Float32Array;
  readonly #minLogit: number;
  readonly #boxes: 0 | 1;

  /** minScore: below it a find is none. */
  constructor(model: Model, minScore: number) {
    this.#network = new Network(model);
    this.#minLogit = Math.log(minScore / (1 - minScore));
    const lengths = model.outputs.map((tensor) => model.tensors[tensor]?.shape[2] ?? 0);
    this.#boxes = lengths[0] === VALUES_PER_FACE ? 0 : 1;
    const count = model.tensors[model.outputs[this.#boxes] ?? 0]?.shape[1] ?? 0;
    this.#anchors = anchorsFor(this.#network.inputWidth, count);
  }

  detect(picture: I420Picture, region: Region): Face[] {
    sample(picture, region, this.#network.input, this.#network.inputWidth);
    const outputs = this.#network.run();
    const values = outputs[this.#boxes] ?? new Float32Array();
    const logits = outputs[1 - this.#boxes] ?? new Float32Array();
    const finds: Find[] = [];
    for (let i = 0; i < logits.length && finds.length < MAX_FINDS; i++) {
      const logit = logits[i] ?? -MAX_LOGIT;
      if (logit < this.#minLogit) continue;
      finds.push({ score: 1 / (1 + Math.exp(-Math.min(logit, MAX_LOGIT))), values: this.#read(values, i) });
    }
    return melt(finds).map((find) => toFace(find, region));
  }

  #read(values: Float32Array, index: number): Float64Array {
    const side = this.#network.inputWidth;
    const anchorX = this.#anchors[2 * index] ?? 0;
    const anchorY = this.#anchors[2 * index + 1] ?? 0;
    const found = new Float64Array(VALUES_PER_FACE);
    for (let i = 0; i < VALUES_PER_FACE; i++) {
      const value = (values[index * VALUES_PER_FACE + i] ?? 0) / side;
      found[i] = i === 2 || i === 3 ? value : value + (i % 2 === 0 ? anchorX : anchorY);
    }
    return found;
  }
}

/** Centres of the cells that the network's output rows stand for, in units of the region. */
function anchorsFor(side: number, count: number): Float32Array {
  // Strides with the number of anchors per cell; each network is recognised by how many rows it answers.
  const layouts = [
    [
      [8, 2],
      [16, 6],
    ],
    [[4, 1]],
  ] as const;
  for (const layout of layouts) {
    const anchors: number[] = [];
    for (const [stride, perCell] of layout) {
      const cells = side / stride;
      for (let y = 0; y < cells; y++) {
        for (let x = 0; x < cells; x++) {
          for (let i = 0; i < perCell; i++) anchors.push((x + 0.5) / cells, (y + 0.5) / cells);
        }
      }
    }
    if (anchors.length === 2 * count) return Float32Array.from(anchors);
  }
  throw new RangeError(`no anchors known for ${count} rows`);
}

/** Averages finds that overlap, weighted by their scores: steadier from frame to frame than picking the best one. */
function melt(finds: Find[]): Find[] {
  const rest = finds.sort((a, b) => b.score - a.score);
  const faces: Find[] = [];
  while (rest.length > 0) {
    const best = rest[0];
    if (best === undefined) break;
    const same = rest.filter((find) => overlap(find.values, best.values) > SAME_FACE_OVERLAP);
    const values = new Float64Array(VALUES_PER_FACE);
    let weight = 0;
    for (const find of same) {
      weight += find.score;
      for (let i = 0; i < VALUES_PER_FACE; i++)
        values[i] = (values[i] ?? 0) + find.score * (find.values[i] ?? 0);
    }
    for (let i = 0; i < VALUES_PER_FACE; i++) values[i] = (values[i] ?? 0) / weight;
    faces.push({ score: best.score, values });
    for (const find of same) rest.splice(rest.indexOf(find), 1);
    // A degenerate square overlaps nothing, not even itself.
    if (same.length === 0) rest.shift();
  }
  return faces;
}

/** Intersection over union of two squares given as centre and size. */
function overlap(a: Float64Array, b: Float64Array): number {
  const [ax = 0, ay = 0, aw = 0, ah = 0] = a;
  const [bx = 0, by = 0, bw = 0, bh = 0] = b;
  const width = Math.min(ax + aw / 2, bx + bw / 2) - Math.max(ax - aw / 2, bx - bw / 2);
  const height = Math.min(ay + ah / 2, by + bh / 2) - Math.max(ay - ah / 2, by - bh / 2);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (aw * ah + bw * bh - shared);
}

function toFace({ score, values }: Find, region: Region): Face {
  const cos = Math.cos(region.angle) * region.size;
  const sin = Math.sin(region.angle) * region.size;
  const point = (i: number): Point => {
    const u = (values[i] ?? 0) - 0.5;
    const v = (values[i + 1] ?? 0) - 0.5;
    return { x: region.centre.x + u * cos - v * sin, y: region.centre.y + u * sin + v * cos };
  };
  return {
    score,
    centre: point(0),
    size: (((values[2] ?? 0) + (values[3] ?? 0)) / 2) * region.size,
    rightEye: point(4),
    leftEye: point(6),
    nose: point(8),
    mouth: point(10),
    rightEar: point(12),
    leftEar: point(14),
  };
}

/** Fills the network's input (RGB from -1 to 1) from a region; beyond the picture everything is black. */
function sample(picture: I420Picture, region: Region, input: Float32Array, side: number): void {
  const { width, height, data } = picture;
  const scale = region.size / side;
  const dx = Math.cos(region.angle) * scale;
  const dy = Math.sin(region.angle) * scale;
  const half = chromaWidth(width);
  const uPlane = width * height;
  const vPlane = uPlane + half * ((height + 1) >> 1);
  // Four luma samples per input pixel, spread over its area, stand in for a proper reduction.
  const spread = scale / 4;
  let at = 0;
  for (let row = 0; row < side; row++) {
    let x = region.centre.x + dx * (0.5 - side / 2) - dy * (row + 0.5 - side / 2);
    let y = region.centre.y + dy * (0.5 - side / 2) + dx * (row + 0.5 - side / 2);
    for (let column = 0; column < side; column++, x += dx, y += dy) {
      if (x < 0 || y < 0 || x >= width || y >= height) {
        input[at++] = -1;
        input[at++] = -1;
        input[at++] = -1;
        continue;
      }
      const x0 = Math.max(0, Math.floor(x - spread));
      const x1 = Math.min(width - 1, Math.floor(x + spread));
      const y0 = Math.max(0, Math.floor(y - spread)) * width;
      const y1 = Math.min(height - 1, Math.floor(y + spread)) * width;
      const luma =
        ((data[y0 + x0] ?? 0) + (data[y0 + x1] ?? 0) + (data[y1 + x0] ?? 0) + (data[y1 + x1] ?? 0)) / 4;
      const chroma = (Math.floor(y) >> 1) * half + (Math.floor(x) >> 1);
      const u = (data[uPlane + chroma] ?? 128) - 128;
      const v = (data[vPlane + chroma] ?? 128) - 128;
      const light = (luma - 16) * 1.164;
      input[at++] = clamp(light + 1.596 * v);
      input[at++] = clamp(light - 0.392 * u - 0.813 * v);
      input[at++] = clamp(light + 2.017 * u);
    }
  }
}

function clamp(value: number): number {
  return (value < 0 ? 0 : value > 255 ? 255 : value) / 127.5 - 1;
}
