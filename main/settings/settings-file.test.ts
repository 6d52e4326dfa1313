import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '../../protocol/log';
import { silentLogger } from '../../protocol/log';
import { DEFAULT_SETTINGS, SETTINGS_VERSION, type IceServer } from '../../protocol/settings';
import { systemSecrets, type Secrets } from './secrets';
import { SettingsFile } from './settings-file';

const NO_SECRETS: Secrets = { isProtected: () => false, encrypt: () => null, decrypt: () => null };
const KEEPER: Secrets = {
  isProtected: () => true,
  encrypt: (text) => Buffer.from(text).reverse().toString('base64'),
  decrypt: (sealed) => Buffer.from(sealed, 'base64').reverse().toString(),
};
const TURN: IceServer = { kind: 'turn', url: 'turn:turn.example.org', user: 'ana', password: 'open sesame' };

describe('the settings file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'callcast-settings-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const place = () => path.join(folder, 'settings.json');
  const openFile = (secrets = NO_SECRETS, logger = silentLogger) =>
    new SettingsFile({ folder, secrets, logger });
  const kept = (): unknown => JSON.parse(readFileSync(place(), 'utf8'));

  it('is not there at first, and nobody is told', () => {
    const file = openFile();
    expect(file.settings).toEqual(DEFAULT_SETTINGS);
    expect(file.takeNotices()).toEqual([]);
  });

  it('keeps changes for the next start, readable for this user only', async () => {
    const file = openFile();
    file.change({ theme: 'dark' });
    file.change({ hubPort: 9_443 });
    await file.flush();
    expect(openFile().settings).toMatchObject({ theme: 'dark', hubPort: 9_443 });
    expect(kept()).toMatchObject({ version: SETTINGS_VERSION, theme: 'dark' });
    if (process.platform !== 'win32') expect(statSync(place()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['settings.json']);
  });

  it('has the last of many changes, however quickly they come', async () => {
    const file = openFile();
    for (let volume = 0; volume <= 100; volume += 1) file.change({ volume: volume / 100 });
    await file.flush();
    expect(openFile().settings.volume).toBe(1);
  });

  it('tells listeners what changed, and nothing when nothing did', () => {
    const file = openFile();
    const heard: unknown[] = [];
    file.onChange((_settings, changed) => heard.push(changed));
    file.change({ theme: 'system' });
    file.change({ theme: 'dark', language: 'es' });
    expect(heard).toEqual([['theme', 'language']]);
  });

  it.each(['{ "theme": "da', '', 'null', '[1]', '\u0000\u0000\u0000', '"text"'])(
    'that is corrupt (%j) is kept aside and told once',
    (text) => {
      writeFileSync(place(), text);
      const file = openFile();
      expect(file.settings).toEqual(DEFAULT_SETTINGS);
      expect(file.takeNotices()).toEqual([{ why: 'corrupt', keptAs: 'settings.corrupt-1.json' }]);
      expect(file.takeNotices()).toEqual([]);
      expect(readFileSync(path.join(folder, 'settings.corrupt-1.json'), 'utf8')).toBe(text);
    },
  );

  it('never replaces one that was kept aside before', () => {
    for (const text of ['first', 'second']) {
      writeFileSync(place(), text);
      openFile();
    }
    expect(readFileSync(path.join(folder, 'settings.corrupt-1.json'), 'utf8')).toBe('first');
    expect(readFileSync(path.join(folder, 'settings.corrupt-2.json'), 'utf8')).toBe('second');
  });

  it('with bad values loses these only, says which, and keeps a copy', () => {
    writeFileSync(place(), JSON.stringify({ version: 1, theme: 'dark', hubPort: 'x', volume: 7 }));
    const file = openFile();
    expect(file.settings).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark' });
    expect(file.takeNotices()).toEqual([
      { why: 'bad-values', fields: ['volume', 'hubPort'], keptAs: 'settings.bad-1.json' },
    ]);
  });

  it('of a newer version is copied before this one writes over it', () => {
    writeFileSync(place(), JSON.stringify({ version: 99, theme: 'dark', hologram: true }));
    const file = openFile();
    expect(file.settings.theme).toBe('dark');
    expect(file.takeNotices()).toEqual([{ why: 'newer', keptAs: 'settings.newer-1.json' }]);
    expect(readFileSync(path.join(folder, 'settings.newer-1.json'), 'utf8')).toContain('hologram');
  });

  it('that cannot be written is told once; the choices hold for the run', async () => {
    writeFileSync(path.join(folder, 'blocked'), '');
    const file = new SettingsFile({
      folder: path.join(folder, 'blocked'),
      secrets: NO_SECRETS,
      logger: silentLogger,
    });
    file.takeNotices();
    file.change({ theme: 'dark' });
    await file.flush();
    file.change({ theme: 'light' });
    await file.flush();
    expect(file.settings.theme).toBe('light');
    expect(file.takeNotices()).toEqual([{ why: 'unwritable' }]);
  });

  it('holds passwords sealed where the system keeps secrets', async () => {
    const file = openFile(KEEPER);
    file.change({ iceServers: [TURN] });
    await file.flush();
    expect(readFileSync(place(), 'utf8')).not.toContain('open sesame');
    expect(openFile(KEEPER).settings.iceServers).toEqual([TURN]);
    // Another user's keeper cannot open it: the server stays, the password has to be typed again.
    expect(openFile(NO_SECRETS).settings.iceServers).toEqual([{ ...TURN, password: '' }]);
  });

  it('holds the presenter key sealed, and never becomes open to everybody because it cannot be read', async () => {
    const file = openFile(KEEPER);
    file.change({ presenterKey: 'open sesame' });
    await file.flush();
    expect(readFileSync(place(), 'utf8')).not.toContain('open sesame');
    expect(openFile(KEEPER).settings.presenterKey).toBe('open sesame');
    const unread = openFile(NO_SECRETS).settings.presenterKey;
    expect(unread.length).toBeGreaterThan(16);
    expect(unread).not.toBe(openFile(NO_SECRETS).settings.presenterKey);
    file.change({ presenterKey: '' });
    await file.flush();
    expect(openFile(NO_SECRETS).settings.presenterKey).toBe('');
  });

  it('holds them readable where it does not, and never logs them', async () => {
    const lines: unknown[] = [];
    const log = (...line: unknown[]) => void lines.push(line);
    const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
    const file = openFile(NO_SECRETS, logger);
    file.change({ iceServers: [TURN] });
    await file.flush();
    writeFileSync(place(), `${readFileSync(place(), 'utf8')} trailing open sesame`);
    expect(openFile(NO_SECRETS, logger).settings).toEqual(DEFAULT_SETTINGS);
    expect(lines).not.toEqual([]);
    expect(JSON.stringify(lines)).not.toContain('open sesame');
  });

  it('survives being killed while it is written, again and again', async () => {
    const writer = path.join(folder, 'writer.mts');
    const source = path.join(import.meta.dirname, 'settings-file.ts');
    writeFileSync(
      writer,
      `import { SettingsFile } from ${JSON.stringify(source)};
       const secrets = { isProtected: () => false, encrypt: () => null, decrypt: () => null };
       const logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
       const file = new SettingsFile({ folder: ${JSON.stringify(folder)}, secrets, logger });
       for (let port = 1; ; port = (port % 60000) + 1) {
         file.change({ hubPort: port, mediaServers: Array.from({ length: 16 }, (_, n) => 'ws://h' + n + '.' + 'x'.repeat(900)) });
         await file.flush();
         if (port === 3) process.stdout.write('writing');
       }`,
    );
    for (let round = 0; round < 4; round += 1) {
      const child = spawn(process.execPath, ['--import', 'tsx', writer], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      const file = openFile();
      expect(file.takeNotices()).toEqual([]);
      expect(file.settings.mediaServers).toHaveLength(16);
    }
  }, 60_000);
});

describe('the keeper of secrets', () => {
  const storage = {
    isEncryptionAvailable: () => true,
    getSelectedStorageBackend: () => 'gnome_libsecret',
    encryptString: (text: string) => Buffer.from(`sealed ${text}`),
    decryptString: (sealed: Buffer) => sealed.toString().slice('sealed '.length),
  };

  it('seals and opens', () => {
    const secrets = systemSecrets(storage, 'linux');
    const sealed = secrets.encrypt('open sesame');
    expect(secrets.decrypt(sealed ?? '')).toBe('open sesame');
  });

  it('is none where Linux has only a password that is the same everywhere', () => {
    const secrets = systemSecrets({ ...storage, getSelectedStorageBackend: () => 'basic_text' }, 'linux');
    expect(secrets.isProtected()).toBe(false);
    expect(secrets.encrypt('open sesame')).toBeNull();
  });

  it('that fails costs the password, not the settings', () => {
    const broken = () => {
      throw new Error('locked');
    };
    const secrets = systemSecrets({ ...storage, encryptString: broken, decryptString: broken }, 'darwin');
    expect(secrets.encrypt('x')).toBeNull();
    expect(secrets.decrypt('x')).toBeNull();
  });
});
