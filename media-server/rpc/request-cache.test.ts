import { describe, expect, it } from 'vitest';
import { REQUEST_CACHE_MS } from '../../protocol/kurento';
import { ManualClock } from '../clock';
import { RequestCache } from './request-cache';

describe('the request cache', () => {
  it('knows an answer for twenty seconds, by id and type of the id', async () => {
    const clock = new ManualClock();
    const cache = new RequestCache(clock);
    cache.set(1, Promise.resolve({ result: 'one' }));
    expect(await cache.get(1)).toEqual({ result: 'one' });
    expect(cache.get('1')).toBeUndefined();
    clock.advance(REQUEST_CACHE_MS - 1);
    expect(cache.get(1)).toBeDefined();
    clock.advance(1);
    expect(cache.get(1)).toBeUndefined();
    cache.sweep();
    expect(cache.size).toBe(0);
  });

  it('keeps the newest thousand at most', () => {
    const cache = new RequestCache(new ManualClock());
    for (let id = 0; id < 5000; id++) cache.set(id, Promise.resolve({}));
    expect(cache.size).toBe(1024);
    expect(cache.get(4999)).toBeDefined();
    expect(cache.get(3000)).toBeUndefined();
  });
});
