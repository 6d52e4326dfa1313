import { describe, expect, it } from 'vitest';
import type { Face, Region } from './face-detector';
import { FaceTracker, type FacePose } from './face-tracker';

const picture = { width: 640, height: 480, data: new Uint8Array() };

/** A face whose eyes are level with `angle`, seen by a detector. */
function face(x: number, y: number, size = 100, angle = 0): Face {
  const at = (dx: number, dy: number) => ({
    x: x + (dx * Math.cos(angle) - dy * Math.sin(angle)) * size,
    y: y + (dx * Math.sin(angle) + dy * Math.cos(angle)) * size,
  });
  return {
    score: 0.9,
    centre: at(0, 0),
    size,
    rightEye: at(-0.2, -0.15),
    leftEye: at(0.2, -0.15),
    nose: at(0, 0.05),
    mouth: at(0, 0.25),
    rightEar: at(-0.45, 0),
    leftEar: at(0.45, 0),
  };
}

/** A world with people in it; looking costs `cost` milliseconds. */
function world(cost = 0) {
  let now = 0;
  let people: Face[] = [];
  const looks = { scans: 0, follows: 0, regions: [] as Region[] };
  const inside = (region: Region) => (each: Face) =>
    Math.hypot(each.centre.x - region.centre.x, each.centre.y - region.centre.y) < region.size / 2;
  const tracker = new FaceTracker({
    now: () => now,
    scanner: {
      detect: () => {
        looks.scans++;
        return people;
      },
    },
    follower: {
      detect: (_picture, region) => {
        looks.follows++;
        looks.regions.push(region);
        now += cost;
        return people.filter(inside(region));
      },
    },
  });
  return {
    looks,
    tracker,
    show: (...now: Face[]) => void (people = now),
    frame: (ms = 33): readonly FacePose[] => {
      now += ms;
      return tracker.update(picture);
    },
  };
}

describe('following faces', () => {
  it('tells without looking where a known face has gone by now', () => {
    const { tracker, looks, show, frame } = world();
    expect(tracker.isFollowing).toBe(false);
    for (let step = 0; step < 10; step++) {
      show(face(200 + step * 10, 200));
      frame();
    }
    expect(tracker.isFollowing).toBe(true);
    const { scans, follows } = looks;
    const seen = tracker.poses(330)[0]!;
    const later = tracker.poses(363)[0]!;
    expect(later.centre.x - seen.centre.x).toBeGreaterThan(6);
    expect(later.centre.x - seen.centre.x).toBeLessThan(14);
    expect(looks).toMatchObject({ scans, follows });
  });

  it('finds who is there, and who comes later, within a second', () => {
    const { show, frame } = world();
    show(face(100, 100));
    expect(frame()).toHaveLength(1);
    show(face(100, 100), face(400, 200));
    let poses: readonly FacePose[] = [];
    for (let i = 0; i < 30; i++) poses = frame();
    expect(poses).toHaveLength(2);
  });

  it('stays on a moving face without lagging behind by more than a tenth of it', () => {
    const { show, frame } = world();
    let worst = 0;
    for (let i = 0; i < 60; i++) {
      const x = 100 + i * 6;
      show(face(x, 200));
      const pose = frame()[0];
      if (i > 5) worst = Math.max(worst, Math.abs((pose?.centre.x ?? 0) - x));
    }
    expect(worst).toBeLessThan(10);
  });

  it('keeps still on a face that only trembles', () => {
    const { show, frame } = world();
    const seen: number[] = [];
    for (let i = 0; i < 60; i++) {
      show(face(200 + (i % 2), 200));
      seen.push(frame()[0]?.centre.x ?? 0);
    }
    const late = seen.slice(30);
    expect(Math.max(...late) - Math.min(...late)).toBeLessThan(0.8);
  });

  it('tilts with the head', () => {
    const { show, frame } = world();
    let pose: FacePose | undefined;
    for (let i = 0; i <= 30; i++) {
      show(face(300, 200, 100, i * 0.02));
      pose = frame()[0];
    }
    expect(pose?.angle).toBeCloseTo(0.6, 1);
  });

  it('holds on over a short loss and lets go after a long one', () => {
    const { show, frame } = world();
    show(face(300, 200));
    for (let i = 0; i < 10; i++) frame();
    show();
    for (let i = 0; i < 6; i++) expect(frame()).toHaveLength(1);
    for (let i = 0; i < 12; i++) frame();
    expect(frame()).toEqual([]);
  });

  it('never lets two overlays meet on one face', () => {
    const { show, frame } = world();
    show(face(200, 200), face(320, 200));
    for (let i = 0; i < 5; i++) frame();
    // One of them leaves behind the other.
    show(face(310, 200));
    let poses: readonly FacePose[] = [];
    for (let i = 0; i < 40; i++) poses = frame();
    expect(poses).toHaveLength(1);
  });

  it('spends no more than its share on following, turn by turn', () => {
    const { show, frame, looks } = world(10);
    show(face(100, 100), face(300, 100), face(500, 100), face(100, 350));
    for (let i = 0; i < 90; i++) frame();
    // Three seconds and what the looks themselves took: 0.22 of it at 10 ms each.
    expect(looks.follows).toBeLessThan(110);
    expect(looks.follows).toBeGreaterThan(40);
  });

  it('looks at the neighbourhood of a face, turned as the face is', () => {
    const { show, frame, looks } = world();
    show(face(300, 200, 100, 0.5));
    for (let i = 0; i < 20; i++) frame();
    const region = looks.regions.at(-1);
    expect(region?.angle).toBeCloseTo(0.5, 1);
    expect(region?.size).toBeCloseTo(200, -1);
  });

  it('forgets everybody when told', () => {
    const { show, frame, tracker } = world();
    show(face(300, 200));
    frame();
    show();
    tracker.reset();
    expect(frame()).toEqual([]);
  });
});
