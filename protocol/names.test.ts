import { describe, expect, it } from 'vitest';
import { MAX_NAME_LENGTH } from './limits';
import { cleanName } from './names';

describe('a name', () => {
  it('is trimmed and composed, so that two ways of typing it are one name', () => {
    expect(cleanName('  ann ')).toBe('ann');
    expect(cleanName('Zoe\u0301')).toBe(cleanName('Zo\u00e9'));
  });

  it('may be in any script, with emoji, and what objects call their own', () => {
    for (const name of ['Анна', '田中さん', 'أحمد', '👩‍👩‍👧', 'constructor', '__proto__', "O'Neil #2"]) {
      expect(cleanName(name)).toBe(name);
    }
  });

  it('is refused when it is empty, invisible, too long, or disturbs the text around it', () => {
    const bad = [
      '',
      '   ',
      '\u200b',
      '\u200d',
      'a\nb',
      'a\u0000',
      'a\u202eb',
      'a\u2066b',
      '\ud800',
      'x'.repeat(MAX_NAME_LENGTH + 1),
    ];
    for (const name of bad) expect(cleanName(name)).toBeNull();
    expect(cleanName('x'.repeat(MAX_NAME_LENGTH))).not.toBeNull();
  });
});
