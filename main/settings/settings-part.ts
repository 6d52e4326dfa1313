/**
 * Builds what main/settings consists of, with Electron's side of it: the keeper of secrets, login items, file dialogs, and
 * the requests that the page may ask.
 */
import path from 'node:path';
import { app, BrowserWindow, dialog, safeStorage } from 'electron';
import type { SettingsSnapshot } from '../../protocol/settings';
import { systemClock } from '../../signaling-server/clock';
import type { Handlers } from '../ipc';
import type { Texts } from '../texts';
import { hubCertificate } from './hub-certificate';
import { startAtLogin } from './login-item';
import { systemSecrets } from './secrets';
import { SettingsFile } from './settings-file';
import { SettingsHost, type SettingsHostOptions } from './settings-host';

export interface SettingsPartOptions extends Pick<
  SettingsHostOptions,
  | 'given'
  | 'ownFingerprint'
  | 'logger'
  | 'folder'
  | 'restartHub'
  | 'listen'
  | 'useMediaServer'
  | 'setPresenterKey'
  | 'onChange'
> {
  /** Where the media server in use listens. */
  readonly mediaServerUrl: () => Promise<string | undefined>;
  readonly texts: () => Texts;
}

type Channel = Extract<keyof Handlers, `settings:${string}`>;
export interface SettingsPart {
  readonly host: SettingsHost;
  readonly file: SettingsFile;
  readonly handlers: Pick<Handlers, Channel>;
}

/** Only after the app is ready: before, there is no keeper of secrets. */
export function openSettings(options: SettingsPartOptions): SettingsPart {
  const secrets = systemSecrets(safeStorage, process.platform);
  const file = new SettingsFile({ folder: options.folder, secrets, logger: options.logger });
  const host = new SettingsHost({
    ...options,
    file,
    secretsProtected: () => secrets.isProtected(),
    // What is started from its sources has no program that a desktop could start.
    startAtLogin: app.isPackaged ? setLoginItem : undefined,
  });
  return { host, file, handlers: handlersOf(options, file, host) };
}

function handlersOf(
  options: SettingsPartOptions,
  file: SettingsFile,
  host: SettingsHost,
): Pick<Handlers, Channel> {
  return {
    'settings:get': (): SettingsSnapshot => host.snapshot,
    'settings:notices': () => file.takeNotices(),
    'settings:change': (patch) => host.change(patch),
    'settings:testMediaServer': async (uri) => {
      const target = uri === '' ? await options.mediaServerUrl() : uri;
      if (target === undefined) return { at: 'failed', why: 'unreachable' };
      // With it comes the WebSocket library, which the start of the app does not wait for.
      const { probeMediaServer } = await import('../../signaling-server/kurento-client/probe');
      return probeMediaServer(target, systemClock);
    },
    'settings:hubCertificate': (url) => hubCertificate(url),
    'settings:chooseFile': (kind) => chooseFile(options.texts().chooseFile, kind),
  };
}

function setLoginItem(on: boolean): void {
  startAtLogin(on, {
    platform: process.platform,
    configFolder: app.getPath('appData'),
    program: process.env['APPIMAGE'] ?? process.execPath,
    setLoginItem: (openAtLogin) => app.setLoginItemSettings({ openAtLogin }),
  });
}

async function chooseFile(texts: Texts['chooseFile'], kind: 'certificate' | 'key'): Promise<string | null> {
  const [window] = BrowserWindow.getAllWindows();
  const question: Electron.OpenDialogOptions = {
    title: texts[kind],
    properties: ['openFile'],
    filters: [{ name: texts.pem, extensions: ['pem', 'crt', 'cer', 'key'] }],
  };
  const { canceled, filePaths } = await (window
    ? dialog.showOpenDialog(window, question)
    : dialog.showOpenDialog(question));
  const [chosen] = filePaths;
  return canceled || chosen === undefined ? null : path.resolve(chosen);
}
