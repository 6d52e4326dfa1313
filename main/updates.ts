/**
 * Newer versions, where there is a server that has them: looked for after the start and twice a day, fetched quietly, and
 * put in place when the user quits, or at once when they want it. What goes wrong is a line in the log; nobody is
 * disturbed in a call by an update.
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
  quitAndInstall(isSilent: boolean, isForceRunAfter: boolean): void;
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
  /** Before it quits: windows shall close now, not hide. */
  readonly onInstall: () => void;
  readonly logger: Logger;
}

/** Late enough not to slow down a start, soon enough to be of use to who starts it for one call. */
const PERIOD_MS = 60_000;
const HOURS_12 = 12 * 60;

export interface Updates {
  /** What waits to be put in place. */
  readonly ready: () => string | null;
  /** Quits, and starts the new version. False, and nothing happens: none waits, or a session runs. */
  install(): boolean;
  end(): void;
}

export function followUpdates(options: UpdatesOptions): Updates {
  const { configured, wanted, busy, every, logger } = options;
  let waiting: { readonly version: string; readonly updater: Updater } | null = null;
  let updater: Promise<Updater> | null = null;
  let minutesLeft = 1;
  const look = async (): Promise<void> => {
    updater ??= prepare(options, (version, by) => {
      waiting = { version, updater: by };
      options.onReady(version);
    });
    await (await updater).checkForUpdates();
  };
  if (!configured) return { ready: () => null, install: () => false, end: () => undefined };
  const end = every(PERIOD_MS, () => {
    minutesLeft -= 1;
    if (minutesLeft > 0 || !wanted() || busy()) return;
    minutesLeft = HOURS_12;
    look().catch((error: unknown) => {
      logger.warn({ reason: shortly(error) }, 'no word of updates');
    });
  });
  return {
    ready: () => waiting?.version ?? null,
    install() {
      if (waiting === null || busy()) return false;
      logger.info({ version: waiting.version }, 'an update is put in place now');
      options.onInstall();
      // With its own window on Windows: the user has asked for it and sees why it takes a moment.
      waiting.updater.quitAndInstall(false, true);
      return true;
    },
    end,
  };
}

async function prepare(
  { load, logger }: UpdatesOptions,
  onReady: (version: string, updater: Updater) => void,
): Promise<Updater> {
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
    onReady(version, updater);
  });
  return updater;
}

/** Its first line: the rest is a page of an HTTP answer. */
function shortly(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').slice(0, 200);
}
