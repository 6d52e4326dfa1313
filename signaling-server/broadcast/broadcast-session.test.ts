import { describe, expect, it } from 'vitest';
import { NO_PRESENTER, PRESENTER_BUSY, type BroadcastRequest } from '../../protocol/signaling';
import { FakeClient, fakeServices, settle } from '../../test/fakes/fake-connection';
import { UNREADABLE } from '../../test/fakes/fake-kurento';
import { ANNOUNCE_DELAY_MS } from '../announcer';
import { createBroadcastMode } from './index';

function hub() {
  const services = fakeServices();
  const mode = createBroadcastMode(services);
  const client = (hello = false, remoteAddress?: string) => new FakeClient(mode, hello, remoteAddress);
  return { services, kurento: services.kurento, client };
}
type Client = ReturnType<ReturnType<typeof hub>['client']>;

const present = (
  client: Client,
  sdpOffer: string,
  more: Partial<Extract<BroadcastRequest, { id: 'presenter' }>> = {},
) => client.says({ id: 'presenter', sdpOffer, ...more });
const view = (client: Client, sdpOffer: string, channel?: string) =>
  client.says({ id: 'viewer', sdpOffer, ...(channel !== undefined && { channel }) });
const candidate = (text: string) => ({ candidate: text, sdpMid: '0', sdpMLineIndex: 0 });
const heard = (client: Client) => client.hears().map((message) => message.id);

