/** Calls over real sockets, with the embedded media server. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HubClient } from '../support/hub-client';
import { startTestHub, type TestHub } from '../support/hub';
import { until } from '../support/until';

type Client = HubClient<'/one2one'>;

const offer = readFileSync(new URL('../fixtures/sdp/chromium-sendrecv.sdp', import.meta.url), 'utf8');

let stack: TestHub;
const clients: Client[] = [];
beforeAll(async () => {
  stack = await startTestHub();
});
afterEach(async () => {
  for (const client of clients.splice(0)) if (!client.closed) await client.close();
  await until(() => objects() > 0 && objects());
});
afterAll(() => stack.close());

const objects = () => stack.mediaServer.counts().objects;

async function connect(hello = true): Promise<Client> {
  const client = await HubClient.open(stack.hub.url, '/one2one');
  clients.push(client);
  if (hello) {
    client.send({ id: 'hello', version: 1 });
    await client.next('welcome');
  }
  return client;
}
async function register(name: string, options: { secret?: string; hello?: boolean } = {}): Promise<Client> {
  const client = await connect(options.hello);
  client.send({ id: 'register', name, ...(options.secret !== undefined && { secret: options.secret }) });
  expect(await client.next('registerResponse')).toMatchObject({ response: 'accepted' });
  return client;
}
async function secretOf(client: Client): Promise<string> {
  const reply = await client.next('registerResponse');
  if (reply.response !== 'accepted' || reply.secret === undefined) throw new Error('no secret');
  return reply.secret;
}
async function connectCall(ann: Client, bob: Client): Promise<void> {
  ann.send({ id: 'call', from: 'ann', to: 'bob', sdpOffer: offer });
  await bob.next('incomingCall');
  bob.send({ id: 'incomingCallResponse', from: 'ann', callResponse: 'accept', sdpOffer: offer });
  expect(await ann.next('callResponse')).toMatchObject({ response: 'accepted' });
  await bob.next('startCommunication');
  expect(objects()).toBe(3);
}

describe('a call over the hub', () => {
  it('survives a broken socket: the secret brings the caller back, and the media stays untouched', async () => {
    const [ann, bob] = [await register('ann'), await register('bob')];
    const secret = await secretOf(ann);
    await connectCall(ann, bob);
    ann.drop();
    expect(await bob.next('peerConnection')).toMatchObject({ state: 'lost' });
    const thief = await connect();
    thief.send({
      id: 'register',
      name: 'ann',
      secret: secret.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
    });
    expect(await thief.next('registerResponse')).toMatchObject({ response: 'rejected', code: 'name-taken' });
    const again = await register('ann', { secret });
    expect(again.all('registerResponse')[0]).toMatchObject({
      resumed: { peer: 'bob', at: 'live', role: 'caller' },
    });
    expect(await bob.next('peerConnection', 2)).toMatchObject({ state: 'back' });
    // What it may have missed.
    await again.next('callResponse');
    await again.next('iceCandidate');
    expect(objects()).toBe(3);
    expect(bob.all('stopCommunication')).toEqual([]);
    again.send({ id: 'stop' });
    expect(await bob.next('stopCommunication')).toMatchObject({ message: 'remote user hanged out' });
  });

  it('ends at once for the peer of a page that cannot come back', async () => {
    const [ann, bob] = [await register('ann', { hello: false }), await register('bob')];
    await connectCall(ann, bob);
    ann.drop();
    await bob.next('stopCommunication', 1, 2_000);
    const known = ['registerResponse', 'callResponse', 'iceCandidate'];
    for (const { id } of ann.messages) expect(known).toContain(id);
  });

  it('ends at once for the peer of one who leaves on purpose', async () => {
    const [ann, bob] = [await register('ann'), await register('bob')];
    await connectCall(ann, bob);
    await ann.close();
    await bob.next('stopCommunication', 1, 2_000);
    expect(bob.all('peerConnection')).toEqual([]);
  });

  it('is told to both when the media server is lost, within two seconds', async () => {
    const own = await startTestHub();
    const ends = await Promise.all(['ann', 'bob'].map(() => HubClient.open(own.hub.url, '/one2one')));
    const [ann, bob] = ends as [Client, Client];
    ann.send({ id: 'register', name: 'ann' });
    bob.send({ id: 'register', name: 'bob' });
    await Promise.all(ends.map((end) => end.next('registerResponse')));
    ann.send({ id: 'call', to: 'bob', sdpOffer: offer });
    await bob.next('incomingCall');
    bob.send({ id: 'incomingCallResponse', from: 'ann', callResponse: 'accept', sdpOffer: offer });
    await bob.next('startCommunication');
    await own.mediaServer.close();
    for (const end of ends) {
      const told = await end.next('stopCommunication', 1, 2_000);
      expect(told).toMatchObject({ code: 'media-server-unavailable', retryable: true });
    }
    await own.close();
  });

  it('shows who is there and who is busy', async () => {
    const [ann, bob] = [await register('ann'), await register('bob')];
    const eve = await register('eve');
    await until(() => eve.all('users').at(-1)?.users.length !== 2 && eve.messages);
    await connectCall(ann, bob);
    await until(
      () =>
        !eve
          .all('users')
          .at(-1)
          ?.users.every(({ busy }) => busy) && eve.messages,
    );
    ann.send({ id: 'stop' });
    await until(
      () =>
        eve
          .all('users')
          .at(-1)
          ?.users.some(({ busy }) => busy) && eve.messages,
    );
  });
});
