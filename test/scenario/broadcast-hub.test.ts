/** Broadcasts over real sockets, with the embedded media server. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NO_PRESENTER, PRESENTER_BUSY } from '../../protocol/signaling';
import { HubClient } from '../support/hub-client';
import { startTestHub, type TestHub } from '../support/hub';
import { until } from '../support/until';

type Client = HubClient<'/one2many'>;

const sdp = (name: string) => readFileSync(new URL(`../fixtures/sdp/${name}.sdp`, import.meta.url), 'utf8');
const camera = sdp('chromium-sendonly');
const screen = sdp('chromium-recvonly');

let stack: TestHub;
const clients: Client[] = [];
beforeAll(async () => {
  stack = await startTestHub();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.drop();
  await until(() => stack.mediaServer.counts().objects > 0 && stack.mediaServer.counts());
});
afterAll(() => stack.close());

async function connect(hello = false): Promise<Client> {
  const client = await HubClient.open(stack.hub.url, '/one2many');
  clients.push(client);
  if (hello) {
    client.send({ id: 'hello', version: 1 });
    await client.next('welcome');
  }
  return client;
}
async function present(client: Client, more: object = {}): Promise<void> {
  client.send({ id: 'presenter', sdpOffer: camera, ...more });
  expect(await client.next('presenterResponse')).toMatchObject({ response: 'accepted' });
}
async function watch(client: Client, more: object = {}): Promise<void> {
  client.send({ id: 'viewer', sdpOffer: screen, ...more });
  expect(await client.next('viewerResponse')).toMatchObject({ response: 'accepted' });
}
const objects = () => stack.mediaServer.counts().objects;

describe('a broadcast over the hub', () => {
  it('fans out from one pipeline, whoever comes and goes', async () => {
    const ann = await connect();
    await present(ann);
    const viewers = await Promise.all(Array.from({ length: 20 }, () => connect()));
    await Promise.all(viewers.map((viewer) => watch(viewer)));
    expect(objects()).toBe(1 + 1 + 20);
    for (const [index, viewer] of viewers.entries()) {
      if (index % 3 === 0) viewer.send({ id: 'stop' });
      else if (index % 3 === 1) viewer.drop();
    }
    await until(() => objects() !== 1 + 1 + 6 && objects());
    await ann.close();
    for (const [index, viewer] of viewers.entries()) {
      if (index % 3 !== 2) continue;
      await viewer.next('stopCommunication');
      expect(viewer.closed).toBeUndefined();
    }
    expect(viewers[0]?.all('stopCommunication')).toEqual([]);
  });

  it('ends for everybody when the presenter crashes, and the next one can present at once', async () => {
    const [ann, bob, eve] = [await connect(), await connect(), await connect()];
    await present(ann);
    await watch(bob);
    eve.send({ id: 'presenter', sdpOffer: camera });
    expect(await eve.next('presenterResponse')).toMatchObject({
      response: 'rejected',
      message: PRESENTER_BUSY,
    });
    ann.drop();
    await bob.next('stopCommunication');
    eve.send({ id: 'presenter', sdpOffer: camera });
    expect(await eve.next('presenterResponse', 2)).toMatchObject({ response: 'accepted' });
    bob.send({ id: 'viewer', sdpOffer: screen });
    expect(await bob.next('viewerResponse', 2)).toMatchObject({ response: 'accepted' });
  });

  it('begins for one presenter only, however many press the button at once', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => connect()));
    for (const client of all) client.send({ id: 'presenter', sdpOffer: camera });
    const responses = await Promise.all(all.map((client) => client.next('presenterResponse')));
    expect(responses.filter(({ response }) => response === 'accepted')).toHaveLength(1);
    for (const response of responses) {
      if (response.response === 'rejected') expect(response.message).toBe(PRESENTER_BUSY);
    }
    expect(objects()).toBe(2);
  });

  it('takes a viewer that waits for a presenter, when the list of channels tells it', async () => {
    const [bob, ann] = [await connect(true), await connect()];
    const lists = (wanted: object[]) =>
      until(
        () => JSON.stringify(bob.all('channels').at(-1)?.channels) !== JSON.stringify(wanted) && bob.messages,
      );
    await lists([]);
    bob.send({ id: 'viewer', sdpOffer: screen, channel: 'news' });
    expect(await bob.next('viewerResponse')).toMatchObject({ response: 'rejected', message: NO_PRESENTER });
    await present(ann, { channel: 'news' });
    await until(() => !bob.all('channels').at(-1)?.channels.length && bob.messages);
    const since = bob.all('channels').at(-1)?.channels[0]?.since;
    await lists([{ channel: 'news', viewers: 0, since }]);
    bob.send({ id: 'viewer', sdpOffer: screen, channel: 'news' });
    expect(await bob.next('viewerResponse', 2)).toMatchObject({ response: 'accepted' });
    await lists([{ channel: 'news', viewers: 1, since }]);
    expect(ann.all('channels')).toEqual([]);
  });

  it('leaves nothing behind when presenters and viewers storm in and out', async () => {
    // Each step decides by its number, so that a failing run is the same run again.
    const storm = await Promise.all(Array.from({ length: 12 }, () => connect()));
    for (let step = 0; step < 60; step++) {
      const client = storm[(step * 7) % storm.length];
      const choice = (step * step + 3 * step) % 5;
      if (choice === 0) client?.send({ id: 'presenter', sdpOffer: camera, channel: step % 2 ? 'odd' : '' });
      else if (choice < 4) client?.send({ id: 'viewer', sdpOffer: screen, channel: step % 3 ? '' : 'odd' });
      else client?.send({ id: 'stop' });
      if (step % 10 === 9) await new Promise(setImmediate);
    }
    for (const [index, client] of storm.entries()) {
      if (index % 2) client.drop();
      else client.send({ id: 'stop' });
    }
    await until(() => objects() > 0 && objects());
    const ann = await connect();
    await present(ann);
    await present(await connect(), { channel: 'odd' });
  });
});
