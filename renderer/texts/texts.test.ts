import { describe, expect, it } from 'vitest';
import { chooseLanguage, languages } from '.';

/** Every text with the path to it; functions are called with arguments that show in the result. */
function flatten(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, (value as (...args: string[]) => string)('A', 'B', 'C')]];
  return Object.entries(value as object).flatMap(([key, inner]) => flatten(inner, `${path}.${key}`));
}

describe('texts', () => {
  it('are complete and not empty in every language', () => {
    const english = flatten(languages.en.texts).map(([path]) => path);
    for (const { texts } of Object.values(languages)) {
      expect(flatten(texts).map(([path]) => path)).toEqual(english);
      for (const [path, text] of flatten(texts)) expect(text, path).not.toBe('');
    }
  });

  it('of a failure say what happened and what to do, as sentences', () => {
    for (const { texts } of Object.values(languages)) {
      for (const [path, { title, advice }] of Object.entries({
        ...texts.errors,
        ...texts.devices.cameraFailures,
      })) {
        expect(title, path).not.toMatch(/[.!]$/);
        expect(advice, path).toMatch(/\.$/);
      }
    }
  });

  it('are chosen by the user, else by the system, else English', () => {
    expect(chooseLanguage('en', 'es-AR')).toBe('en');
    expect(chooseLanguage('system', 'es-AR')).toBe('es');
    expect(chooseLanguage('system', 'ES')).toBe('es');
    expect(chooseLanguage('system', 'fr-FR')).toBe('en');
    expect(chooseLanguage('system', '')).toBe('en');
  });
});
