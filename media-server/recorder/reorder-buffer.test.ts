import { describe, expect, it } from 'vitest';
import { packet, VP8 } from '../model/testing';
import { PATIENCE_MS, ReorderBuffer } from './reorder-buffer';

function buffer() {
  const out: string[] = [];
  const order = new ReorderBuffer((each, loss) => out.push(`${loss ? '!' : ''}${each.sequenceNumber}`));
  const push = (sequenceNumber: number, arrival = 0) => order.push(packet(VP8, sequenceNumber, arrival));
  return { order, out, push };
}

describe('a reorder buffer', () => {
  it('puts packets in order, also where numbers wrap around', () => {
    const { out, push } = buffer();
    for (const number of [65_534, 0, 65_535, 2, 1]) push(number);
    expect(out).toEqual(['65534', '65535', '0', '1', '2']);
  });
  it('gives up a missing packet after a while and says so once', () => {
    const { out, push } = buffer();
    push(1, 0);
    push(3, 10);
    push(4, 20);
    push(6, 30);
    expect(out).toEqual(['1']);
    push(7, PATIENCE_MS + 20);
    expect(out).toEqual(['1', '!3', '4']);
    push(8, PATIENCE_MS + 40);
    expect(out).toEqual(['1', '!3', '4', '!6', '7', '8']);
  });
  it('leaves out duplicates and what comes too late', () => {
    const { out, push } = buffer();
    for (const number of [1, 2, 2, 1, 3]) push(number);
    expect(out).toEqual(['1', '2', '3']);
  });
  it('takes a jump for a new beginning, and keeps nothing back', () => {
    const { out, push, order } = buffer();
    push(1);
    push(3);
    push(30_000);
    expect(out).toEqual(['1', '!3', '!30000']);
    expect(order.waiting).toBe(0);
  });
  it('is bounded', () => {
    const { push, order } = buffer();
    push(0);
    for (let number = 2; number < 2_900; number++) push(number);
    expect(order.waiting).toBeLessThan(1_100);
  });
});
