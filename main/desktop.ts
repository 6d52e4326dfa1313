/**
 * Everything around the window, built and kept in step with the session that runs in it: tray, notifications, shortcuts,
 * power, network, links, screens to share and recordings. Each is a part of its own; here they are connected.
 */
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import {
  app,
  dialog,
  globalShortcut,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  shell,
  type BrowserWindow,
  type Session,
} from 'electron';
import type { HubState, IpcEvents, IpcRequests } from '../protocol/ipc';
import type { Logger } from '../protocol/log';
import { LINK_SCHEME, type SessionCommand, type SessionState } from '../protocol/desktop';
import type { Settings } from '../protocol/settings';
import { linkOf, LinkInbox, originsOf } from './deep-links';
import { desktopTextsFor, type DesktopTexts } from './desktop-texts';
import type { Handlers } from './ipc';
import { Notifier, type SystemNotification } from './notifications';
import { NetworkWatch } from './power-network';
import { PowerKeeper } from './power';
import { Quitting } from './quitting';
import { Recordings } from './recording';
import { ScreenShare, usesPortal } from './screen-share';
import { IDLE, SessionBoard } from './session-board';
import { SessionShortcuts } from './shortcuts';
import { TrayIcon } from './tray';
import { trayModel, type TrayAction } from './tray-menu';
import { UnfinishedRecordings } from './unfinished-recordings';
import { followUpdates } from './updates';
import { WindowClosing } from './window-closing';

type DesktopSettings = Pick<Settings, 'closeToTray' | 'notifications' | 'doNotDisturb' | 'updates'>;
type DesktopHandlers = Pick<
  Handlers,
  Extract<keyof IpcRequests, `${'session' | 'link' | 'screen' | 'recording' | 'updates'}:${string}`>
>;

export interface DesktopOptions {
  /** The built app. */
  readonly dist: string;
  /** Null when there is none (macOS). */
  readonly window: () => BrowserWindow | null;
  /** Brings it to the front, opens one where there is none. */
  readonly showWindow: () => void;
  readonly send: <K extends keyof IpcEvents>(channel: K, payload: IpcEvents[K]) => void;
  readonly settings: () => DesktopSettings;
  readonly setDoNotDisturb: (on: boolean) => void;
  /** A language tag; the user may change it. */
  readonly language: () => string;
  readonly hub: () => HubState;
  readonly logger: Logger;
}

export interface Desktop {
  readonly handlers: DesktopHandlers;
  /** Each window that is opened. */
  adopt(window: BrowserWindow): void;
  /** Arguments of this start, or of a second one. */
  arrive(argv: readonly string[]): void;
  /** Settings or language changed. */
  refresh(): void;
  /** Without asking: somebody outside ends the app. */
  quitNow(): void;
  /** Recordings are on the disk when it resolves. */
  close(): Promise<void>;
}

