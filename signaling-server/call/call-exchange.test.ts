import { describe, expect, it } from 'vitest';
import { RESUME_WINDOW_MS, RING_TIMEOUT_MS } from '../../protocol/call';
import type { Replies } from '../../protocol/signaling';
import { FakeClient, fakeServices, settle } from '../../test/fakes/fake-connection';
import { UNREADABLE } from '../../test/fakes/fake-kurento';
import { ANNOUNCE_DELAY_MS } from '../announcer';
import { createCallMode } from './index';

function hub() {
  const services = fakeServices();
  const mode = createCallMode(services);
  const client = (name?: string, hello = false) => {
    const one = new FakeClient(mode, hello);
    if (name !== undefined) {
      one.says({ id: 'register', name });
      expect(one.hears()[0]).toMatchObject({ id: 'registerResponse', response: 'accepted' });
    }
    return one;
  };
  return { mode, services, kurento: services.kurento, clock: services.clock, client };
}
type Client = ReturnType<ReturnType<typeof hub>['client']>;

const call = (from: Client, to: string, sdpOffer: string = `${to}'s caller`) =>
  from.says({ id: 'call', to, sdpOffer });
const accept = (client: Client, from: string, sdpOffer = `${from}'s callee`) =>
  client.says({ id: 'incomingCallResponse', from, callResponse: 'accept', sdpOffer });
const reject = (client: Client, from: string, message = 'user declined') =>
  client.says({ id: 'incomingCallResponse', from, callResponse: 'reject', message });
const candidate = (text: string) => ({ candidate: text, sdpMid: '0', sdpMLineIndex: 0 });

/** ann and bob in a call, with nothing left to hear. */
async function inCall(world: ReturnType<typeof hub>, hello = false): Promise<[Client, Client]> {
  const [ann, bob] = [world.client('ann', hello), world.client('bob', hello)];
  call(ann, 'bob', 'ann');
  accept(bob, 'ann', 'bob');
  await settle();
  world.clock.advance(ANNOUNCE_DELAY_MS);
  ann.hears();
  bob.hears();
  return [ann, bob];
}

describe('registering', () => {
  it('answers as the tutorial does', () => {
    const { client } = hub();
    const [ann, eve] = [client(), client()];
    ann.says({ id: 'register', name: 'ann' });
    expect(ann.hears()).toEqual([{ id: 'registerResponse', response: 'accepted' }]);
    eve.says({ id: 'register', name: ' ann ' });
    expect(eve.hears()).toMatchObject([
      {
        id: 'registerResponse',
        response: 'rejected',
        message: 'User ann is already registered',
        code: 'name-taken',
      },
    ]);
  });

  it('refuses an empty name, and leaves names that objects call their own free', () => {
    const { client } = hub();
    const ann = client();
    for (const name of ['', '   ', 'a\nb', 'x'.repeat(65)]) {
      ann.says({ id: 'register', name });
      expect(ann.hears()).toMatchObject([{ response: 'rejected', code: 'name-invalid' }]);
    }
    const [a, b] = [client('constructor'), client('__proto__')];
    call(a, '__proto__');
    expect(b.hears()).toEqual([{ id: 'incomingCall', from: 'constructor' }]);
  });

  it('twice on one connection frees the first name, or keeps it when the second is taken', () => {
    const { client } = hub();
    const [ann, eve] = [client('ann'), client('eve')];
    ann.says({ id: 'register', name: 'eve' });
    expect(ann.hears()).toMatchObject([{ response: 'rejected', code: 'name-taken' }]);
    call(eve, 'ann');
    expect(ann.hears()).toMatchObject([{ id: 'incomingCall', from: 'eve' }]);
    eve.says({ id: 'stop' });
    ann.says({ id: 'register', name: 'bea' });
    client('ann');
    call(eve, 'bea');
    expect(ann.hears().at(-1)).toMatchObject({ id: 'incomingCall', from: 'eve' });
  });

  it('is free again when the connection is gone', () => {
    const { client } = hub();
    client('ann').closes('broken');
    client('ann');
  });

  it('under another name is refused during a call, which goes on', async () => {
    const world = hub();
    const [ann, bob] = await inCall(world);
    ann.says({ id: 'register', name: 'bea' });
    expect(ann.hears()).toMatchObject([{ response: 'rejected', code: 'wrong-state' }]);
    expect(bob.hears()).toEqual([]);
    expect(world.kurento.flows()).toHaveLength(2);
  });
});