describe('a broadcast', () => {
  it('answers the presenter, then each viewer, and sends candidates after the answer', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client(), client()];
    present(ann, 'ann');
    await settle();
    expect(ann.hears()).toEqual([
      { id: 'presenterResponse', response: 'accepted', sdpAnswer: 'answer to ann' },
      { id: 'iceCandidate', candidate: candidate('candidate for ann') },
    ]);
    view(bob, 'bob');
    await settle();
    expect(bob.hears()).toEqual([
      { id: 'viewerResponse', response: 'accepted', sdpAnswer: 'answer to bob' },
      { id: 'iceCandidate', candidate: candidate('candidate for bob') },
    ]);
    expect(kurento.flows()).toEqual([['ann', 'bob']]);
  });

  it('restarts ICE on the endpoint that there is, for whoever asks, and says so when the media server cannot', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client(), client()];
    bob.says({ id: 'restart', sdpOffer: 'too early' });
    expect(bob.hears()).toMatchObject([{ id: 'error', code: 'wrong-state' }]);
    present(ann, 'ann');
    view(bob, 'bob');
    await settle();
    for (const one of [ann, bob]) one.hears();
    const before = [...kurento.objects.keys()];
    bob.says({ id: 'restart', sdpOffer: 'bob moved' });
    ann.says({ id: 'restart', sdpOffer: `ann ${UNREADABLE}` });
    await settle();
    expect(bob.hears()).toEqual([
      { id: 'restarted', response: 'accepted', sdpAnswer: 'answer to bob moved' },
    ]);
    expect(ann.hears()).toMatchObject([{ id: 'restarted', response: 'rejected', code: 'sdp-rejected' }]);
    expect([...kurento.objects.keys()]).toEqual(before);
    expect(kurento.flows()).toHaveLength(1);
  });

  it('has exactly one presenter, also while the first is still being connected', async () => {
    const { client, kurento } = hub();
    const [ann, eve] = [client(), client()];
    kurento.hold();
    present(ann, 'ann');
    present(eve, 'eve');
    expect(eve.hears()).toMatchObject([
      { id: 'presenterResponse', response: 'rejected', message: PRESENTER_BUSY, code: 'presenter-busy' },
    ]);
    kurento.resume();
    await settle();
    present(eve, 'eve');
    expect(eve.hears()).toMatchObject([{ response: 'rejected', message: PRESENTER_BUSY }]);
    expect(heard(ann)).toContain('presenterResponse');
    expect(kurento.objects.size).toBe(2);
  });

  it('refuses a viewer before any presenter, with the tutorial sentence, and lives on', async () => {
    const { client } = hub();
    const [bob, ann] = [client(), client()];
    view(bob, 'bob');
    expect(bob.hears()).toMatchObject([
      { id: 'viewerResponse', response: 'rejected', message: NO_PRESENTER, code: 'no-presenter' },
    ]);
    present(ann, 'ann');
    view(bob, 'bob');
    await settle();
    expect(heard(bob)).toContain('viewerResponse');
  });

  for (const how of ['stop', 'left', 'broken', 'silent'] as const) {
    it(`tells every viewer when the presenter is gone (${how}), and leaves nothing behind`, async () => {
      const { client, kurento } = hub();
      const [ann, bob, joe, lea] = [client(), client(), client(), client()];
      present(ann, 'ann');
      for (const viewer of [bob, joe, lea]) view(viewer, viewer.id);
      await settle();
      lea.says({ id: 'stop' });
      for (const one of [ann, bob, joe, lea]) one.hears();
      if (how === 'stop') ann.says({ id: 'stop' });
      else ann.closes(how);
      expect(bob.hears()).toEqual([{ id: 'stopCommunication' }]);
      expect(joe.hears()).toEqual([{ id: 'stopCommunication' }]);
      expect(lea.hears()).toEqual([]);
      expect(ann.hears()).toEqual([]);
      await settle();
      expect(kurento.objects.size).toBe(0);
      expect(kurento.openScopes).toBe(0);
    });
  }

  it('goes on when a viewer leaves, and releases what was made for it', async () => {
    const { client, kurento } = hub();
    const [ann, bob, joe] = [client(), client(), client()];
    present(ann, 'ann');
    view(bob, 'bob');
    view(joe, 'joe');
    await settle();
    bob.closes('broken');
    await settle();
    expect(kurento.flows()).toEqual([['ann', 'joe']]);
    expect(kurento.objects.size).toBe(3);
    expect(heard(ann)).not.toContain('stopCommunication');
  });

  it('ignores the late callback of a presenter who stopped, whoever presents by then', async () => {
    const { client, kurento } = hub();
    const [ann, eve, bob] = [client(), client(), client()];
    kurento.hold();
    present(ann, 'ann');
    kurento.step(); // its pipeline is being answered
    ann.says({ id: 'stop' });
    present(eve, 'eve');
    kurento.resume();
    await settle();
    view(bob, 'bob');
    await settle();
    expect(ann.hears()).toEqual([]);
    expect(heard(eve)).toContain('presenterResponse');
    expect(kurento.flows()).toEqual([['eve', 'bob']]);
    expect(kurento.objects.size).toBe(3);
  });

  it('releases what a viewer created who left meanwhile', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client(), client()];
    present(ann, 'ann');
    await settle();
    kurento.hold();
    view(bob, 'bob');
    await settle();
    bob.says({ id: 'stop' });
    kurento.resume();
    await settle();
    expect(bob.hears()).toEqual([]);
    expect(kurento.objects.size).toBe(2);
  });

  it('connects a viewer that came while the presenter was being connected', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client(), client()];
    kurento.hold();
    present(ann, 'ann');
    view(bob, 'bob');
    expect(bob.hears()).toEqual([]);
    kurento.resume();
    await settle();
    expect(kurento.flows()).toEqual([['ann', 'bob']]);
  });

  it('answers such a viewer when the presenter gives up or fails', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client(), client()];
    kurento.hold();
    present(ann, 'ann');
    view(bob, 'bob');
    ann.says({ id: 'stop' });
    expect(bob.hears()).toMatchObject([{ id: 'viewerResponse', response: 'rejected', code: 'no-presenter' }]);
    present(ann, UNREADABLE);
    view(bob, 'bob');
    kurento.resume();
    await settle();
    expect(ann.hears()).toMatchObject([
      { id: 'presenterResponse', response: 'rejected', code: 'sdp-rejected' },
    ]);
    expect(bob.hears()).toMatchObject([{ id: 'viewerResponse', response: 'rejected', code: 'no-presenter' }]);
    expect(kurento.objects.size).toBe(0);
  });

  it('refuses a viewer whose offer is unreadable without disturbing the others', async () => {
    const { client, kurento } = hub();
    const [ann, bob, joe] = [client(), client(), client()];
    present(ann, 'ann');
    view(joe, 'joe');
    await settle();
    view(bob, UNREADABLE);
    await settle();
    expect(bob.hears()).toMatchObject([{ id: 'viewerResponse', response: 'rejected', code: 'sdp-rejected' }]);
    expect(kurento.flows()).toEqual([['ann', 'joe']]);
    expect(kurento.objects.size).toBe(3);
  });

  it('replaces what a connection did before: presenting again, or watching instead', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client(), client()];
    present(ann, 'ann');
    view(bob, 'bob');
    await settle();
    ann.hears();
    bob.hears();
    present(ann, 'ann again');
    expect(bob.hears()).toEqual([{ id: 'stopCommunication' }]);
    view(bob, 'bob again');
    await settle();
    expect(kurento.flows()).toEqual([['ann again', 'bob again']]);
    present(bob, 'bob');
    expect(bob.hears().at(-1)).toMatchObject({ id: 'presenterResponse', response: 'rejected' });
    await settle();
    expect(kurento.objects.size).toBe(2);
  });

  it('is taken back by its presenter, who proves it, before the hub has noticed a dead connection', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client(true), client()];
    present(ann, 'ann');
    view(bob, 'bob');
    await settle();
    const response = ann.hears().find((message) => message.id === 'presenterResponse');
    const secret = response?.response === 'accepted' ? (response.secret ?? '') : '';
    expect(secret).not.toBe('');
    const again = client(true);
    for (const wrong of ['', 'secret-0', `${secret} `]) {
      present(again, 'again', { secret: wrong });
      expect(again.hears().at(-1)).toMatchObject({ response: 'rejected', code: 'presenter-busy' });
    }
    bob.hears();
    present(again, 'again', { secret });
    expect(bob.hears()).toEqual([{ id: 'stopCommunication' }]);
    view(bob, 'bob again');
    await settle();
    expect(again.hears().find((message) => message.id === 'presenterResponse')).toMatchObject({
      response: 'accepted',
    });
    ann.says({ id: 'stop' });
    ann.closes('silent');
    await settle();
    expect(kurento.flows()).toEqual([['again', 'bob again']]);
    expect(kurento.objects.size).toBe(3);
  });

  it('keeps candidates that come early, in order and bounded, and never mixes those of two offers', async () => {
    const { client, kurento } = hub();
    const ann = client();
    const offer = 'v=0\r\na=ice-ufrag:New1\r\n';
    ann.says({ id: 'onIceCandidate', candidate: { ...candidate('left over'), usernameFragment: 'Old1' } });
    ann.says({ id: 'onIceCandidate', candidate: { ...candidate('first'), usernameFragment: 'New1' } });
    present(ann, offer);
    ann.says({ id: 'onIceCandidate', candidate: candidate('second ufrag New1') });
    ann.says({ id: 'onIceCandidate', candidate: candidate('third') });
    await settle();
    expect(kurento.candidatesFor(offer)).toEqual(['first', 'second ufrag New1', 'third']);
    ann.says({ id: 'stop' });
    ann.hears();
    for (let i = 0; i < 1_000; i++) ann.says({ id: 'onIceCandidate', candidate: candidate(`${i}`) });
    expect(ann.hears()).toMatchObject([{ id: 'error', code: 'too-many-candidates' }]);
    present(ann, 'again');
    await settle();
    expect(kurento.candidatesFor('again')).toHaveLength(256);
  });

  it('tells everybody when the media server is lost, and starts anew when it is back', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client(), client()];
    present(ann, 'ann');
    view(bob, 'bob');
    await settle();
    ann.hears();
    bob.hears();
    kurento.lose();
    expect(ann.hears()).toMatchObject([
      { id: 'stopCommunication', code: 'media-server-unavailable', retryable: true },
    ]);
    expect(bob.hears()).toMatchObject([{ id: 'stopCommunication', code: 'media-server-unavailable' }]);
    present(ann, 'ann');
    await settle();
    expect(ann.hears()).toMatchObject([
      { id: 'presenterResponse', response: 'rejected', code: 'media-server-unavailable' },
    ]);
    kurento.comeBack();
    present(ann, 'ann');
    view(bob, 'bob');
    await settle();
    expect(kurento.flows()).toEqual([['ann', 'bob']]);
  });
});

