/**
 * Random histories of presenters and viewers on two channels, with a media server that works at random moments: a
 * channel never has two presenters, nobody watches the wrong one, and nothing is left.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Replies } from '../../protocol/signaling';
import { FakeClient, fakeServices, settle } from '../../test/fakes/fake-connection';
import { UNREADABLE } from '../../test/fakes/fake-kurento';
import { createBroadcastMode } from './index';

/** What a page knows from what it sent and heard. */
class Page {
  readonly client: FakeClient<'/one2many'>;
  role: { as: 'presenter' | 'viewer'; channel: string; offer: string; accepted: boolean } | null = null;

  constructor(mode: ReturnType<typeof createBroadcastMode>) {
    this.client = new FakeClient(mode);
  }

  asks(as: 'presenter' | 'viewer', channel: string, offer: string): void {
    this.hears();
    this.role = { as, channel, offer, accepted: false };
    this.client.says({ id: as, channel, sdpOffer: offer });
  }

  stops(): void {
    this.hears();
    this.role = null;
    this.client.says({ id: 'stop' });
  }

  hears(): void {
    for (const message of this.client.hears()) this.#heard(message);
  }

  #heard(message: Replies['/one2many']): void {
    if (message.id === 'presenterResponse' || message.id === 'viewerResponse') {
      // One response per request, and to the one that was asked last.
      expect(this.role).toMatchObject({ accepted: false });
      if (message.response === 'rejected') this.role = null;
      else {
        expect(message.sdpAnswer).toBe(`answer to ${this.role?.offer}`);
        if (this.role) this.role.accepted = true;
      }
    } else if (message.id === 'stopCommunication') {
      expect(this.role).toMatchObject({ accepted: true });
      this.role = null;
    }
  }
}

const who = fc.nat(4);
const channel = fc.constantFrom('', 'news');
const step = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant('presenter' as const), who, channel) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('viewer' as const), who, channel) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('unreadable' as const), who, channel) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('stop' as const), who, channel) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('crash' as const), who, channel) },
  { weight: 8, arbitrary: fc.tuple(fc.constant('media' as const), who, channel) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('mediaServerDies' as const), who, channel) },
);

it('random histories of broadcasts keep one presenter per channel, show nobody the wrong one, and leave nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 100, size: 'max' }), async (steps) => {
      const services = fakeServices();
      const { kurento, clock } = services;
      const mode = createBroadcastMode(services);
      const pages = Array.from({ length: 5 }, () => new Page(mode));
      kurento.hold();
      for (const [number, [what, index, name]] of steps.entries()) {
        const page = pages[index];
        if (!page) continue;
        if (what === 'presenter' || what === 'viewer') page.asks(what, name, `offer ${number}`);
        else if (what === 'unreadable') page.asks(number % 2 ? 'presenter' : 'viewer', name, UNREADABLE);
        else if (what === 'stop') page.stops();
        else if (what === 'crash') {
          page.client.closes('broken');
          pages[index] = new Page(mode);
        } else if (what === 'media') for (let i = 0; i <= number % 7; i++) kurento.step();
        else {
          kurento.lose();
          kurento.comeBack();
        }
        await settle();
        for (const each of pages) each.hears();
      }
      kurento.resume();
      await settle();
      await settle();
      for (const page of pages) page.hears();

      const expected: [string, string][] = [];
      for (const name of ['', 'news']) {
        const on = pages.flatMap(({ role }) => (role?.channel === name ? [role] : []));
        for (const role of on) expect(role.accepted).toBe(true);
        const presenters = on.filter(({ as }) => as === 'presenter');
        const viewers = on.filter(({ as }) => as === 'viewer');
        expect(presenters.length).toBeLessThanOrEqual(1);
        if (viewers.length > 0) expect(presenters).toHaveLength(1);
        for (const viewer of viewers) expected.push([presenters[0]?.offer ?? '', viewer.offer]);
      }
      expect(kurento.flows()).toEqual(expected.sort());
      for (const page of pages) page.client.closes('left');
      await mode.close();
      await settle();
      expect(kurento.objects.size).toBe(0);
      expect(kurento.openScopes).toBe(0);
      expect(clock.waiting).toBe(0);
    }),
    {
      numRuns: Number(process.env.FUZZ_RUNS ?? 300),
      ...(process.env.FUZZ_SEED && { seed: Number(process.env.FUZZ_SEED) }),
    },
  );
}, 600_000);