describe('a call', () => {
  it('goes as recorded: incomingCall, then both answers, candidates after them, media both ways', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client('ann'), client('bob')];
    call(ann, 'bob', 'ann');
    expect(ann.hears()).toEqual([]);
    expect(bob.hears()).toEqual([{ id: 'incomingCall', from: 'ann' }]);
    accept(bob, 'ann', 'bob');
    await settle();
    expect(ann.hears()).toEqual([
      { id: 'callResponse', response: 'accepted', sdpAnswer: 'answer to ann' },
      { id: 'iceCandidate', candidate: candidate('candidate for ann') },
    ]);
    expect(bob.hears()).toEqual([
      { id: 'startCommunication', sdpAnswer: 'answer to bob' },
      { id: 'iceCandidate', candidate: candidate('candidate for bob') },
    ]);
    expect(kurento.flows()).toEqual([
      ['ann', 'bob'],
      ['bob', 'ann'],
    ]);
    expect(kurento.objects.size).toBe(3);
  });

  for (const who of ['caller', 'callee'] as const) {
    for (const how of ['stop', 'left', 'broken'] as const) {
      it(`ends for the other one when the ${who} is gone (${how}), and leaves nothing behind`, async () => {
        const world = hub();
        const [ann, bob] = await inCall(world);
        const [leaver, other] = who === 'caller' ? [ann, bob] : [bob, ann];
        if (how === 'stop') leaver.says({ id: 'stop' });
        else leaver.closes(how);
        const words = how === 'broken' ? { code: 'peer-lost' } : { message: 'remote user hanged out' };
        expect(other.hears()).toMatchObject([{ id: 'stopCommunication', ...words }]);
        expect(leaver.hears()).toEqual([]);
        await settle();
        expect(world.kurento.objects.size).toBe(0);
        expect(world.clock.waiting).toBeLessThanOrEqual(1); // the list of users, at most
        call(other, 'nobody');
        expect(other.hears()).toMatchObject([{ code: 'unknown-user' }]);
      });
    }
  }

  it('is refused with a reason of its own each: unregistered, unknown, oneself, busy', async () => {
    const world = hub();
    const { client } = world;
    const stranger = client();
    call(stranger, 'ann');
    expect(stranger.hears()).toMatchObject([
      { id: 'callResponse', response: 'rejected', code: 'not-registered' },
    ]);
    await inCall(world);
    const eve = client('eve');
    const refusals = [
      ['nobody', { message: 'User nobody is not registered', code: 'unknown-user' }],
      ['', { code: 'unknown-user' }],
      ['eve', { code: 'self-call' }],
      ['ann', { code: 'user-busy' }],
      ['bob', { code: 'user-busy' }],
    ] as const;
    for (const [to, refusal] of refusals) {
      call(eve, to);
      expect(eve.hears()).toMatchObject([{ id: 'callResponse', response: 'rejected', ...refusal }]);
    }
  });

  it('is declined with the tutorial sentence; a page that is occupied counts as busy', () => {
    const { client } = hub();
    const [ann, bob] = [client('ann'), client('bob')];
    call(ann, 'bob');
    reject(bob, 'ann');
    expect(ann.hears()).toEqual([
      { id: 'callResponse', response: 'rejected', message: 'user declined', code: 'call-declined' },
    ]);
    call(ann, 'bob');
    reject(bob, 'ann', 'bussy');
    expect(ann.hears()).toMatchObject([{ id: 'callResponse', response: 'rejected', code: 'user-busy' }]);
    call(ann, 'bob');
    bob.says({ id: 'stop' });
    expect(ann.hears()).toMatchObject([{ id: 'callResponse', response: 'rejected', code: 'call-declined' }]);
  });

  it('rings for thirty seconds', () => {
    const { client, clock } = hub();
    const [ann, bob] = [client('ann'), client('bob')];
    call(ann, 'bob');
    bob.hears();
    clock.advance(RING_TIMEOUT_MS - 1);
    expect(ann.hears()).toEqual([]);
    clock.advance(1);
    expect(ann.hears()).toMatchObject([
      { id: 'callResponse', response: 'rejected', code: 'call-unanswered' },
    ]);
    expect(bob.hears()).toMatchObject([{ id: 'stopCommunication', code: 'call-unanswered' }]);
    accept(bob, 'ann');
    expect(bob.hears()).toMatchObject([{ id: 'error', code: 'wrong-state' }]);
    expect(ann.hears()).toEqual([]);
    clock.advance(RING_TIMEOUT_MS);
    expect(clock.waiting).toBe(0);
  });

  it('can be cancelled while it rings; an answer on its way changes nothing', () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client('ann'), client('bob')];
    call(ann, 'bob');
    ann.says({ id: 'stop' });
    expect(bob.hears()).toEqual([
      { id: 'incomingCall', from: 'ann' },
      { id: 'stopCommunication', message: 'remote user hanged out' },
    ]);
    accept(bob, 'ann');
    expect(bob.hears()).toMatchObject([{ id: 'error', code: 'wrong-state' }]);
    reject(bob, 'ann');
    expect(bob.hears()).toEqual([]);
    expect(ann.hears()).toEqual([]);
    expect(kurento.openScopes).toBe(0);
  });

  it('that ends while the media server works on it leaves nothing behind and is not answered', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client('ann'), client('bob')];
    call(ann, 'bob');
    kurento.hold();
    accept(bob, 'ann');
    bob.hears();
    ann.says({ id: 'stop' });
    call(ann, 'bob', 'second');
    kurento.resume();
    await settle();
    expect(kurento.objects.size).toBe(0);
    expect(ann.hears()).toEqual([]);
    expect(bob.hears().map((message) => message.id)).toEqual(['stopCommunication', 'incomingCall']);
    accept(bob, 'ann', 'bob');
    await settle();
    expect(kurento.flows()).toEqual([
      ['bob', 'second'],
      ['second', 'bob'],
    ]);
  });

  it('that the media server cannot connect ends for both, and both can call again', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client('ann'), client('bob')];
    call(ann, 'bob', UNREADABLE);
    accept(bob, 'ann');
    await settle();
    expect(ann.hears()).toMatchObject([{ id: 'callResponse', response: 'rejected', code: 'sdp-rejected' }]);
    expect(bob.hears().at(-1)).toMatchObject({ id: 'stopCommunication', code: 'sdp-rejected' });
    expect(kurento.objects.size).toBe(0);
    call(bob, 'ann', 'bob');
    accept(ann, 'bob', 'ann');
    await settle();
    expect(kurento.flows()).toHaveLength(2);
  });

  it('ends with a reason when the media server is lost', async () => {
    const world = hub();
    const [ann, bob] = await inCall(world);
    world.kurento.lose();
    for (const one of [ann, bob]) {
      expect(one.hears()).toMatchObject([
        { id: 'stopCommunication', code: 'media-server-unavailable', retryable: true },
      ]);
    }
    world.kurento.comeBack();
    call(ann, 'bob', 'ann');
    accept(bob, 'ann', 'bob');
    await settle();
    expect(world.kurento.flows()).toHaveLength(2);
  });

  it('connects two who call each other at the same moment', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client('ann'), client('bob')];
    call(ann, 'bob', 'ann');
    call(bob, 'ann', 'bob');
    // The tutorial's page declines on its own what rings while it dials.
    reject(bob, 'ann', 'bussy');
    await settle();
    const answered = { id: 'callResponse', response: 'accepted' };
    expect(ann.hears()).toMatchObject([answered, { id: 'iceCandidate' }]);
    expect(bob.hears()).toMatchObject([
      { id: 'incomingCall' },
      { id: 'error', code: 'wrong-state' },
      answered,
      { id: 'iceCandidate' },
    ]);
    expect(kurento.flows()).toHaveLength(2);
  });

  it('is dialed also by one for whom it rings from elsewhere, who counts as busy for the other', () => {
    const { client } = hub();
    const [ann, bob, eve] = [client('ann'), client('bob'), client('eve')];
    call(ann, 'bob');
    call(bob, 'eve');
    expect(ann.hears()).toMatchObject([{ id: 'callResponse', response: 'rejected', code: 'user-busy' }]);
    expect(eve.hears()).toEqual([{ id: 'incomingCall', from: 'bob' }]);
  });

  it('keeps early candidates of either side in order, bounded, and only those of its own offer', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client('ann'), client('bob')];
    ann.says({ id: 'onIceCandidate', candidate: candidate('a1') });
    call(ann, 'bob', 'ann');
    ann.says({ id: 'onIceCandidate', candidate: candidate('a2') });
    bob.says({ id: 'onIceCandidate', candidate: candidate('b1') });
    accept(bob, 'ann', 'bob');
    bob.says({ id: 'onIceCandidate', candidate: candidate('b2') });
    await settle();
    expect(kurento.candidatesFor('ann')).toEqual(['a1', 'a2']);
    expect(kurento.candidatesFor('bob')).toEqual(['b1', 'b2']);
    ann.says({ id: 'stop' });
    ann.hears();
    for (let i = 0; i < 1_000; i++) ann.says({ id: 'onIceCandidate', candidate: candidate(`${i}`) });
    expect(ann.hears()).toMatchObject([{ id: 'error', code: 'too-many-candidates' }]);
  });
});