export function openDesktop(session: Session, options: DesktopOptions): Desktop {
  const { send, settings, logger } = options;
  const { platform } = process;
  const board = new SessionBoard();
  const links = new LinkInbox();
  const texts = () => desktopTextsFor(options.language());
  const command = (wanted: SessionCommand): void => {
    send('session:command', wanted);
  };
  const shortcuts = new SessionShortcuts(globalShortcut, command);
  const power = new PowerKeeper(powerSaveBlocker);
  const network = new NetworkWatch({
    interfaces: networkInterfaces,
    every,
    onChange: () => {
      send('network:changed', null);
    },
  });
  const screens = new ScreenShare({
    platform,
    portal: usesPortal(platform, process.env),
    ask: (question) => {
      send('screen:choose', question);
    },
    logger,
  });
  const recordings = new Recordings({
    folder: () => path.join(app.getPath('videos'), 'Callcast'),
    now: () => new Date(),
    unfinished: new UnfinishedRecordings(path.join(app.getPath('userData'), 'unfinished-recordings.json')),
    logger,
  });
  void recordings.completeUnfinished();
  const notifier = new Notifier({
    open: openNotification,
    texts: () => texts().notification,
    wanted: () => settings().notifications && !settings().doNotDisturb,
    seen: () => isSeen(options.window()),
    flash: (on) => {
      flash(options.window(), on, settings().notifications);
    },
    onCommand: command,
    onShow: options.showWindow,
  });
  const closing = new WindowClosing({
    state: () => board.state,
    closeToTray: () => settings().closeToTray,
    after,
    endSession: () => {
      command('hang-up');
    },
    onStays: () => {
      notifier.tellItStays();
    },
  });

  const act = (action: TrayAction): void => {
    switch (action) {
      case 'show':
        return options.showWindow();
      case 'quit':
        return app.quit();
      case 'do-not-disturb':
        return options.setDoNotDisturb(!settings().doNotDisturb);
      case 'go-call':
      case 'go-broadcast':
      case 'go-room':
        options.showWindow();
        return send(
          'app:show',
          ({ 'go-call': 'call', 'go-broadcast': 'broadcast', 'go-room': 'room' } as const)[action],
        );
      case 'accept':
        options.showWindow();
        return command(action);
      case 'decline':
      case 'toggle-mute':
      case 'hang-up':
        return command(action);
    }
  };
  const tray = new TrayIcon({ icons: path.join(options.dist, 'icons'), platform, onAction: act });
  const refresh = (): void => {
    const { doNotDisturb } = settings();
    tray.show(trayModel(board.state, texts().tray, { doNotDisturb, shortcuts: shortcuts.registered }));
    power.follow(board.state, options.window()?.isVisible() ?? false);
  };

  board.follow((state, before) => {
    shortcuts.follow(state);
    notifier.follow(state, before);
    closing.follow(state);
    if (state.at === 'running') network.start();
    else network.stop();
    refresh();
  });
  const woken = (): void => {
    send('network:changed', null);
  };
  powerMonitor.on('resume', woken);
  const quitting = new Quitting({
    state: () => board.state,
    ask: (state) => confirmQuit(state, options.window(), texts().quit),
    quit: () => {
      app.quit();
    },
    onQuitting: () => {
      closing.quitting();
    },
  });
  app.on('before-quit', (event) => {
    quitting.beforeQuit(event);
  });
  // The whole desktop ends, not only this app.
  powerMonitor.on('shutdown', () => {
    quitting.decide();
  });
  screens.serve(session);
  if (app.isPackaged) app.setAsDefaultProtocolClient(LINK_SCHEME);
  if (platform === 'win32') app.setAppUserModelId('app.callcast');
  const updates = followUpdates({
    load: async () => (await import('electron-updater')).autoUpdater,
    configured: app.isPackaged && process.resourcesPath !== '' && hasUpdateServer(),
    wanted: () => settings().updates,
    busy: () => board.state.at !== 'idle',
    every,
    onReady: (version) => {
      send('updates:ready', version);
    },
    onInstall: () => {
      quitting.decide();
    },
    logger,
  });
  refresh();

  return {
    handlers: {
      'session:state': (state) => {
        board.set(state);
        return null;
      },
      'link:take': () => links.take(),
      'updates:get': () => updates.ready(),
      'updates:install': () => updates.install(),
      'screen:answer': (question, choice) => {
        screens.answer(question, choice);
        return null;
      },
      'recording:start': (title) => recordings.start(title),
      'recording:append': (id, bytes) => recordings.append(id, bytes),
      'recording:finish': (id) => recordings.finish(id),
      'recording:show': (id) => {
        const file = recordings.fileOf(id);
        if (file !== null) shell.showItemInFolder(file);
        return null;
      },
    },
    adopt(window) {
      closing.guard(window);
      // What the old page did ended with it.
      const forget = (): void => {
        board.set(IDLE);
        void recordings.finishAll();
      };
      window.webContents.on('render-process-gone', forget);
      window.webContents.on('did-navigate', forget);
      window.once('closed', forget);
      for (const event of ['show', 'hide', 'minimize', 'restore'] as const)
        window.on(event as 'show', () => {
          refresh();
        });
    },
    arrive(argv) {
      const link = linkOf(argv, originsOf(options.hub()));
      if (link === null) return;
      links.put(link);
      send('link:arrived', null);
    },
    refresh,
    quitNow() {
      quitting.decide();
      app.quit();
    },
    async close() {
      updates.end();
      network.stop();
      powerMonitor.off('resume', woken);
      shortcuts.close();
      power.close();
      notifier.close();
      tray.close();
      await recordings.finishAll();
    },
  };
}

/** Also when the window is hidden: it would be gone with the app. */
async function confirmQuit(
  state: SessionState,
  window: BrowserWindow | null,
  { question, details, quit, stay }: DesktopTexts['quit'],
): Promise<boolean> {
  const kind = state.at === 'running' ? state.kind : 'call';
  const box = {
    type: 'question' as const,
    message: question,
    detail: details[kind],
    buttons: [quit, stay],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  };
  const shown = window !== null && window.isVisible() && !window.isMinimized();
  const { response } = await (shown ? dialog.showMessageBox(window, box) : dialog.showMessageBox(box));
  return response === 0;
}

function openNotification(
  {
    title,
    body,
    actions,
  }: { readonly title: string; readonly body: string; readonly actions: readonly string[] },
  urgent: boolean,
): SystemNotification | null {
  if (!Notification.isSupported()) return null;
  return new Notification({
    title,
    body,
    // The page rings by itself, on the device that the user chose.
    silent: true,
    ...(urgent ? { urgency: 'critical', timeoutType: 'never' } : {}),
    // Where the system has no buttons, a click opens the window, which has them.
    actions: actions.map((text) => ({ type: 'button', text })),
  });
}

function isSeen(window: BrowserWindow | null): boolean {
  return window !== null && window.isVisible() && !window.isMinimized() && window.isFocused();
}

function flash(window: BrowserWindow | null, on: boolean, notified: boolean): void {
  if (on && process.platform === 'darwin') app.dock?.bounce('critical');
  if (window === null) return;
  // A hidden window has nothing that could flash: without a notification it shows itself, behind what is in front.
  if (on && !window.isVisible() && !(notified && Notification.isSupported())) window.showInactive();
  window.flashFrame(on);
}

/** electron-builder puts the server's address there, if there is one. */
function hasUpdateServer(): boolean {
  return existsSync(path.join(process.resourcesPath, 'app-update.yml'));
}

function every(ms: number, task: () => void): () => void {
  const timer = setInterval(task, ms);
  return () => {
    clearInterval(timer);
  };
}

function after(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => {
    clearTimeout(timer);
  };
}
