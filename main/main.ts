/**
 * Composition root of Electron's main process: builds the parts, hands them their dependencies, and ends what it started.
 *
 * The order matters for the cold start: the window (another process, which takes its time) goes first; the hub is loaded
 * while the window comes up, and the page's document waits only for the hub's address.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { app, BrowserWindow, dialog, ipcMain, Menu, nativeTheme, session, shell } from 'electron';
import type { Settings } from '../protocol/settings';
import { createLogger } from '../signaling-server/log';
import { parseOptions, USAGE, UsageError, type HubSettings } from '../signaling-server/options';
import { registerAppScheme, serveApp } from './app-protocol';
import { CertificatePins, verifyCertificates } from './certificate-pins';
import { contentSecurityPolicy } from './content-security-policy';
import { openDesktop } from './desktop';
import { endTidily } from './ending';
import { HubHost, type SomeHub } from './hub-host';
import { handleRequests, sendEvent } from './ipc';
import { isForConsole, LogFile } from './log-file';
import { menuTemplate } from './menu';
import { restrictNavigation } from './navigation';
import { restrictPermissions } from './permissions';
import { surviveFaults } from './faults';
import { openSettings } from './settings/settings-part';
import type { HubInApp } from './start-hub';
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

async function run(given: HubSettings): Promise<void> {
  const userDataDir = app.getPath('userData');
  const log = new LogFile(path.join(userDataDir, 'logs'));
  const logger = createLogger(given.logLevel, { level: 'info', write: (line) => log.write(line) });
  const remembered = new WindowStateFile(path.join(userDataDir, 'window.json'));
  const pins = new CertificatePins();
  const hub = new HubHost((state) => {
    for (const window of BrowserWindow.getAllWindows()) sendEvent(window.webContents, 'hub:state', state);
  });
  surviveFaults(app, logger.child({ part: 'app' }));
  let closeSettings = (): Promise<void> => Promise.resolve();
  let closeDesktop = (): Promise<void> => Promise.resolve();
  let quitNow = (): void => app.quit();
  endTidily(app, process, {
    close: () => Promise.all([hub.close(), closeSettings(), closeDesktop()]),
    quitNow: () => quitNow(),
  });
  const links = collectLinks();

  await app.whenReady();
  // With what the app was started with; one that was written down in the meantime is there at the next start.
  const {
    host: settings,
    file,
    handlers,
  } = openSettings({
    given,
    logger: logger.child({ part: 'settings' }),
    folder: userDataDir,
    mediaServerUrl: () => hub.mediaServerUrl(),
    ownFingerprint: () => (hub.state.at === 'ready' ? pins.of(new URL(hub.state.url).hostname) : null),
    texts: () => texts,
    restartHub: () => {
      hub.restart(startSettledHub);
      // Their policy names the hub that they may connect to.
      for (const window of BrowserWindow.getAllWindows()) window.webContents.reload();
    },
    listen: (host) => hub.listen(host),
    useMediaServer: async () => hub.useMediaServer((await import('./start-hub')).mediaServerOf(hubInApp())),
    setPresenterKey: (key) => hub.setPresenterKey(key),
    onChange: (snapshot, changed) => {
      for (const window of BrowserWindow.getAllWindows())
        sendEvent(window.webContents, 'settings:changed', snapshot);
      if (changed.includes('language')) speak();
      desktop.refresh();
    },
  });
  closeSettings = () => file.flush();
  const hubInApp = (): HubInApp => ({
    settings: settings.effective,
    given,
    places: { dist, userDataDir },
    pins,
    logger,
    onMediaServerLog: (line) => {
      log.write(line);
      if (isForConsole(line, given.logLevel)) process.stderr.write(`${line}\n`);
    },
  });
  const startSettledHub = async (): Promise<SomeHub> => {
    const { startHubInApp } = await import('./start-hub');
    const started = await startHubInApp(hubInApp());
    // Chromium forgets its verdicts of before: the pins are others now.
    judgeCertificates();
    return started;
  };
  const judgeCertificates = (): void =>
    verifyCertificates(session.defaultSession, pins, (host) => hub.fail(texts.certificateChanged(host)));
  let texts = textsFor(languageOf(settings.effective));
  const speak = (): void => {
    texts = textsFor(languageOf(settings.effective));
    installMenu();
  };
  nativeTheme.themeSource = remembered.state.theme;
  restrictPermissions(session.defaultSession);
  judgeCertificates();
  restrictNavigation(app, {
    confirm: (url) => confirmLink(url, texts),
    open: (url) => shell.openExternal(url),
  });
  serveApp(session.defaultSession, {
    root: path.join(dist, 'renderer'),
    policy: async () => contentSecurityPolicy(await hub.wire()),
  });
  const showLog = async (): Promise<void> => {
    // A file that no program wants to open is at least shown where it is.
    if ((await shell.openPath(log.file)) !== '') shell.showItemInFolder(log.file);
  };
  const installMenu = (): void => {
    Menu.setApplicationMenu(
      Menu.buildFromTemplate(
        menuTemplate({
          platform: process.platform,
          development,
          texts: texts.menu,
          showAbout: () => void showAbout(texts),
          show: (screen) => {
            showWindow();
            for (const window of BrowserWindow.getAllWindows())
              sendEvent(window.webContents, 'app:show', screen);
          },
          showLog: () => void showLog(),
        }),
      ),
    );
  };
  const desktop = openDesktop(session.defaultSession, {
    dist,
    window: () => BrowserWindow.getAllWindows()[0] ?? null,
    showWindow: () => {
      if (BrowserWindow.getAllWindows().length === 0) open();
      showWindow();
    },
    send: (channel, payload) => {
      for (const window of BrowserWindow.getAllWindows()) sendEvent(window.webContents, channel, payload);
    },
    settings: () => settings.effective,
    setDoNotDisturb: (doNotDisturb) => void settings.change({ doNotDisturb }),
    language: () => languageOf(settings.effective),
    hub: () => hub.state,
    logger: logger.child({ part: 'desktop' }),
  });
  closeDesktop = () => desktop.close();
  quitNow = () => desktop.quitNow();
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
      ...handlers,
      ...desktop.handlers,
      'log:show': async () => {
        await showLog();
        return null;
      },
    },
    logger.child({ part: 'ipc' }),
  );

  const icon = path.join(dist, 'icons/256x256.png');
  const open = (): void => {
    const window = openWindow({
      preload: path.join(dist, 'preload/preload.cjs'),
      // Windows and macOS take it from the program itself.
      icon: process.platform === 'linux' && existsSync(icon) ? icon : null,
      development,
      remembered,
    });
    desktop.adopt(window);
  };
  open();
  hub.start(startSettledHub);
  installMenu();

  // Whether a link to a page of the hub is one to this app, only the hub's address tells.
  void hub.wire().then(() => {
    links.deliver((argv) => {
      desktop.arrive(argv);
    });
  });
  app.on('second-instance', (_event, argv) => {
    desktop.arrive(argv);
    showWindow();
  });
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) open();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
}

/** Links with which this app was started, and those that macOS hands over as events, from before it is ready. */
function collectLinks() {
  const early: string[] = process.argv.slice(1);
  let deliver: ((argv: readonly string[]) => void) | null = null;
  app.on('open-url', (event, url) => {
    event.preventDefault();
    if (deliver === null) early.push(url);
    else deliver([url]);
  });
  return {
    deliver(to: (argv: readonly string[]) => void): void {
      deliver = to;
      to(early);
    },
  };
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

/** As the user chose, else as the system speaks. */
function languageOf({ language }: Settings): string {
  return language === 'system' ? app.getLocale() : language;
}

function platform(): 'linux' | 'darwin' | 'win32' {
  return process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux';
}
