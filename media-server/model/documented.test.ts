/** docs/media-server.md speaks of every type of the facts, and of every operation, property and event of those that exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import facts from './facts.json';

const page = readFileSync(join(import.meta.dirname, '../../docs/media-server.md'), 'utf8');
/** Names stand in code spans; a setter or getter under its property's name. */
const named = new Set([...page.matchAll(/`([^`]+)`/g)].flatMap(([, span = '']) => span.match(/\w+/g) ?? []));
const headings = page.split('\n').filter((line) => line.startsWith('#'));
/** Answered as unknown types: nothing of theirs needs a word. */
const ABSENT = new Set(['RtpEndpoint', 'Composite', 'ImageOverlayFilter', 'GStreamerFilter', 'ZBarFilter']);

interface Type {
  readonly constructorParams?: readonly { readonly name: string }[];
  readonly properties: readonly { readonly name: string }[];
  readonly methods: readonly { readonly name: string }[];
  readonly allEvents: readonly string[];
}
const types = Object.entries(facts.types as Record<string, Type>);

describe('docs/media-server.md', () => {
  it('is read as what it is: names that are nowhere are missed', () => {
    expect(named.has('getNothing')).toBe(false);
    expect(named.size).toBeGreaterThan(150);
  });

  it.each(types.map(([name]) => name))('has the type %s', (name) => {
    expect(named.has(name) || headings.some((line) => new RegExp(`\\b${name}\\b`).test(line))).toBe(true);
    if (ABSENT.has(name)) expect(named.has(name)).toBe(true);
  });

  it.each(types.filter(([name]) => !ABSENT.has(name)))('has all that %s has', (_name, type) => {
    const wanted = [
      ...type.properties.map(({ name }) => name),
      ...type.methods.map(({ name }) => name),
      ...type.allEvents,
      ...(type.constructorParams ?? []).map(({ name }) => name),
    ].filter((name) => !['mediaPipeline', 'hub'].includes(name));
    expect(wanted.filter((name) => !named.has(name))).toEqual([]);
  });
});
