/**
 * What happens when a part of the app breaks in a way that nobody foresaw. A page that crashed is loaded anew: the hub and
 * the media server live in other processes and have noticed nothing. An exception in this process is logged, and the app
 * goes on: a call must not end because a menu could not be drawn.
 */
import { randomUUID } from 'node:crypto';
import type { App } from 'electron';
import type { Logger } from '../protocol/log';

/** A page that crashes more often than this is not helped by loading it again. */
const MAX_RELOADS = 3;
const RELOADS_WITHIN_MS = 60_000;

export function surviveFaults(app: App, logger: Logger, now: () => number = () => performance.now()): void {
  const log = (error: unknown, message: string): void => {
    logger.error({ err: error, ref: randomUUID().slice(0, 8) }, message);
  };
  process.on('uncaughtException', (error) => log(error, 'uncaught exception'));
  process.on('unhandledRejection', (error) => log(error, 'unhandled rejection'));

  let reloads: number[] = [];
  app.on('render-process-gone', (_event, contents, { reason, exitCode }) => {
    if (reason === 'clean-exit') return;
    logger.error({ reason, exitCode }, 'the page crashed');
    reloads = reloads.filter((at) => now() - at < RELOADS_WITHIN_MS);
    if (reloads.length >= MAX_RELOADS || contents.isDestroyed()) return;
    reloads.push(now());
    contents.reload();
  });
}
