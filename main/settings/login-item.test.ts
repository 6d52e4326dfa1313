import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { desktopEntry, startAtLogin } from './login-item';

it('on Linux is a file in the autostart folder, which goes again', () => {
  const configFolder = mkdtempSync(path.join(tmpdir(), 'callcast-login-'));
  const options = {
    platform: 'linux' as const,
    configFolder,
    program: '/opt/Callcast/callcast',
    setLoginItem: vi.fn(),
  };
  const file = path.join(configFolder, 'autostart/callcast.desktop');
  startAtLogin(true, options);
  expect(readFileSync(file, 'utf8')).toContain('Exec="/opt/Callcast/callcast"\n');
  startAtLogin(false, options);
  startAtLogin(false, options);
  expect(existsSync(file)).toBe(false);
  expect(options.setLoginItem).not.toHaveBeenCalled();
  rmSync(configFolder, { recursive: true });
});

it('elsewhere is in the system’s own list', () => {
  const setLoginItem = vi.fn();
  startAtLogin(true, { platform: 'win32', configFolder: '/none', program: 'callcast.exe', setLoginItem });
  expect(setLoginItem).toHaveBeenCalledWith(true);
});

it('starts programs whatever is in their path', () => {
  // The key's own escaping is undone first, then that of the quotes: \\" becomes \" becomes ".
  expect(desktopEntry('/home/a "b"/$x/50%/callcast')).toContain(
    String.raw`Exec="/home/a \\"b\\"/\\$x/50%%/callcast"`,
  );
});
