/**
 * Follows faces from picture to picture, so that an overlay moves and tilts with the face instead of jumping after it.
 * The full-range network looks at the whole picture now and then and finds whoever is there; between that the short-range
 * one looks only where each face must be by now, turned as the face is: that is exact even for small and tilted faces.
 * How often it may look is bounded by a share of one processor core.
 */
import type { I420Picture } from '../picture/i420';
import type { Face, FaceDetector, Point, Region } from './face-detector';

/** Where a face is: a square from forehead to chin, as OpenCV's frontal face cascade draws it, turned with the head. */
export interface FacePose {
  readonly centre: Point;
  readonly size: number;
  /** Radians clockwise; 0 is upright. */
  readonly angle: number;
}

export interface FaceTrackerOptions {
  /** Sees the whole picture. */
  readonly scanner: Pick<FaceDetector, 'detect'>;
  /** Sees the neighbourhood of one face. */
  readonly follower: Pick<FaceDetector, 'detect'>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Share of a core that following may use; default 0.22. */
  readonly share?: number;
}

/** More faces than this in one picture are too small to carry anything. */
const MAX_FACES = 16;
/** A newcomer waits at most this long for his hat; looking at the whole picture costs three times a look at one face. */
const SCAN_INTERVAL_MS = 250;
const SCAN_INTERVAL_WITH_FACES_MS = 700;
/** A face that nobody has seen for so long has left; a hand in front of it or a deep nod takes less. */
const LOST_AFTER_MS = 450;
/** The neighbourhood that is looked at, in sizes of the face: as much as the network was trained with. */
const NEIGHBOURHOOD = 2;
/** A find farther away than this part of the size is somebody else. */
const SAME_FACE_DISTANCE = 0.6;
/** OpenCV's square is larger than the network's, and the eyes are at this part of its height. */
const SQUARE_SCALE = 1.12;
const EYE_LINE = 0.38;

interface Track {
  pose: FacePose;
  /** Per millisecond. */
  velocity: Point;
  /** When the pose was true. */
  posedAt: number;
  /** When anybody last saw the face. */
  seenAt: number;
  lookedAt: number;
}

export class FaceTracker {
  readonly #options: FaceTrackerOptions;
  readonly #share: number;
  #tracks: Track[] = [];
  #scannedAt = -Infinity;
  /** Smoothed cost of one look, milliseconds. */
  #lookCost = 8;
  /** Milliseconds of looking that may be spent now. */
  #credit = 0;
  #updatedAt: number | undefined;

  constructor(options: FaceTrackerOptions) {
    this.#options = options;
    this.#share = options.share ?? 0.22;
  }

  /** Another stream or a cut: whoever was there is forgotten. */
  reset(): void {
    this.#tracks = [];
    this.#scannedAt = -Infinity;
    this.#updatedAt = undefined;
  }

  /** Somebody is known already: where he is can be told without looking. */
  get isFollowing(): boolean {
    return this.#tracks.length > 0;
  }
  /** Where the faces are at a time, by the way that they were going. */
  poses(at: number): readonly FacePose[] {
    return this.#tracks.map((track) => predict(track, at));
  }

  /**
   * Looks at a picture and tells where the faces are in it. Pictures come in order; some may be left out. `at`: when it
   * was the picture of now, on the clock of `now`.
   */
  update(picture: I420Picture, at = this.#options.now()): readonly FacePose[] {
    const { now } = this.#options;
    const elapsed = this.#updatedAt === undefined ? 0 : at - this.#updatedAt;
    this.#updatedAt = at;
    this.#credit = Math.min(2 * this.#lookCost, this.#credit + elapsed * this.#share);

    const interval = this.#tracks.length > 0 ? SCAN_INTERVAL_WITH_FACES_MS : SCAN_INTERVAL_MS;
    if (at - this.#scannedAt >= interval) {
      this.#scannedAt = at;
      this.#scan(picture, at);
    }
    // Whoever was looked at longest ago comes first; who cannot be looked at moves on as he moved before.
    for (const track of [...this.#tracks].sort((a, b) => a.lookedAt - b.lookedAt)) {
      if (track.lookedAt === at) continue;
      if (this.#credit < this.#lookCost / 2) break;
      const started = now();
      this.#look(picture, track, at);
      const cost = now() - started;
      this.#lookCost += (cost - this.#lookCost) / 8;
      this.#credit -= cost;
    }
    this.#tracks = this.#tracks.filter((track) => at - track.seenAt < LOST_AFTER_MS);
    return this.poses(at);
  }

  #scan(picture: I420Picture, at: number): void {
    const centre = { x: picture.width / 2, y: picture.height / 2 };
    const size = Math.max(picture.width, picture.height);
    for (const face of this.#options.scanner.detect(picture, { centre, size, angle: 0 })) {
      const pose = poseOf(face);
      const known = this.#tracks.find((track) => near(predict(track, at), pose));
      if (known) {
        // Good enough to know that he is still there; where exactly is for the follower to say.
        if (at - known.seenAt > SCAN_INTERVAL_MS) correct(known, pose, at);
        known.seenAt = at;
      } else if (this.#tracks.length < MAX_FACES) {
        this.#tracks.push({ pose, velocity: { x: 0, y: 0 }, posedAt: at, seenAt: at, lookedAt: -Infinity });
      }
    }
  }

  #look(picture: I420Picture, track: Track, at: number): void {
    track.lookedAt = at;
    const expected = predict(track, at);
    const region: Region = { ...expected, size: (expected.size / SQUARE_SCALE) * NEIGHBOURHOOD };
    let best: FacePose | undefined;
    for (const face of this.#options.follower.detect(picture, region)) {
      const pose = poseOf(face);
      if (near(expected, pose) && (best === undefined || distance(pose, expected) < distance(best, expected)))
        best = pose;
    }
    if (best === undefined) return;
    correct(track, best, at);
    track.seenAt = at;
    // Two tracks that have come to the same face are one.
    const { pose } = track;
    this.#tracks = this.#tracks.filter((other) => other === track || !coincides(other.pose, pose));
  }
}