describe('what the tutorial servers get wrong', () => {
  it('candidates, calls, answers and stops before registering are refused or ignored, and the hub lives on', () => {
    const { client } = hub();
    const stranger = client();
    stranger.says({ id: 'onIceCandidate', candidate: candidate('x') });
    accept(stranger, 'ann');
    stranger.says({ id: 'stop' });
    expect(stranger.hears()).toMatchObject([
      { id: 'error', code: 'not-registered' },
      { id: 'error', code: 'not-registered' },
    ]);
    stranger.closes();
    client('ann');
  });

  it("a third party can neither answer nor decline nor end somebody else's call", async () => {
    const { client, kurento } = hub();
    const [ann, bob, eve, joe] = [client('ann'), client('bob'), client('eve'), client('joe')];
    call(ann, 'bob', 'ann');
    bob.hears();
    accept(eve, 'ann', 'eve');
    reject(eve, 'ann');
    eve.says({ id: 'stop' });
    accept(ann, 'ann', 'ann herself');
    expect(ann.hears()).toMatchObject([{ id: 'error', code: 'wrong-state' }]);
    call(joe, 'eve', 'joe');
    accept(eve, 'ann', 'eve');
    expect(eve.hears().at(-1)).toMatchObject({ id: 'error', code: 'wrong-state' });
    accept(bob, 'ann', 'bob');
    await settle();
    expect(kurento.flows()).toEqual([
      ['ann', 'bob'],
      ['bob', 'ann'],
    ]);
  });

  it('the name that a message claims is not believed', () => {
    const { client } = hub();
    const [eve, bob] = [client('eve'), client('bob')];
    eve.says({ id: 'call', from: 'ann', to: 'bob', sdpOffer: 'eve' });
    expect(bob.hears()).toEqual([{ id: 'incomingCall', from: 'eve' }]);
  });

  it('an attempt to call somebody busy does not redirect their hang-up', async () => {
    const world = hub();
    const [ann, bob] = await inCall(world);
    const eve = world.client('eve');
    call(eve, 'bob');
    eve.hears();
    bob.says({ id: 'stop' });
    expect(ann.hears()).toMatchObject([{ id: 'stopCommunication' }]);
    expect(eve.hears()).toEqual([]);
    expect(bob.hears()).toEqual([]);
  });

  it('calling while in a call is refused, and the call goes on', async () => {
    const world = hub();
    const [ann, bob] = await inCall(world);
    world.client('eve');
    call(ann, 'eve');
    expect(ann.hears()).toMatchObject([{ id: 'error', code: 'wrong-state' }]);
    expect(bob.hears()).toEqual([]);
    expect(world.kurento.flows()).toHaveLength(2);
  });

  it('answering twice changes nothing', async () => {
    const world = hub();
    const [ann, bob] = await inCall(world);
    accept(bob, 'ann', 'again');
    expect(bob.hears()).toMatchObject([{ id: 'error', code: 'wrong-state' }]);
    await settle();
    expect(ann.hears()).toEqual([]);
    expect(world.kurento.flows()).toEqual([
      ['ann', 'bob'],
      ['bob', 'ann'],
    ]);
  });

  it('a page that did not say hello gets nothing that the tutorial does not know', async () => {
    const world = hub();
    const [ann, bob] = [world.client('ann'), world.client('bob')];
    const lea = world.client('lea', true);
    world.clock.advance(ANNOUNCE_DELAY_MS);
    call(ann, 'bob');
    accept(bob, 'ann');
    await settle();
    ann.says({ id: 'stop' });
    lea.closes('broken');
    world.clock.advance(60_000);
    const known = new Set([
      'callResponse',
      'incomingCall',
      'startCommunication',
      'stopCommunication',
      'iceCandidate',
    ]);
    for (const message of [...ann.hears(), ...bob.hears()]) expect(known).toContain(message.id);
  });
});

