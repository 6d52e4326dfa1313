/**
 * Whether Callcast starts when the user logs in. macOS and Windows keep a list of their own; Linux desktops start what
 * lies in the autostart folder (Desktop Application Autostart Specification).
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface LoginItemOptions {
  readonly platform: NodeJS.Platform;
  /** `~/.config` on Linux. */
  readonly configFolder: string;
  /** What starts the app; an AppImage is started by its own file. */
  readonly program: string;
  /** Electron's, on macOS and Windows. */
  readonly setLoginItem: (openAtLogin: boolean) => void;
}

/** @throws when the system refuses */
export function startAtLogin(on: boolean, options: LoginItemOptions): void {
  if (options.platform !== 'linux') {
    options.setLoginItem(on);
    return;
  }
  const folder = path.join(options.configFolder, 'autostart');
  const file = path.join(folder, 'callcast.desktop');
  if (!on) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, desktopEntry(options.program));
}

/** Desktop Entry Specification: in `Exec`, quotes around the program, and a backslash before what is special in them. */
export function desktopEntry(program: string): string {
  const quoted = program.replace(/["`$\\]/g, (special) => `\\${special}`).replace(/%/g, '%%');
  // The value of a key is unescaped once before Exec's own quoting is.
  const value = `"${quoted}"`.replace(/\\/g, '\\\\');
  return ['[Desktop Entry]', 'Type=Application', 'Name=Callcast', `Exec=${value}`, 'Terminal=false', ''].join(
    '\n',
  );
}
