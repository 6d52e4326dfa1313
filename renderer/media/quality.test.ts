import { describe, expect, it } from 'vitest';
import { measure } from './connection-stats';
import { qualityOf } from './quality';
import { levelOf } from './level-meter';

describe('qualityOf', () => {
  const nothing = measure(null, new Map());
  const flowing = { ...nothing, outgoing: { ...nothing.outgoing, bitrate: 1_000_000 } };

  it('waits until something flows', () => {
    expect(qualityOf(null)).toBe('unknown');
    expect(qualityOf(nothing)).toBe('unknown');
  });

  it('follows the worse of loss and delay', () => {
    expect(qualityOf(flowing)).toBe('good');
    expect(qualityOf({ ...flowing, roundTrip: 0.2 })).toBe('fair');
    expect(qualityOf({ ...flowing, roundTrip: 0.5 })).toBe('poor');
    expect(qualityOf({ ...flowing, incoming: { ...nothing.incoming, loss: 0.03 } })).toBe('fair');
    expect(qualityOf({ ...flowing, roundTrip: 0.2, outgoing: { ...flowing.outgoing, loss: 0.1 } })).toBe(
      'poor',
    );
  });
});

describe('levelOf', () => {
  const tone = (amplitude: number): Float32Array =>
    Float32Array.from({ length: 1000 }, (_, i) => amplitude * Math.sin(i / 3));

  it('goes from silence to the loudest', () => {
    expect(levelOf(new Float32Array(100))).toBe(0);
    expect(levelOf(new Float32Array(0))).toBe(0);
    expect(levelOf(tone(0.0001))).toBe(0);
    expect(levelOf(tone(0.03))).toBeCloseTo(0.44, 1);
    expect(levelOf(Float32Array.from({ length: 10 }, () => 1))).toBe(1);
  });
});
