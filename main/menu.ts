/** The application menu: what the platform expects, with its accelerators. Builds a template; main.ts installs it. */
import type { MenuItemConstructorOptions } from 'electron';
import type { Texts } from './texts';

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  readonly development: boolean;
  readonly texts: Texts['menu'];
  readonly showAbout: () => void;
  readonly show: (screen: 'settings' | 'diagnosis') => void;
  readonly showLog: () => void;
}

export function menuTemplate({
  platform,
  development,
  texts,
  showAbout,
  show,
  showLog,
}: MenuOptions): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin';
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const about: MenuItemConstructorOptions = { id: 'about', label: texts.about, click: showAbout };
  const settings: MenuItemConstructorOptions = {
    id: 'settings',
    label: texts.settings,
    accelerator: 'CmdOrCtrl+,',
    click: () => show('settings'),
  };
  const diagnosis: MenuItemConstructorOptions = {
    id: 'diagnosis',
    label: texts.diagnosis,
    click: () => show('diagnosis'),
  };
  const log: MenuItemConstructorOptions = { id: 'show-log', label: texts.showLog, click: showLog };
  const quit: MenuItemConstructorOptions = { role: 'quit', label: texts.quit };
  const plain = (text: string): string => (mac ? text.replace('&', '') : text);

  const application: MenuItemConstructorOptions = {
    label: 'Callcast',
    submenu: [
      about,
      separator,
      settings,
      separator,
      { role: 'hide', label: texts.hide },
      { role: 'hideOthers', label: texts.hideOthers },
      { role: 'unhide', label: texts.showAll },
      separator,
      quit,
    ],
  };
  const file: MenuItemConstructorOptions = {
    label: plain(texts.file),
    submenu: [
      ...(mac ? [] : [settings, separator]),
      { role: 'close', label: texts.close },
      ...(mac ? [] : [separator, { ...quit, accelerator: 'Ctrl+Q' }]),
    ],
  };
  const edit: MenuItemConstructorOptions = {
    label: plain(texts.edit),
    submenu: [
      { role: 'undo', label: texts.undo },
      { role: 'redo', label: texts.redo },
      separator,
      { role: 'cut', label: texts.cut },
      { role: 'copy', label: texts.copy },
      { role: 'paste', label: texts.paste },
      { role: 'selectAll', label: texts.selectAll },
    ],
  };
  const view: MenuItemConstructorOptions = {
    label: plain(texts.view),
    submenu: [
      { role: 'resetZoom', label: texts.actualSize },
      { role: 'zoomIn', label: texts.zoomIn },
      { role: 'zoomOut', label: texts.zoomOut },
      separator,
      { role: 'togglefullscreen', label: texts.fullScreen },
      // An accelerator that reloads would end a call by a slip of the finger: for developers only.
      ...(development
        ? [
            separator,
            { role: 'reload' as const, label: texts.reload },
            { role: 'toggleDevTools' as const, label: texts.developerTools },
          ]
        : []),
    ],
  };
  const window: MenuItemConstructorOptions = {
    label: plain(texts.window),
    role: 'windowMenu',
    submenu: [{ role: 'minimize', label: texts.minimize }],
  };
  const help: MenuItemConstructorOptions = {
    label: plain(texts.help),
    role: 'help',
    submenu: [diagnosis, log, ...(mac ? [] : [separator, about])],
  };
  return mac ? [application, file, edit, view, window] : [file, edit, view, window, help];
}
