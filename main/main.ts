/**
 * Composition root of Electron's main process: builds the parts, hands them their dependencies, and ends what it started.
 *
 * The order matters for the cold start: the window (another process, which takes its time) goes first; the hub is loaded
 * while the window comes up, and the page's document waits only for the hub's address.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { app, BrowserWindow, dialog, ipcMain, Menu, nativeTheme, session, shell } from 'electron';
import { createLogger } from '../signaling-server/log';
import { parseOptions, USAGE, UsageError, type HubSettings } from '../signaling-server/options';
import { registerAppScheme, serveApp } from './app-protocol';
import { CertificatePins, verifyCertificates } from './certificate-pins';
import { contentSecurityPolicy } from './content-security-policy';
import { HubHost } from './hub-host';
import { handleRequests, sendEvent } from './ipc';
import { menuTemplate } from './menu';
import { restrictNavigation } from './navigation';
import { restrictPermissions } from './permissions';
import { surviveFaults } from './faults';
import { textsFor, type Texts } from './texts';
import { openWindow } from './window';
import { WindowStateFile } from './window-state';

/** What command lines answer to options that cannot be accepted. */
const EXIT_USAGE = 2;

const dist = path.join(app.getAppPath(), 'dist');
/** Developer tools and reloading; an installed app cannot be talked into it. */
const development = !app.isPackaged && process.env.CALLCAST_DEVELOPMENT === '1';

const settings = readSettings();
if (settings !== null) {
  if (settings.userDataDir !== undefined) app.setPath('userData', path.resolve(settings.userDataDir));
  registerAppScheme();
  // A second start shows the window of the first: see 'second-instance'.
  if (app.requestSingleInstanceLock()) void run(settings);
  else app.exit(0);
}

/** Null when there is nothing to run: the user asked for help, or for something that makes no sense. */
function readSettings(): HubSettings | null {
  try {
    const parsed = parseOptions(process.argv.slice(1), 'ignore');
    if (!parsed.help) return parsed;
    process.stdout.write(USAGE);
    app.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    app.exit(EXIT_USAGE);
  }
  return null;
}

async function run(settings: HubSettings): Promise<void> {
  const logger = createLogger(settings.logLevel);
  const userDataDir = app.getPath('userData');
  const remembered = new WindowStateFile(path.join(userDataDir, 'window.json'));
  const pins = new CertificatePins();
  const hub = new HubHost((state) => {
    for (const window of BrowserWindow.getAllWindows()) sendEvent(window.webContents, 'hub:state', state);
  });
  surviveFaults(app, logger.child({ part: 'app' }));
  endTidily(hub);

  await app.whenReady();
  nativeTheme.themeSource = remembered.state.theme;
  const texts = textsFor(app.getLocale());
  restrictPermissions(session.defaultSession);
  verifyCertificates(session.defaultSession, pins);
  restrictNavigation(app, {
    confirm: (url) => confirmLink(url, texts),
    open: (url) => shell.openExternal(url),
  });
  serveApp(session.defaultSession, {
    root: path.join(dist, 'renderer'),
    policy: async () => contentSecurityPolicy(await hub.wire()),
  });
  handleRequests(
    ipcMain,
    {
      'app:info': () => ({ version: app.getVersion(), platform: platform(), locale: app.getLocale() }),
      'hub:get': () => hub.state,
      'hub:share': async (on) => {
        await hub.share(on);
        return null;
      },
      'window:theme': (theme) => {
        nativeTheme.themeSource = theme;
        remembered.change({ theme });
        return null;
      },
    },
    logger.child({ part: 'ipc' }),
  );

  const icon = path.join(dist, 'icons/256x256.png');
  const open = (): BrowserWindow =>
    openWindow({
      preload: path.join(dist, 'preload/preload.cjs'),
      // Windows and macOS take it from the program itself.
      icon: process.platform === 'linux' && existsSync(icon) ? icon : null,
      development,
      remembered,
    });
  open();
  hub.start(async () => {
    const { startHubInApp } = await import('./start-hub');
    return startHubInApp(settings, { dist, userDataDir }, pins, logger);
  });
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate({
        platform: process.platform,
        development,
        texts: texts.menu,
        showAbout: () => void showAbout(texts),
      }),
    ),
  );

  app.on('second-instance', showWindow);
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) open();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
}

/** Sockets, sessions on the media server and its process end before the app does; Ctrl-C counts as quitting. */
function endTidily(hub: HubHost): void {
  app.on('will-quit', (event) => {
    event.preventDefault();
    // Windows are closed by now; a second quit() from here would be swallowed.
    void hub.close().finally(() => {
      app.exit();
    });
  });
  const quit = (): void => {
    app.quit();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, quit);
}

function showWindow(): void {
  const [window] = BrowserWindow.getAllWindows();
  if (!window) return;
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

async function confirmLink(url: string, { openLink }: Texts): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: openLink.question,
    detail: url,
    buttons: [openLink.open, openLink.cancel],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  });
  return response === 0;
}

async function showAbout({ about }: Texts): Promise<void> {
  await dialog.showMessageBox({
    type: 'info',
    message: 'Callcast',
    detail: about(app.getVersion()),
    buttons: ['OK'],
  });
}

function platform(): 'linux' | 'darwin' | 'win32' {
  return process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux';
}
