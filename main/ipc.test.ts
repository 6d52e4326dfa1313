import type { IpcMain, IpcMainInvokeEvent } from 'electron';
import { expect, it, vi } from 'vitest';
import { MAX_IPC_SIZE, REQUEST_CHANNELS } from '../protocol/ipc';
import { silentLogger, type Logger } from '../protocol/log';
import { handleRequests, type Handlers } from './ipc';

type Listener = Parameters<IpcMain['handle']>[1];

const unasked = (): never => {
  throw new Error('no test asks this');
};

/** The part of Electron that the wrapper needs: channels by name, and events that say who asks. */
function setUp(overrides: Partial<Handlers> = {}, logger: Logger = silentLogger) {
  const listeners = new Map<string, Listener>();
  const handlers: Handlers = {
    'app:info': () => ({ version: '1.2.3', platform: 'linux', locale: 'en' }),
    'hub:get': () => ({ at: 'starting' }),
    'hub:share': () => null,
    'window:theme': () => null,
    'settings:get': unasked,
    'settings:notices': unasked,
    'settings:change': unasked,
    'settings:testMediaServer': unasked,
    'settings:hubCertificate': unasked,
    'settings:chooseFile': unasked,
    'log:show': unasked,
    'session:state': () => null,
    'link:take': () => null,
    'screen:answer': () => null,
    'recording:start': () => ({ at: 'failed', why: 'too-many' }),
    'recording:append': () => ({ at: 'failed', why: 'gone' }),
    'recording:finish': () => ({ at: 'failed', why: 'gone' }),
    'recording:show': () => null,
    'updates:get': () => null,
    'updates:install': () => false,
    ...overrides,
  };
  handleRequests({ handle: (channel, listener) => void listeners.set(channel, listener) }, handlers, logger);
  const invoke = (event: unknown, channel: string, ...args: unknown[]): unknown =>
    listeners.get(channel)?.(event as IpcMainInvokeEvent, ...args);
  return { invoke, channels: [...listeners.keys()] };
}

function from(url: string) {
  const mainFrame = { url };
  return { sender: { mainFrame }, senderFrame: mainFrame as { url: string } | null };
}
const ownPage = from('app://callcast/#/mirror');

it('serves every request of the map', () => {
  expect(new Set(setUp().channels)).toEqual(REQUEST_CHANNELS);
});

it("answers the app's own page", async () => {
  const { invoke } = setUp();
  expect(await invoke(ownPage, 'app:info')).toEqual({
    ok: true,
    value: { version: '1.2.3', platform: 'linux', locale: 'en' },
  });
});

it('refuses other pages, other frames and frames that are gone', async () => {
  const theme = vi.fn(() => null);
  const { invoke } = setUp({ 'window:theme': theme });
  const strangers = [
    from('https://example.org/'),
    from('about:blank'),
    { ...ownPage, senderFrame: { url: 'app://callcast/' } },
    { ...ownPage, senderFrame: null },
  ];
  for (const stranger of strangers) {
    expect(await invoke(stranger, 'window:theme', 'dark')).toMatchObject({
      ok: false,
      failure: { code: 'forbidden-origin' },
    });
  }
  expect(theme).not.toHaveBeenCalled();
});

it('refuses arguments of the wrong shape or size', async () => {
  const theme = vi.fn(() => null);
  const { invoke } = setUp({ 'window:theme': theme });
  for (const args of [[], ['pink'], ['dark', 'dark'], [null], [{ theme: 'dark' }], [['dark']]]) {
    expect(await invoke(ownPage, 'window:theme', ...args)).toMatchObject({
      ok: false,
      failure: { code: 'bad-message' },
    });
  }
  expect(await invoke(ownPage, 'window:theme', 'x'.repeat(MAX_IPC_SIZE))).toMatchObject({
    ok: false,
    failure: { code: 'too-large' },
  });
  expect(theme).not.toHaveBeenCalled();
});

it('turns an exception into a failure whose reference is in the log', async () => {
  const error = vi.fn();
  const broken = () => {
    throw new Error('secret detail');
  };
  const { invoke } = setUp({ 'hub:get': broken }, { ...silentLogger, error });
  const result = (await invoke(ownPage, 'hub:get')) as {
    failure: { code: string; message: string; ref: string };
  };
  expect(result.failure.code).toBe('internal');
  expect(result.failure.message).not.toContain('secret');
  expect(error).toHaveBeenCalledWith(
    expect.objectContaining({ ref: result.failure.ref }),
    expect.any(String),
  );
});