describe('a client that said hello', () => {
  it('hears who else is registered, and who is busy', () => {
    const { client, clock } = hub();
    const ann = client('ann', true);
    clock.advance(ANNOUNCE_DELAY_MS);
    ann.hears();
    const [bob] = [client('bob'), client('eve')];
    clock.advance(ANNOUNCE_DELAY_MS);
    expect(ann.hears()).toEqual([
      {
        id: 'users',
        users: [
          { name: 'bob', busy: false },
          { name: 'eve', busy: false },
        ],
      },
    ]);
    call(bob, 'eve');
    clock.advance(ANNOUNCE_DELAY_MS);
    expect(ann.hears()).toEqual([
      {
        id: 'users',
        users: [
          { name: 'bob', busy: true },
          { name: 'eve', busy: true },
        ],
      },
    ]);
    bob.closes();
    clock.advance(ANNOUNCE_DELAY_MS);
    expect(ann.hears()).toEqual([{ id: 'users', users: [{ name: 'eve', busy: false }] }]);
  });

  it('hears nothing about others before it is registered itself', () => {
    const { client, clock } = hub();
    const spy = client(undefined, true);
    client('ann');
    clock.advance(ANNOUNCE_DELAY_MS);
    expect(spy.hears()).toEqual([]);
  });

  it('hears that it rings at the other side', () => {
    const { client } = hub();
    const ann = client('ann', true);
    client('bob');
    ann.hears();
    call(ann, 'bob');
    expect(ann.hears()).toEqual([{ id: 'ringing', to: 'bob' }]);
  });
});

