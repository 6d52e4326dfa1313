import { afterAll, beforeAll, expect, it } from 'vitest';
import { NO_PRESENTER } from '../../protocol/signaling';
import { HubClient } from '../support/hub-client';
import { recording, startTestHub, type TestHub } from '../support/hub';
import { Replay } from '../support/tutorial-replay';
import { until } from '../support/until';

let stack: TestHub;
beforeAll(async () => {
  stack = await startTestHub();
});
afterAll(() => stack.close());

const objects = () => stack.mediaServer.counts().objects;

it("the one2many tutorial's pages hear from the hub what they heard from the tutorial's server", async () => {
  const replay = new Replay({ base: stack.hub.url, path: '/one2many' });
  await replay.run('04-one2many');
  for (const who of ['presenter', 'second-presenter', 'viewer1', 'viewer2']) {
    expect(replay.recorded(who)).not.toEqual([]);
    expect({ who, heard: replay.heard(who) }).toEqual({ who, heard: replay.recorded(who) });
  }
  for (const who of ['presenter', 'viewer1', 'viewer2']) {
    expect(replay.clients.get(who)?.all('iceCandidate').length).toBeGreaterThan(0);
  }
  await until(() => objects() > 0 && objects());
  await replay.close();
});

it("a viewer without a presenter, which ended the tutorial's server, is told so", async () => {
  const line = recording('04b-viewer-without-presenter').find(({ message }) => message?.id === 'viewer');
  const client = await HubClient.open(stack.hub.url, '/one2many');
  client.send(line?.message ?? {});
  expect(await client.next('viewerResponse')).toMatchObject({ response: 'rejected', message: NO_PRESENTER });
  await client.close();
});
