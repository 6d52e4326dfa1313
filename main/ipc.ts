/**
 * The one door from a page into this process. In this order: who asks (the app's own page, its main frame), how much, of
 * what shape; only then the handler runs. Answers are Results; a page never sees an exception.
 */
import { randomUUID } from 'node:crypto';
import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron';
import * as v from 'valibot';
import type { Failure, Result } from '../protocol/errors';
import { IPC_SIZES, MAX_IPC_SIZE, type IpcEvents, type IpcRequests } from '../protocol/ipc';
import type { Logger } from '../protocol/log';
import { isAppUrl } from './app-origin';
import { ipcGuards } from './ipc-guards';
import { weigh } from './weigh';

type Channel = keyof IpcRequests;
export type Handlers = {
  [K in Channel]: (
    ...args: IpcRequests[K]['args']
  ) => IpcRequests[K]['value'] | Promise<IpcRequests[K]['value']>;
};

export function handleRequests(ipc: Pick<IpcMain, 'handle'>, handlers: Handlers, logger: Logger): void {
  for (const channel of Object.keys(ipcGuards) as Channel[]) {
    ipc.handle(channel, (event, ...args: unknown[]) => answer(channel, event, args, handlers, logger));
  }
}

/** To a page that is still there; a window may close while something is on its way to it. */
export function sendEvent<K extends keyof IpcEvents>(
  contents: WebContents,
  channel: K,
  payload: IpcEvents[K],
): void {
  if (!contents.isDestroyed()) contents.send(channel, payload);
}

async function answer<K extends Channel>(
  channel: K,
  event: IpcMainInvokeEvent,
  args: unknown[],
  handlers: Handlers,
  logger: Logger,
): Promise<Result<IpcRequests[K]['value']>> {
  const refuse = (code: Failure['code'], message: string): { ok: false; failure: Failure } => {
    const ref = randomUUID().slice(0, 8);
    logger.warn({ channel, code, ref }, message);
    return { ok: false, failure: { code, message, retryable: false, ref } };
  };
  if (!isOurPage(event)) return refuse('forbidden-origin', 'Only the app itself may ask this.');
  const limit = IPC_SIZES[channel] ?? MAX_IPC_SIZE;
  if (weigh(args, limit) > limit) return refuse('too-large', 'The request is too large.');
  const parsed = v.safeParse(ipcGuards[channel], args);
  if (!parsed.success)
    return refuse('bad-message', 'The request does not have the shape that this channel needs.');
  try {
    // The guard of a channel gives that channel's arguments; TypeScript cannot follow K through both tables.
    const handler = handlers[channel] as (
      ...args: unknown[]
    ) => IpcRequests[K]['value'] | Promise<IpcRequests[K]['value']>;
    return { ok: true, value: await handler(...parsed.output) };
  } catch (error) {
    const failure = refuse('internal', 'Something went wrong inside the app. The log has the details.');
    logger.error({ channel, ref: failure.failure.ref, err: error }, 'a request failed');
    return failure;
  }
}

/** The frame is gone (null) when its page navigated away or closed meanwhile. */
function isOurPage({ senderFrame, sender }: IpcMainInvokeEvent): boolean {
  return senderFrame !== null && senderFrame === sender.mainFrame && isAppUrl(senderFrame.url);
}