/** The square around a face whose eyes, and therefore tilt, are known. */
export function poseOf(face: Face): FacePose {
  const angle = Math.atan2(face.leftEye.y - face.rightEye.y, face.leftEye.x - face.rightEye.x);
  const size = face.size * SQUARE_SCALE;
  const eyes = { x: (face.leftEye.x + face.rightEye.x) / 2, y: (face.leftEye.y + face.rightEye.y) / 2 };
  const down = { x: -Math.sin(angle), y: Math.cos(angle) };
  const right = { x: Math.cos(angle), y: Math.sin(angle) };
  // Across, the middle of the head counts (the eyes of a turned head are off it); up and down, the line of the eyes.
  const across = (face.centre.x - eyes.x) * right.x + (face.centre.y - eyes.y) * right.y;
  const below = (0.5 - EYE_LINE) * size;
  return {
    centre: { x: eyes.x + across * right.x + below * down.x, y: eyes.y + across * right.y + below * down.y },
    size,
    angle,
  };
}

function predict(track: Track, at: number): FacePose {
  // Nobody keeps his course for long.
  const elapsed = Math.min(at - track.posedAt, 150);
  const { pose, velocity } = track;
  return {
    ...pose,
    centre: { x: pose.centre.x + velocity.x * elapsed, y: pose.centre.y + velocity.y * elapsed },
  };
}

/** Small differences are mostly noise and are smoothed away, large ones are movement and are followed at once. */
function correct(track: Track, seen: FacePose, at: number): void {
  const expected = predict(track, at);
  const moved = distance(seen, track.pose) / seen.size;
  const follow = Math.min(1, 0.35 + 8 * moved);
  const turn = normalised(seen.angle - expected.angle);
  const followTurn = Math.min(1, 0.3 + 4 * Math.abs(turn));
  const followSize = Math.min(1, 0.25 + 3 * Math.abs(seen.size / expected.size - 1));
  const centre = {
    x: expected.centre.x + (seen.centre.x - expected.centre.x) * follow,
    y: expected.centre.y + (seen.centre.y - expected.centre.y) * follow,
  };
  const elapsed = at - track.posedAt;
  if (elapsed > 0) {
    track.velocity = {
      x: track.velocity.x / 2 + (centre.x - track.pose.centre.x) / elapsed / 2,
      y: track.velocity.y / 2 + (centre.y - track.pose.centre.y) / elapsed / 2,
    };
  }
  track.pose = {
    centre,
    size: expected.size + (seen.size - expected.size) * followSize,
    angle: normalised(expected.angle + turn * followTurn),
  };
  track.posedAt = at;
}

function distance(a: FacePose, b: FacePose): number {
  return Math.hypot(a.centre.x - b.centre.x, a.centre.y - b.centre.y);
}

function near(a: FacePose, b: FacePose): boolean {
  const ratio = a.size / b.size;
  return distance(a, b) < SAME_FACE_DISTANCE * Math.max(a.size, b.size) && ratio > 0.5 && ratio < 2;
}

function coincides(a: FacePose, b: FacePose): boolean {
  return distance(a, b) < 0.3 * Math.min(a.size, b.size);
}

function normalised(angle: number): number {
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}
