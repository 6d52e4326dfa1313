import { describe, expect, it } from 'vitest';
import { formatBitrate, formatDuration, formatPercent } from './format';
import { languages } from './texts';

const { texts } = languages.en;

describe('formats', () => {
  it.each([
    [0, '0:00'],
    [-5, '0:00'],
    [65_999, '1:05'],
    [3_723_000, '1:02:03'],
  ])('write %d ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it('write bitrates in the unit that fits, as the language does', () => {
    expect(formatBitrate(null, texts, 'en')).toBe('–');
    expect(formatBitrate(999_400, texts, 'en')).toBe('999 kbit/s');
    expect(formatBitrate(1_250_000, texts, 'es')).toBe('1,3 Mbit/s');
  });

  it('write shares with a digit more where they are small', () => {
    expect(formatPercent(0.0512, texts, 'en')).toBe('5.1%');
    expect(formatPercent(0.4, texts, 'en')).toBe('40%');
    expect(formatPercent(null, texts, 'en')).toBe('–');
  });
});
