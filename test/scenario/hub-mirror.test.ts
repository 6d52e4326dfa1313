import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HubClient } from '../support/hub-client';
import { recordedOffer, recording, startTestHub, type TestHub } from '../support/hub';
import { until } from '../support/until';

// The collector's work is part of the question whether memory returns to its level.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const usedMemory = () => {
  collect();
  return process.memoryUsage().heapUsed;
};
/** TCP and UDP sockets of this process: of the hub, the media server and the clients alike. */
const openSockets = () =>
  process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap' || kind === 'UDPWrap').length;

let stack: TestHub;
beforeAll(async () => {
  stack = await startTestHub();
});
afterAll(() => stack.close());

/** What stays when no session runs: nothing. */
const nothingLeft = () => stack.mediaServer.counts().objects > 0 && stack.mediaServer.counts();

describe('the mirror, with the embedded media server', () => {
  it("follows the tutorial's page as the tutorial's own server did", async () => {
    const client = await HubClient.open(stack.hub.url, '/helloworld');
    const lines = recording('02-hello-world').filter((line) => line.message);
    for (const { dir, message } of lines)
      if (dir === 'c→s' && message?.id !== 'stop') client.send(message ?? {});
    await client.next('startResponse');
    await client.next('iceCandidate');
    client.send({ id: 'stop' });
    await until(nothingLeft);
    const wanted = new Map(
      lines.filter((line) => line.dir === 's→c').map(({ message }) => [message?.id, message]),
    );
    for (const [id, message] of wanted) {
      const ours = client.messages.find((candidate) => candidate.id === id);
      expect(ours, `a message ${String(id)}`).toBeDefined();
      expect(Object.keys(ours ?? {})).toEqual(expect.arrayContaining(Object.keys(message ?? {})));
    }
    expect(new Set(client.messages.map((message) => message.id))).toEqual(new Set(wanted.keys()));
    expect(client.all('error')[0]?.message).toMatch(/^Invalid message /);
    expect(client.all('startResponse')[0]?.sdpAnswer).toMatch(/^v=0\r\n/);
    expect(client.messages.findIndex((m) => m.id === 'startResponse')).toBeLessThan(
      client.messages.findIndex((m) => m.id === 'iceCandidate'),
    );
    await client.close();
  });

  it('answers within a fraction of a second', async () => {
    const client = await HubClient.open(stack.hub.url, '/helloworld');
    const since = performance.now();
    client.send({ id: 'start', sdpOffer: recordedOffer() });
    await client.next('startResponse');
    expect(performance.now() - since).toBeLessThan(1_000);
    await client.close();
    await until(nothingLeft);
  });

  it('starts twice: the second replaces the first, and nothing of the first remains', async () => {
    const client = await HubClient.open(stack.hub.url, '/helloworld');
    client.send({ id: 'start', sdpOffer: recordedOffer() });
    client.send({ id: 'start', sdpOffer: recordedOffer() });
    await client.next('startResponse');
    client.send({ id: 'start', sdpOffer: recordedOffer() });
    await client.next('startResponse', 2);
    // One pipeline with one endpoint.
    await until(() => stack.mediaServer.counts().objects !== 2 && stack.mediaServer.counts());
    expect(client.all('error')).toEqual([]);
    client.send({ id: 'stop' });
    client.send({ id: 'stop' });
    await until(nothingLeft);
    expect(client.all('error')).toEqual([]);
    await client.close();
  });

  it('takes candidates before the start they belong to, and a stop before any start', async () => {
    const client = await HubClient.open(stack.hub.url, '/helloworld');
    client.send({ id: 'stop' });
    client.send({
      id: 'onIceCandidate',
      candidate: { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 },
    });
    client.send({ id: 'start', sdpOffer: recordedOffer() });
    await client.next('startResponse');
    expect(client.all('error')).toEqual([]);
    await client.close();
    await until(nothingLeft);
  });

  it('tells an offer that makes no sense from one that works, and the same socket goes on', async () => {
    const client = await HubClient.open(stack.hub.url, '/helloworld');
    client.send({ id: 'start', sdpOffer: 'no SDP' });
    const error = await client.next('error');
    expect(error).toMatchObject({ code: 'sdp-rejected', retryable: false });
    expect(error.ref).toBeTruthy();
    client.send({ id: 'start', sdpOffer: recordedOffer() });
    await client.next('startResponse');
    await client.close();
    await until(nothingLeft);
  });

  it('follows the page of the magic mirror tutorial, too, as far as the media server has the filter', async () => {
    const client = await HubClient.open(stack.hub.url, '/magicmirror');
    const lines = recording('03-magic-mirror').filter((line) => line.message);
    for (const { dir, message } of lines) if (dir === 'c→s') client.send(message ?? {});
    client.send({ id: 'stop' });
    client.send({ id: 'hello', version: 1 });
    const { overlays } = await client.next('welcome');
    const known = new Set(['startResponse', 'iceCandidate', 'welcome', ...(overlays ? ['error'] : [])]);
    for (const message of client.messages) expect(known).toContain(message.id);
    await client.close();
    await until(nothingLeft);
  });

  it('has nothing left after 300 sessions, half of them dropped without a goodbye', async () => {
    const sockets = openSockets();
    await threeHundredSessions();
    await until(nothingLeft, 20_000);
    const level = usedMemory();
    await threeHundredSessions();
    await until(nothingLeft, 20_000);
    expect(stack.mediaServer.counts().subscriptions).toBe(0);
    await until(() => openSockets() > sockets && process.getActiveResourcesInfo());
    expect(usedMemory() - level).toBeLessThan(4 * 1024 * 1024);
  }, 120_000);

  async function threeHundredSessions(): Promise<void> {
    const offer = recordedOffer();
    for (let batch = 0; batch < 10; batch += 1) {
      const clients = await Promise.all(
        Array.from({ length: 30 }, () => HubClient.open(stack.hub.url, '/helloworld')),
      );
      for (const client of clients) client.send({ id: 'start', sdpOffer: offer });
      // A third leaves while its start is under way.
      await Promise.all(
        clients.map(async (client, index) => {
          if (index % 3 !== 0) await client.next('startResponse', 1, 60_000);
          if (index % 2 === 0) client.drop();
          else await client.close();
        }),
      );
    }
  }
});