describe('what crosses on the wire', () => {
  it('a stop that meant the call before does not silently end the one that rings now', () => {
    const { client } = hub();
    const [ann, bob, eve] = [client('ann'), client('bob'), client('eve')];
    call(ann, 'bob');
    bob.hears();
    ann.says({ id: 'stop' });
    call(eve, 'bob');
    bob.says({ id: 'stop' }); // sent when ann's call still rang
    expect(bob.hears().map((message) => message.id)).toEqual([
      'stopCommunication',
      'incomingCall',
      'stopCommunication',
    ]);
    expect(eve.hears()).toMatchObject([{ id: 'callResponse', response: 'rejected', code: 'call-declined' }]);
  });

  it('rings once more for one who dialed in vain before hearing that it rings', () => {
    const { client } = hub();
    const [ann, bob] = [client('ann'), client('bob', true)];
    bob.hears();
    call(ann, 'bob');
    bob.says({ id: 'call', to: 'nobody', sdpOffer: 'v=0', callId: 'b1' });
    const [first, refused, again] = bob.hears();
    expect(refused).toMatchObject({
      id: 'callResponse',
      response: 'rejected',
      code: 'unknown-user',
      callId: 'b1',
    });
    expect(again).toEqual(first);
    expect(first).toMatchObject({ id: 'incomingCall', from: 'ann' });
    expect(ann.hears()).toEqual([]);
  });

  it('is told apart by the name of the call, where a client uses it', async () => {
    const { client, kurento } = hub();
    const [ann, bob] = [client('ann', true), client('bob', true)];
    const callIdOf = () => {
      const message = bob.hears().find((one) => one.id === 'incomingCall');
      return message?.callId ?? '';
    };
    ann.says({ id: 'call', to: 'bob', sdpOffer: 'first', callId: 'a1' });
    const first = callIdOf();
    ann.says({ id: 'stop', callId: 'a1' });
    ann.hears();
    ann.says({ id: 'call', to: 'bob', sdpOffer: 'second', callId: 'a2' });
    expect(ann.hears()).toEqual([{ id: 'ringing', to: 'bob', callId: 'a2' }]);
    const second = callIdOf();
    // Late answers and stops for the first call.
    bob.says({
      id: 'incomingCallResponse',
      from: 'ann',
      callResponse: 'accept',
      sdpOffer: 'late',
      callId: first,
    });
    bob.says({ id: 'incomingCallResponse', from: 'ann', callResponse: 'reject', callId: first });
    bob.says({ id: 'stop', callId: first });
    ann.says({ id: 'stop', callId: 'a1' });
    expect([...ann.hears(), ...bob.hears()]).toEqual([]);
    bob.says({
      id: 'incomingCallResponse',
      from: 'ann',
      callResponse: 'accept',
      sdpOffer: 'bob',
      callId: second,
    });
    await settle();
    expect(ann.hears()[0]).toMatchObject({ id: 'callResponse', response: 'accepted', callId: 'a2' });
    expect(bob.hears()[0]).toMatchObject({ id: 'startCommunication', callId: second });
    expect(kurento.flows()).toEqual([
      ['bob', 'second'],
      ['second', 'bob'],
    ]);
    ann.says({ id: 'call', to: 'nobody', sdpOffer: 'third', callId: 'a3' });
    expect(ann.hears()).toMatchObject([{ id: 'callResponse', response: 'rejected', callId: 'a3' }]);
  });
});

