import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import type { MirrorState } from '../../../protocol/mirror';
import { requestGuards, type MagicMirrorRequest } from '../../../protocol/signaling';
import { Cell } from '../../store';
import { FakeTimers } from '../../testing/fake-timers';
import { Dresser } from './dresser';
import { fittedPlacement, overlayOf, RANGES, Wardrobe } from './wardrobe';

function fakeStorage(text: string | null = null) {
  let stored = text;
  return {
    getItem: () => stored,
    setItem: (_key: string, value: string) => {
      stored = value;
    },
  };
}
const NAMES = ['cat-ears', 'crown', 'top-hat'];

describe('the wardrobe', () => {
  it('begins with the top hat, follows the choice, and remembers it', () => {
    const storage = fakeStorage();
    const wardrobe = new Wardrobe(storage);
    expect(wardrobe.chosenOf(NAMES)).toBe('top-hat');
    expect(wardrobe.chosenOf(['monocle'])).toBe('monocle');
    expect(wardrobe.chosenOf([])).toBeNull();
    wardrobe.wear('crown');
    wardrobe.move('crown', 'up', 1.2);
    const again = new Wardrobe(storage);
    expect(again.chosenOf(NAMES)).toBe('crown');
    expect(again.placementOf('crown').up).toBe(1.2);
    again.reset('crown');
    expect(again.placementOf('crown')).toEqual(fittedPlacement('crown'));
    again.wear(null);
    expect(new Wardrobe(storage).overlay(NAMES)).toBeNull();
  });

  it('keeps what is moved within the sliders, and reads nothing that is outside of them', () => {
    const wardrobe = new Wardrobe(fakeStorage());
    wardrobe.move('crown', 'width', 99);
    wardrobe.move('crown', 'height', Number.NaN);
    expect(wardrobe.placementOf('crown')).toEqual({ ...fittedPlacement('crown'), width: RANGES.width.max });
    for (const junk of ['{', '[]', 'null', '{"chosen":7}', '{"placements":[["crown",{"up":1e9}]]}'])
      expect(new Wardrobe(fakeStorage(junk)).overlay(NAMES)?.image).toBe('top-hat');
  });

  it('speaks to the filter in fractions of the face that the wire allows', () => {
    expect(overlayOf('crown', { across: 0, up: 0, width: 1, height: 1 })).toEqual({
      image: 'crown',
      offsetXPercent: 0,
      offsetYPercent: 0,
      widthPercent: 1,
      heightPercent: 1,
    });
    for (const across of [RANGES.across.min, RANGES.across.max])
      for (const up of [RANGES.up.min, RANGES.up.max])
        for (const size of [RANGES.width.min, RANGES.width.max]) {
          const overlay = overlayOf('crown', { across, up, width: size, height: size });
          expect(v.is(requestGuards['/magicmirror'], { id: 'setOverlay', overlay })).toBe(true);
        }
  });
});

describe('the dresser', () => {
  function setUp() {
    const timers = new FakeTimers();
    const wardrobe = new Wardrobe(fakeStorage());
    const send = vi.fn<(request: MagicMirrorRequest) => boolean>(() => true);
    const state = new Cell<MirrorState>({ at: 'idle', round: 0 });
    const dresser = new Dresser({ timers, send, changes: wardrobe, wanted: () => wardrobe.overlay(NAMES) });
    dresser.follow(state);
    const live = (): void => state.set({ at: 'live', round: 1, since: 0 });
    return { timers, wardrobe, send, dresser, live };
  }

  it('says with the start what is worn, and not again', () => {
    const { dresser, live, send, wardrobe } = setUp();
    expect(dresser.start('v=0')).toEqual({ id: 'start', sdpOffer: 'v=0', overlay: wardrobe.overlay(NAMES) });
    live();
    expect(send).not.toHaveBeenCalled();
    wardrobe.wear(null);
    expect(send).toHaveBeenCalledWith({ id: 'setOverlay', overlay: null });
  });

  it('says what changed before the answer once that is there', () => {
    const { dresser, live, send, wardrobe } = setUp();
    dresser.start('v=0');
    wardrobe.wear('crown');
    expect(send).not.toHaveBeenCalled();
    live();
    expect(send).toHaveBeenCalledOnce();
  });

  it('says a few positions of a moving slider, and the last one always', () => {
    const { timers, dresser, live, send, wardrobe } = setUp();
    dresser.start('v=0');
    live();
    for (let step = 1; step <= 50; step++) {
      wardrobe.move('top-hat', 'across', step / 100);
      timers.advance(10);
    }
    timers.advance(1_000);
    expect(send.mock.calls.length).toBeLessThan(10);
    const last = send.mock.calls.at(-1)?.[0];
    expect(last).toEqual({ id: 'setOverlay', overlay: wardrobe.overlay(NAMES) });
    dresser.close();
    wardrobe.wear(null);
    timers.advance(1_000);
    expect(send.mock.calls.at(-1)?.[0]).toBe(last);
    expect(timers.pending).toBe(0);
  });
});
