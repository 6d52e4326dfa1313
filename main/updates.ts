/**
 * Newer versions, where there is a server that has them: looked for after the start and twice a day, fetched quietly, and
 * put in place when the user quits. What goes wrong is a line in the log; nobody is disturbed in a call by an update.
 */
import type { Logger } from '../protocol/log';

/** The part of electron-updater's autoUpdater that is used. */
export interface Updater {
  autoDownload: boolean;
  autoInstallOnAppQuit: boolean;
  allowDowngrade: boolean;
  logger: unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'update-downloaded', listener: (info: { readonly version: string }) => void): unknown;
  checkForUpdates(): Promise<unknown>;
}

export interface UpdatesOptions {
  /** Loaded only when needed. */
  readonly load: () => Promise<Updater>;
  /** An installed app with the address of an update server in it. */
  readonly configured: boolean;
  readonly wanted: () => boolean;
  /** Nothing is fetched while somebody needs the network for a session. */
  readonly busy: () => boolean;
  readonly every: (ms: number, task: () => void) => () => void;
  readonly onReady: (version: string) => void;
  readonly logger: Logger;
}

/** Late enough not to slow down a start, soon enough to be of use to who starts it for one call. */
const PERIOD_MS = 60_000;
const HOURS_12 = 12 * 60;

/** Answers its end. */
export function followUpdates(options: UpdatesOptions): () => void {
  const { configured, wanted, busy, every, logger } = options;
  if (!configured) return () => undefined;
  let updater: Promise<Updater> | null = null;
  let minutesLeft = 1;
  const look = async (): Promise<void> => {
    updater ??= prepare(options);
    await (await updater).checkForUpdates();
  };
  return every(PERIOD_MS, () => {
    minutesLeft -= 1;
    if (minutesLeft > 0 || !wanted() || busy()) return;
    minutesLeft = HOURS_12;
    look().catch((error: unknown) => {
      logger.warn({ reason: shortly(error) }, 'no word of updates');
    });
  });
}

async function prepare({ load, onReady, logger }: UpdatesOptions): Promise<Updater> {
  const updater = await load();
  updater.autoDownload = true;
  updater.autoInstallOnAppQuit = true;
  updater.allowDowngrade = false;
  updater.logger = null;
  // Without a listener, an error of the updater would be one of the whole app.
  updater.on('error', (error) => {
    logger.warn({ reason: shortly(error) }, 'an update failed');
  });
  updater.on('update-downloaded', ({ version }) => {
    logger.info({ version }, 'an update waits for the app to quit');
    onReady(version);
  });
  return updater;
}

/** Its first line: the rest is a page of an HTTP answer. */
function shortly(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').slice(0, 200);
}
