/**
 * Random histories of two to five users on one exchange, with a media server that works at random moments. Whatever
 * happens, in the end nobody may be stuck, nobody may be connected to the wrong party, and nothing may be left.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RESUME_WINDOW_MS, RING_TIMEOUT_MS } from '../../protocol/call';
import { FakeClient, fakeServices, settle } from '../../test/fakes/fake-connection';
import { ModelCaller, type CallerKind, type CallerLink } from '../../test/fakes/model-caller';
import { createCallMode } from './index';

const NAMES = ['ann', 'bob', 'eve', 'joe', 'lea'] as const;

type Step =
  | {
      readonly do:
        'connect' | 'accept' | 'decline' | 'hangUp' | 'candidate' | 'deliver' | 'take' | 'register';
      readonly who: number;
    }
  | { readonly do: 'dial'; readonly who: number; readonly whom: number }
  | { readonly do: 'drop'; readonly who: number; readonly how: 'left' | 'broken' }
  | { readonly do: 'media'; readonly steps: number }
  | { readonly do: 'time'; readonly ms: number }
  | { readonly do: 'mediaServerDies' };

const who = fc.nat(NAMES.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('connect' as const), who }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('dial' as const), who, whom: who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('accept' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('decline' as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('hangUp' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('candidate' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('register' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('drop' as const),
      who,
      how: fc.constantFrom('left' as const, 'broken' as const),
    }),
  },
  { weight: 14, arbitrary: fc.record({ do: fc.constant('deliver' as const), who }) },
  { weight: 14, arbitrary: fc.record({ do: fc.constant('take' as const), who }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('media' as const), steps: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('time' as const),
      ms: fc.constantFrom(1_000, RESUME_WINDOW_MS, RING_TIMEOUT_MS),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'mediaServerDies' as const }) },
);

class World {
  readonly services = fakeServices();
  readonly mode = createCallMode(this.services);
  readonly callers: ModelCaller[];

  constructor(kinds: readonly CallerKind[]) {
    this.services.kurento.hold();
    this.callers = kinds.map(
      (kind, index) =>
        new ModelCaller({
          name: NAMES[index] ?? '',
          kind,
          connect: (hello) => this.#link(hello),
          offer: (caller, count) => `${caller.name} ${count}`,
          clock: () => this.services.clock.now(),
        }),
    );
  }

  #link(hello: boolean): CallerLink {
    const client = new FakeClient(this.mode, hello);
    return {
      inbox: client.inbox,
      send: (request) => client.says(request),
      close: (how) => client.closes(how),
    };
  }

  async run(one: Step): Promise<void> {
    const { kurento, clock } = this.services;
    switch (one.do) {
      case 'media':
        for (let i = 0; i < one.steps; i++) kurento.step();
        break;
      case 'time':
        clock.advance(one.ms);
        break;
      case 'mediaServerDies':
        kurento.lose();
        kurento.comeBack();
        break;
      case 'dial':
        this.#caller(one.who)?.dial(NAMES[one.whom] ?? '');
        break;
      case 'drop':
        this.#caller(one.who)?.drop(one.how);
        break;
      default:
        this.#caller(one.who)?.[one.do]();
    }
    await settle();
    this.#pagesAreQuick();
  }

  #caller(index: number): ModelCaller | undefined {
    return this.callers[index % this.callers.length];
  }

  /** The tutorial's wire does not tell calls apart, so its pages work only where nothing crosses. */
  #pagesAreQuick(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const page of this.callers) {
        if (page.kind !== 'page' || page.quiet) continue;
        page.deliver();
        page.take();
        busy = true;
      }
    }
  }

  /** Everything on its way arrives. */
  async calm(): Promise<void> {
    this.services.kurento.resume();
    for (let turns = 0; turns < 500; turns++) {
      await settle();
      if (this.callers.every((caller) => caller.quiet) && this.services.kurento.waiting === 0) return;
      for (const caller of this.callers) {
        caller.deliver();
        caller.take();
      }
    }
    throw new Error('messages without end');
  }

  /** As long as it takes until nothing rings any more and nobody is waited for. */
  async timePasses(): Promise<void> {
    for (const limit of [RESUME_WINDOW_MS, RING_TIMEOUT_MS, RING_TIMEOUT_MS]) {
      this.services.clock.advance(limit + 1_000);
      await this.calm();
    }
  }

  /** Where it rings for the caller, it rings at the other side, too, if anybody is there. */
  expectRinging(): void {
    for (const { name, online, state } of this.callers) {
      if (!online || state.at !== 'dialing') continue;
      const peer = this.callers.find((caller) => caller.name === state.peer);
      if (peer?.registered)
        expect(peer.state, `${name} rings ${state.peer}`).toMatchObject({ at: 'ringing', peer: name });
    }
  }

  /** Who believes to be in a call with whom; who is online and cannot move is stuck. */
  expectNobodyStuck(): void {
    const states = this.callers.map(({ name, state, online }) => ({ name, online, at: state.at }));
    for (const { state, online } of this.callers) {
      if (online) expect(['idle', 'ended', 'live'], JSON.stringify(states)).toContain(state.at);
    }
  }

  /** Media flows both ways between those, and only those, who both believe to be in a call with each other. */
  expectRightParties(): void {
    const expected: [string, string][] = [];
    for (const caller of this.callers) {
      const { state } = caller;
      if (!caller.online || state.at !== 'live') continue;
      const peer = this.callers.find(({ name }) => name === state.peer);
      expect(peer?.state, `${caller.name} is in a call with ${state.peer}`).toMatchObject({
        at: 'live',
        peer: caller.name,
      });
      expect(caller.answer).toBe(`answer to ${caller.offer}`);
      if (peer) expected.push([caller.offer, peer.offer]);
    }
    expect(this.services.kurento.flows()).toEqual(expected.sort());
    expect(this.services.kurento.objects.size).toBe((expected.length / 2) * 3);
    expect(this.services.kurento.openScopes).toBe(expected.length / 2);
  }

  /** All hang up or leave: nothing remains, and whoever stays can call again. */
  async end(): Promise<void> {
    for (const caller of this.callers) caller.hangUp();
    await this.calm();
    const { kurento } = this.services;
    expect(kurento.objects.size).toBe(0);
    for (const caller of this.callers) caller.connect();
    await this.calm();
    for (const caller of this.callers) if (!caller.registered) caller.register();
    await this.calm();
    const [ann, bob] = this.callers;
    ann?.dial(bob?.name ?? '');
    await this.calm();
    bob?.accept();
    await this.calm();
    expect(ann?.state).toMatchObject({ at: 'live', peer: bob?.name });
    expect(bob?.state).toMatchObject({ at: 'live', peer: ann?.name });
    for (const caller of this.callers) caller.drop('left');
    await this.mode.close();
    await settle();
    expect(kurento.objects.size).toBe(0);
    expect(kurento.openScopes).toBe(0);
    expect(this.services.clock.waiting).toBe(0);
  }
}

const histories = Number(process.env.FUZZ_RUNS ?? 300);

describe('random histories of calls', () => {
  for (const [what, kind] of [
    ['Callcast clients, whose messages cross', fc.constant<CallerKind>('callcast')],
    ["the tutorial's pages", fc.constant<CallerKind>('page')],
    ['both together', fc.constantFrom<CallerKind>('callcast', 'page')],
  ] as const) {
    it(`of ${what} leave nobody stuck, nobody with the wrong party, and nothing behind`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(kind, { minLength: 2, maxLength: 5 }),
          fc.array(step, { maxLength: 120, size: 'max' }),
          async (kinds, steps) => {
            const world = new World(kinds);
            for (const caller of world.callers) caller.connect();
            await world.calm();
            world.services.kurento.hold();
            for (const one of steps) await world.run(one);
            await world.calm();
            world.expectRinging();
            await world.timePasses();
            world.expectNobodyStuck();
            world.expectRightParties();
            await world.end();
          },
        ),
        { numRuns: histories, ...(process.env.FUZZ_SEED && { seed: Number(process.env.FUZZ_SEED) }) },
      );
    }, 600_000);
  }
});