describe('channels', () => {
  it('have a presenter each, and names that objects call their own are free', async () => {
    const { client, kurento } = hub();
    const presenters = ['', 'constructor', '__proto__'].map((channel) => {
      const one = client();
      present(one, `offer ${channel}`, { channel });
      return one;
    });
    const bob = client();
    view(bob, 'bob', ' constructor ');
    await settle();
    for (const one of presenters)
      expect(one.hears()).toMatchObject([{ response: 'accepted' }, { id: 'iceCandidate' }]);
    expect(kurento.flows()).toEqual([['offer constructor', 'bob']]);
    const eve = client();
    present(eve, 'eve', { channel: 'a\u202eb' });
    expect(eve.hears()).toMatchObject([{ response: 'rejected', code: 'name-invalid' }]);
  });

  it('are listed for those who said hello, with their viewers, at once and whenever it changes', async () => {
    const { client, services } = hub();
    const list = client(true);
    expect(list.hears()).toEqual([{ id: 'channels', channels: [] }]);
    const [ann, bob] = [client(), client()];
    const since = services.clock.now();
    present(ann, 'ann', { channel: 'news' });
    view(bob, 'bob', 'news');
    await settle();
    services.clock.advance(ANNOUNCE_DELAY_MS);
    expect(list.hears()).toEqual([{ id: 'channels', channels: [{ channel: 'news', viewers: 1, since }] }]);
    bob.closes();
    services.clock.advance(ANNOUNCE_DELAY_MS);
    expect(list.hears()).toEqual([{ id: 'channels', channels: [{ channel: 'news', viewers: 0, since }] }]);
    ann.closes();
    services.clock.advance(ANNOUNCE_DELAY_MS);
    expect(list.hears()).toEqual([{ id: 'channels', channels: [] }]);
    expect(heard(ann)).not.toContain('channels');
    expect(services.clock.waiting).toBe(0);
  });

  it('can ask presenters for a key', async () => {
    const { client, services } = hub();
    services.key = 'open sesame';
    const ann = client();
    for (const key of [undefined, '', 'open', 'open sesame ']) {
      present(ann, 'ann', key === undefined ? {} : { key });
      expect(ann.hears()).toMatchObject([
        { id: 'presenterResponse', response: 'rejected', code: 'presenter-key-wrong' },
      ]);
    }
    expect(services.kurento.openScopes).toBe(0);
    present(ann, 'ann', { key: 'open sesame' });
    await settle();
    expect(ann.hears()).toMatchObject([{ response: 'accepted' }, { id: 'iceCandidate' }]);
  });

  it('lets nobody try one key after the other, on however many connections, and leaves others alone', async () => {
    const { client, services } = hub();
    services.key = '7';
    const codes: unknown[] = [];
    for (let key = 0; key < 10; key += 1) {
      const guesser = client();
      present(guesser, 'guesser', { key: String(key) });
      const [answer] = guesser.hears();
      codes.push(answer && 'code' in answer ? answer.code : answer);
      guesser.closes();
    }
    expect(codes.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => 'presenter-key-wrong'));
    expect(codes.slice(5)).toEqual(Array.from({ length: 5 }, () => 'too-many-guesses'));
    const neighbour = client(false, '192.168.0.8');
    present(neighbour, 'neighbour', { key: '7' });
    await settle();
    expect(neighbour.hears()).toMatchObject([{ response: 'accepted' }, { id: 'iceCandidate' }]);
  });
});