describe('a lost connection', () => {
  const HUNG_UP = { id: 'stopCommunication', message: 'remote user hanged out' };
  const register = (world: ReturnType<typeof hub>, name: string, secret?: string) => {
    const one = world.client(undefined, true);
    one.says({ id: 'register', name, ...(secret !== undefined && { secret }) });
    return one;
  };
  const secretOf = (replies: Replies['/one2one'][]) => {
    const [reply] = replies;
    if (reply?.id !== 'registerResponse' || reply.response !== 'accepted' || reply.secret === undefined) {
      throw new Error('no secret was issued');
    }
    return reply.secret;
  };
  /** ann (with a secret) and bob (greeted) in a call. */
  async function callWithSecret() {
    const world = hub();
    const ann = register(world, 'ann');
    const secret = secretOf(ann.hears());
    const bob = register(world, 'bob');
    call(ann, 'bob', 'ann');
    accept(bob, 'ann', 'bob');
    await settle();
    world.clock.advance(ANNOUNCE_DELAY_MS);
    ann.hears();
    bob.hears();
    return { world, ann, bob, secret };
  }

  it('does not end the call: the peer is told, media goes on, and the secret takes the identity back', async () => {
    const { world, ann, bob, secret } = await callWithSecret();
    const before = world.kurento.flows();
    ann.closes('broken');
    expect(bob.hears()).toEqual([{ id: 'peerConnection', state: 'lost' }]);
    world.clock.advance(RESUME_WINDOW_MS - 1);
    expect(world.kurento.flows()).toEqual(before);
    const again = register(world, 'ann', secret);
    const heard = again.hears();
    expect(heard[0]).toMatchObject({
      id: 'registerResponse',
      response: 'accepted',
      secret,
      resumed: { peer: 'bob', role: 'caller', at: 'live' },
    });
    // What it may have missed is told again.
    expect(heard.map((message) => message.id)).toEqual([
      'registerResponse',
      'users',
      'ringing',
      'callResponse',
      'iceCandidate',
    ]);
    expect(bob.hears()).toContainEqual({ id: 'peerConnection', state: 'back' });
    world.clock.advance(10 * RESUME_WINDOW_MS);
    expect(world.kurento.flows()).toEqual(before);
    bob.hears();
    again.says({ id: 'onIceCandidate', candidate: candidate('late') });
    again.says({ id: 'stop' });
    expect(bob.hears()).toEqual([expect.objectContaining(HUNG_UP)]);
    await settle();
    expect(world.kurento.objects.size).toBe(0);
  });

  it('ends the call when it does not come back in time', async () => {
    const { world, ann, bob } = await callWithSecret();
    ann.closes('silent');
    bob.hears();
    world.clock.advance(RESUME_WINDOW_MS);
    expect(bob.hears()).toContainEqual(
      expect.objectContaining({ id: 'stopCommunication', code: 'peer-lost' }),
    );
    await settle();
    expect(world.kurento.objects.size).toBe(0);
    register(world, 'ann');
  });

  it('leaves the name to nobody else meanwhile, with or without a wrong secret', async () => {
    const { world, ann, secret } = await callWithSecret();
    ann.closes('broken');
    for (const wrong of [undefined, '', 'secret-0', `${secret} `]) {
      const thief = register(world, 'ann', wrong);
      expect(thief.hears()).toMatchObject([{ response: 'rejected', code: 'name-taken' }]);
      thief.says({ id: 'stop' });
      thief.says({ id: 'onIceCandidate', candidate: candidate('x') });
      expect(thief.hears()).toMatchObject([{ id: 'error', code: 'not-registered' }]);
    }
    expect(world.kurento.flows()).toHaveLength(2);
  });

  it('is taken back also before the hub has noticed; the old connection speaks for nobody then', async () => {
    const { world, ann, bob, secret } = await callWithSecret();
    const again = register(world, 'ann', secret);
    expect(again.hears()[0]).toMatchObject({ resumed: { peer: 'bob' } });
    ann.says({ id: 'stop' });
    ann.closes('silent');
    world.clock.advance(10 * RESUME_WINDOW_MS);
    expect(bob.hears().map((message) => message.id)).not.toContain('stopCommunication');
    again.says({ id: 'stop' });
    expect(bob.hears()).toContainEqual(expect.objectContaining(HUNG_UP));
  });

  it('gets a call that rings meanwhile, also for one who dials', () => {
    const world = hub();
    const ann = register(world, 'ann');
    const secret = secretOf(ann.hears());
    const bob = register(world, 'bob');
    ann.closes('broken');
    bob.hears();
    call(bob, 'ann');
    expect(bob.hears()).toEqual([{ id: 'peerConnection', state: 'lost' }]);
    const again = register(world, 'ann', secret);
    expect(again.hears()).toContainEqual(expect.objectContaining({ id: 'incomingCall', from: 'bob' }));
    expect(bob.hears()).toEqual([
      { id: 'peerConnection', state: 'back' },
      { id: 'ringing', to: 'ann' },
    ]);
  });

  it('hears afterwards how the call ended meanwhile, before it is told that it has none', async () => {
    const { world, ann, bob, secret } = await callWithSecret();
    ann.closes('broken');
    bob.says({ id: 'stop' });
    const again = register(world, 'ann', secret);
    expect(again.hears().slice(0, 2)).toMatchObject([
      { id: 'stopCommunication', message: 'remote user hanged out' },
      { id: 'registerResponse', response: 'accepted', secret },
    ]);
  });

  it('of both sides: each is told on coming back how the other one stands', async () => {
    const { world, ann, bob, secret } = await callWithSecret();
    bob.closes('broken');
    expect(ann.hears()).toEqual([{ id: 'peerConnection', state: 'lost' }]);
    ann.closes('broken');
    const again = register(world, 'ann', secret);
    expect(again.hears().at(-1)).toEqual({ id: 'peerConnection', state: 'lost' });
    world.clock.advance(RESUME_WINDOW_MS);
    expect(again.hears()).toContainEqual(
      expect.objectContaining({ id: 'stopCommunication', code: 'peer-lost' }),
    );
  });

  it('on purpose ends the call at once, secret or not', async () => {
    const { ann, bob } = await callWithSecret();
    ann.closes('left');
    expect(bob.hears()).toEqual([expect.objectContaining(HUNG_UP)]);
  });

  it('leaves no timer behind when the hub closes', async () => {
    const { world, ann } = await callWithSecret();
    const services = world.services;
    ann.closes('broken');
    await world.mode.close();
    expect(world.clock.waiting).toBe(0);
    expect(services.kurento.objects.size).toBe(0);
  });
});

