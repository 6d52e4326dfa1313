import { describe, expect, it } from 'vitest';
import { SILENT_SOCKET_CODE } from '../../protocol/signaling';
import { FakeSocket } from '../testing/fake-socket';
import { FakeTimers } from '../testing/fake-timers';
import { EndpointClient, retryDelay } from './endpoint-client';

function setUp() {
  const timers = new FakeTimers();
  const sockets: FakeSocket[] = [];
  const client = new EndpointClient({
    hubUrl: 'wss://localhost:8443',
    path: '/helloworld',
    timers,
    random: () => 0.5,
    openSocket: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket;
    },
  });
  const heard: unknown[] = [];
  client.on((reply) => heard.push(reply));
  const last = (): FakeSocket => {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error('no socket yet');
    return socket;
  };
  return { timers, sockets, client, heard, last };
}

describe('EndpointClient', () => {
  it('says hello when the socket opens and is ready with the welcome', () => {
    const { client, last } = setUp();
    expect(last().url).toBe('wss://localhost:8443/helloworld');
    expect(client.state.get()).toEqual({ at: 'connecting' });
    last().accept();
    expect(last().sent).toEqual([{ id: 'hello', version: 1 }]);
    last().say({
      id: 'welcome',
      version: 1,
      mediaServer: 'connecting',
      overlays: ['hat'],
      presenterKeyRequired: false,
    });
    expect(client.state.get()).toMatchObject({
      at: 'ready',
      mediaServer: 'connecting',
      welcome: { overlays: ['hat'] },
    });
  });

  it('follows the media server, and its overlays when another one came back', () => {
    const { client, last } = setUp();
    last().welcome();
    last().say({ id: 'mediaServer', state: 'unavailable' });
    expect(client.state.get()).toMatchObject({ at: 'ready', mediaServer: 'unavailable' });
    last().say({ id: 'mediaServer', state: 'ready', overlays: ['crown'] });
    expect(client.state.get()).toMatchObject({ mediaServer: 'ready', welcome: { overlays: ['crown'] } });
  });

  it('hands on guarded replies only', () => {
    const { heard, last } = setUp();
    last().welcome();
    last().say({ id: 'startResponse', sdpAnswer: 'v=0' });
    last().say({ id: 'startResponse', sdpAnswer: 7 });
    last().say({ id: 'somethingNewer', field: true });
    last().say('{ no json');
    last().sayRaw(new ArrayBuffer(4));
    expect(heard).toEqual([{ id: 'startResponse', sdpAnswer: 'v=0' }]);
  });

  it('sends nothing while there is no welcomed link', () => {
    const { client, last } = setUp();
    expect(client.send({ id: 'stop' })).toBe(false);
    last().welcome();
    expect(client.send({ id: 'stop' })).toBe(true);
    last().drop();
    expect(client.send({ id: 'stop' })).toBe(false);
  });

  it('comes back after a loss, with growing pauses, and begins anew once welcomed', () => {
    const { client, timers, sockets, last } = setUp();
    last().welcome();
    last().drop();
    expect(client.state.get()).toEqual({
      at: 'waiting',
      attempt: 1,
      retryAt: timers.now() + retryDelay(1, 0.5),
    });
    timers.advance(retryDelay(1, 0.5));
    expect(sockets).toHaveLength(2);
    last().drop();
    expect(client.state.get()).toMatchObject({ at: 'waiting', attempt: 2 });
    timers.advance(retryDelay(2, 0.5));
    last().welcome();
    last().drop();
    expect(client.state.get()).toMatchObject({ at: 'waiting', attempt: 1 });
  });

  it('gives up on a hub that accepts and says nothing', () => {
    const { client, timers, last } = setUp();
    last().accept();
    timers.advance(8_000);
    expect(client.state.get()).toMatchObject({ at: 'waiting' });
  });

  it('asks a silent link whether it lives, and drops it when nothing comes back', () => {
    const { client, timers, last } = setUp();
    last().welcome();
    const before = client.state.get();
    timers.advance(10_000);
    expect(last().sent).toHaveLength(2);
    last().say({
      id: 'welcome',
      version: 1,
      mediaServer: 'ready',
      overlays: [],
      presenterKeyRequired: false,
    });
    expect(client.state.get()).toBe(before);
    timers.advance(10_000);
    timers.advance(4_000);
    expect(client.state.get()).toMatchObject({ at: 'waiting' });
  });

  it('tries another link beside one that is in doubt, and takes it where the old one keeps silent', () => {
    const { client, timers, sockets, heard, last } = setUp();
    last().welcome();
    const old = last();
    client.doubt();
    expect(old.sent).toHaveLength(2);
    expect(sockets).toHaveLength(2);
    // While nothing gets through, nothing is lost.
    timers.advance(2_000);
    expect(sockets).toHaveLength(3);
    expect(client.state.get()).toMatchObject({ at: 'ready' });
    last().accept();
    timers.advance(400);
    expect(client.state.get()).toEqual({ at: 'connecting' });
    expect(last().sent).toEqual([{ id: 'hello', version: 1 }]);
    expect([old.readyState, old.closedWith]).toEqual([3, SILENT_SOCKET_CODE]);
    last().welcome();
    expect(client.state.get()).toMatchObject({ at: 'ready' });
    last().say({ id: 'startResponse', sdpAnswer: 'v=0' });
    expect(heard).toHaveLength(1);
    client.close();
    expect(timers.pending).toBe(0);
    expect(sockets.every(({ readyState }) => readyState === 3)).toBe(true);
  });

  it('keeps a link that answers, and forgets the other one', () => {
    const { client, timers, sockets, last } = setUp();
    last().welcome();
    const old = last();
    const before = client.state.get();
    client.probe();
    last().accept();
    old.welcome();
    timers.advance(1_000);
    expect(client.state.get()).toBe(before);
    expect(sockets.map(({ readyState }) => readyState)).toEqual([1, 3]);
  });

  it('tries nothing while the computer knows of no way, and at once when there is word of one', () => {
    const timers = new FakeTimers();
    const sockets: FakeSocket[] = [];
    let online = true;
    const client = new EndpointClient({
      hubUrl: 'wss://hub.example',
      path: '/helloworld',
      timers,
      random: () => 0.5,
      reachable: () => online,
      openSocket: (url) => {
        const socket = new FakeSocket(url);
        sockets.push(socket);
        return socket;
      },
    });
    sockets[0]?.welcome();
    online = false;
    client.doubt();
    timers.advance(60_000);
    expect(client.state.get()).toMatchObject({ at: 'waiting' });
    expect(sockets).toHaveLength(1);
    online = true;
    client.probe();
    expect(sockets).toHaveLength(2);
    sockets[1]?.drop();
    timers.advance(2_300);
    expect(sockets).toHaveLength(3);
    client.close();
    expect(timers.pending).toBe(0);
  });

  it('begins anew what was begun from another address', () => {
    const { client, sockets, last } = setUp();
    client.probe();
    expect(sockets.map(({ readyState }) => readyState)).toEqual([3, 0]);
    last().welcome();
    expect(client.state.get()).toMatchObject({ at: 'ready' });
  });

  it('ignores what a given-up socket still says', () => {
    const { client, timers, sockets, heard, last } = setUp();
    last().welcome();
    const old = last();
    old.drop();
    timers.advance(1_000);
    expect(sockets).toHaveLength(2);
    old.say({ id: 'startResponse', sdpAnswer: 'late' });
    old.drop();
    expect(heard).toEqual([]);
    expect(client.state.get()).toEqual({ at: 'connecting' });
  });

  it('tries at once when asked to', () => {
    const { client, sockets, last } = setUp();
    last().drop();
    client.retryNow();
    expect(sockets).toHaveLength(2);
  });

  it('leaves no timer behind when closed', () => {
    const { client, timers, last } = setUp();
    last().welcome();
    client.close();
    expect(client.state.get()).toEqual({ at: 'closed' });
    expect(timers.pending).toBe(0);
    expect(last().readyState).toBe(3);
  });

  it('survives an address that no socket can be opened for', () => {
    const timers = new FakeTimers();
    const client = new EndpointClient({
      hubUrl: 'nonsense',
      path: '/helloworld',
      timers,
      random: () => 0,
      openSocket: () => {
        throw new SyntaxError('bad url');
      },
    });
    expect(client.state.get()).toMatchObject({ at: 'waiting' });
    client.close();
  });
});

describe('retryDelay', () => {
  it('doubles up to two seconds and stays within an eighth of it', () => {
    expect([1, 2, 3, 10, 1000].map((attempt) => retryDelay(attempt, 0.5))).toEqual([
      250, 500, 1000, 2000, 2000,
    ]);
    expect(retryDelay(1, 0)).toBe(219);
    expect(retryDelay(1, 0.999)).toBe(281);
  });
});
