/**
 * The app's one window: where it stands, its colours before the page is there, and showing it only when it has something to
 * show. What the page may do is decided elsewhere (permissions.ts, navigation.ts).
 */
import { BrowserWindow, nativeTheme, screen } from 'electron';
import { APP_ORIGIN } from './app-origin';
import { MINIMUM_SIZE, visibleBounds, type WindowStateFile } from './window-state';

const DEFAULT_SIZE = { width: 1120, height: 760 };
/** The page's own `--paper` (renderer/styles/tokens.css), so that nothing flashes between window and page. */
const BACKGROUND = { light: '#f7f4ee', dark: '#111413' };

export interface WindowOptions {
  readonly preload: string;
  readonly icon: string | null;
  readonly development: boolean;
  readonly remembered: WindowStateFile;
}

export function openWindow({ preload, icon, development, remembered }: WindowOptions): BrowserWindow {
  const { bounds, maximized } = remembered.state;
  const areas = screen.getAllDisplays().map((display) => display.workArea);
  const window = new BrowserWindow({
    ...DEFAULT_SIZE,
    ...visibleBounds(bounds, areas),
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    show: false,
    backgroundColor: background(),
    title: 'Callcast',
    ...(icon === null ? {} : { icon }),
    autoHideMenuBar: true,
    webPreferences: {
      preload,
      // Electron's defaults, written down because everything rests on them.
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      devTools: development,
      // Downloads dictionaries otherwise, and there is nothing to spell.
      spellcheck: false,
      // A caller is heard without a click, and a hidden window goes on talking.
      autoplayPolicy: 'no-user-gesture-required',
      backgroundThrottling: false,
    },
  });
  window.once('ready-to-show', () => {
    if (maximized) window.maximize();
    window.show();
  });
  const recolour = (): void => {
    window.setBackgroundColor(background());
  };
  nativeTheme.on('updated', recolour);
  const remember = (): void => {
    remembered.change({ bounds: window.getNormalBounds(), maximized: window.isMaximized() });
  };
  window.on('close', remember);
  window.once('closed', () => {
    nativeTheme.off('updated', recolour);
  });
  void window.loadURL(`${APP_ORIGIN}/`);
  return window;
}

function background(): string {
  return nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light;
}