describe('another way for the media of a call', () => {
  it('gives one side a fresh endpoint between the same two, and disturbs the other side in nothing', async () => {
    const world = hub();
    const [ann, bob] = await inCall(world);
    const before = world.kurento.objects.size;
    ann.says({ id: 'renew', sdpOffer: 'ann again' });
    ann.says({ id: 'onIceCandidate', candidate: candidate('ann again') });
    await settle();
    expect(ann.hears()).toMatchObject([
      { id: 'renewed', sdpAnswer: 'answer to ann again' },
      { id: 'iceCandidate', candidate: candidate('candidate for ann again') },
    ]);
    expect(bob.hears()).toEqual([]);
    expect(world.kurento.objects.size).toBe(before);
    ann.says({ id: 'stop' });
    await settle();
    expect(bob.hears()).toMatchObject([{ id: 'stopCommunication' }]);
    expect(world.kurento.objects.size).toBe(0);
  });

  it('restarts ICE on the endpoint that there is, once for the same offer', async () => {
    const world = hub();
    const [ann, bob] = await inCall(world);
    const before = [...world.kurento.objects.keys()];
    for (let time = 0; time < 2; time += 1) ann.says({ id: 'restart', sdpOffer: 'ann moved' });
    await settle();
    expect(ann.hears()).toMatchObject([
      { id: 'restarted', response: 'accepted', sdpAnswer: 'answer to ann moved' },
    ]);
    bob.says({ id: 'restart', sdpOffer: `bob ${UNREADABLE}` });
    await settle();
    expect(bob.hears()).toMatchObject([{ id: 'restarted', response: 'rejected' }]);
    expect([...world.kurento.objects.keys()]).toEqual(before);
    ann.says({ id: 'stop' });
    await settle();
    expect(bob.hears()).toMatchObject([{ id: 'stopCommunication' }]);
  });

  it('is refused where no call stands', async () => {
    const world = hub();
    const [ann, bob] = [world.client('ann'), world.client('bob')];
    ann.says({ id: 'renew', sdpOffer: 'x' });
    expect(ann.hears()).toMatchObject([{ id: 'error', code: 'wrong-state' }]);
    call(ann, 'bob');
    bob.hears();
    ann.says({ id: 'renew', sdpOffer: 'x' });
    bob.says({ id: 'renew', sdpOffer: 'x' });
    expect(ann.hears()).toMatchObject([{ id: 'error', code: 'wrong-state' }]);
    expect(bob.hears()).toMatchObject([{ id: 'error', code: 'wrong-state' }]);
    await settle();
  });

  it('answers the last of several offers, and nobody after the end', async () => {
    const world = hub();
    const [ann] = await inCall(world);
    const before = world.kurento.objects.size;
    ann.says({ id: 'renew', sdpOffer: 'first' });
    ann.says({ id: 'renew', sdpOffer: 'second' });
    await settle();
    const answers = ann.hears().filter((message) => (message as { id: string }).id === 'renewed');
    expect(answers).toMatchObject([{ sdpAnswer: 'answer to second' }]);
    expect(world.kurento.objects.size).toBe(before);
    ann.says({ id: 'renew', sdpOffer: 'third' });
    ann.says({ id: 'stop' });
    await settle();
    expect(ann.hears()).toEqual([]);
    expect(world.kurento.objects.size).toBe(0);
  });
});

