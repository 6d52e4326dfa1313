import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestHub, type TestHub } from '../support/hub';
import { Replay } from '../support/tutorial-replay';
import { until } from '../support/until';

let stack: TestHub;
beforeAll(async () => {
  stack = await startTestHub();
});
afterAll(() => stack.close());

it("the one2one tutorial's pages hear from the hub what they heard from the tutorial's server", async () => {
  const replay = new Replay({
    base: stack.hub.url,
    path: '/one2one',
    // The hub refuses a call to somebody who is busy by itself, and leaves their page in peace.
    leaveOut: ({ who }, note) => note.startsWith('carol calls bob who is in a call') && who === 'bob',
  });
  const before = replay.run('05-one2one');
  await bobLeaves(replay);
  await before;
  for (const who of ['alice', 'bob', 'carol']) {
    const heard = replay.heard(who);
    const recorded = replay.recorded(who);
    if (who === 'carol') {
      // The tutorial lets the page decline, so that busy looks like declined; the hub tells the two apart.
      expect(heard.pop()).toMatchObject({ id: 'callResponse', response: 'rejected' });
      expect(replay.clients.get('carol')?.all('callResponse').at(-1)).toMatchObject({ code: 'user-busy' });
      recorded.pop();
    }
    expect({ who, heard }).toEqual({ who, heard: recorded });
  }
  await until(() => stack.mediaServer.counts().objects > 0 && stack.mediaServer.counts());
  await replay.close();
});

/** Closes bob's page once the recording's last call stands: its second one. */
async function bobLeaves({ clients }: Replay): Promise<void> {
  await until(() => !clients.has('bob') && 'bob is not there');
  const bob = clients.get('bob');
  await bob?.next('startCommunication', 2);
  await bob?.close();
}