describe('what can be seen and heard', () => {
  const seen = (camera: boolean, microphone = true, screen = false) =>
    ({ id: 'media', camera, microphone, screen }) as const;
  const told = (client: Client) => client.hears().filter(({ id }) => id === 'peerMedia');

  it('is told to the other side once the call stands, and after each change', async () => {
    const { client, clock } = hub();
    const [ann, bob] = [client('ann', true), client('bob', true)];
    ann.says({ id: 'call', to: 'bob', sdpOffer: 'ann', callId: 'a-1' });
    ann.says({ ...seen(false), callId: 'a-1' });
    accept(bob, 'ann', 'bob');
    bob.says(seen(true));
    clock.advance(ANNOUNCE_DELAY_MS);
    expect([told(ann), told(bob)]).toEqual([[], []]);
    await settle();
    clock.advance(ANNOUNCE_DELAY_MS);
    expect(told(ann)).toEqual([
      { id: 'peerMedia', camera: true, microphone: true, screen: false, callId: 'a-1' },
    ]);
    expect(told(bob)).toMatchObject([{ id: 'peerMedia', camera: false, microphone: true, screen: false }]);
    bob.says(seen(true, false));
    clock.advance(ANNOUNCE_DELAY_MS);
    expect(told(ann)).toMatchObject([{ microphone: false }]);
    expect(told(bob)).toEqual([]);
  });

  it('goes only to a client that speaks of it, and never to a page without hello', async () => {
    const world = hub();
    const [ann, bob] = await inCall(world, true);
    ann.says(seen(false));
    world.clock.advance(ANNOUNCE_DELAY_MS);
    expect([told(ann), told(bob)]).toEqual([[], []]);
    const other = hub();
    const [eve, dan] = await inCall(other);
    eve.says(seen(false));
    dan.says(seen(false));
    other.clock.advance(ANNOUNCE_DELAY_MS);
    expect([eve.hears(), dan.hears()]).toEqual([[], []]);
  });

  it('however often it changes, is told at a bearable rate, and not when it is what it was', async () => {
    const world = hub();
    const [ann, bob] = await inCall(world, true);
    bob.says(seen(true));
    for (let turn = 0; turn < 200; turn++) ann.says(seen(turn % 2 === 0));
    world.clock.advance(ANNOUNCE_DELAY_MS);
    expect(told(bob)).toMatchObject([{ camera: false }]);
    ann.says(seen(true));
    ann.says(seen(false));
    world.clock.advance(ANNOUNCE_DELAY_MS);
    expect(told(bob)).toEqual([]);
  });

  it('is told again to a side that comes back after a lost connection and speaks of it', async () => {
    const world = hub();
    const [ann, bob] = [new FakeClient(world.mode, true), world.client('bob', true)];
    ann.says({ id: 'register', name: 'ann' });
    const [answer] = ann.hears();
    const secret = answer?.id === 'registerResponse' && answer.response === 'accepted' ? answer.secret : '';
    call(ann, 'bob');
    accept(bob, 'ann');
    await settle();
    for (const client of [ann, bob]) client.says(seen(false));
    world.clock.advance(ANNOUNCE_DELAY_MS);
    expect(told(ann)).toHaveLength(1);
    ann.closes('broken');
    const again = new FakeClient(world.mode, true);
    again.says({ id: 'register', name: 'ann', secret: secret ?? '' });
    world.clock.advance(ANNOUNCE_DELAY_MS);
    expect(told(again)).toEqual([]);
    again.says(seen(false));
    world.clock.advance(ANNOUNCE_DELAY_MS);
    expect(told(again)).toMatchObject([{ camera: false }]);
  });

  it('concerns nobody outside of a call, or in another call than the present one', async () => {
    const world = hub();
    const nobody = world.client();
    nobody.says(seen(true));
    expect(nobody.hears()).toMatchObject([{ id: 'error', code: 'not-registered' }]);
    const [ann, bob] = await inCall(world, true);
    bob.says(seen(true));
    ann.says({ ...seen(false), callId: 'over' });
    world.clock.advance(ANNOUNCE_DELAY_MS);
    expect(told(bob)).toEqual([]);
    ann.says({ id: 'stop' });
    ann.says(seen(false));
    world.clock.advance(ANNOUNCE_DELAY_MS);
    expect(told(bob)).toEqual([]);
    expect(ann.hears().filter(({ id }) => id === 'error')).toEqual([]);
  });
});
