import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultRecordingsFolder } from './default-folder';
import { MediaFileError, MediaFolders } from './media-folders';

let root: string;
let folders: MediaFolders;
const at = (...names: string[]) => join(root, ...names);

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'folders-')));
  await mkdir(at('films'));
  await mkdir(at('elsewhere'));
  await writeFile(at('elsewhere', 'secret.webm'), 'secret');
  await writeFile(at('films', 'film.webm'), 'film');
  folders = new MediaFolders({ recordings: [at('recordings')], playable: [at('films')] });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const faultOf = (result: Promise<unknown>) =>
  result.then(
    () => 'none',
    (error: unknown) => (error instanceof MediaFileError ? error.fault : String(error)),
  );
async function record(uri: string): Promise<string> {
  const file = await folders.openForRecording(uri);
  await file.handle.close();
  file.release();
  return file.path;
}

describe('recordings', () => {
  it('go into the configured folder, by URL, path or name, and make it', async () => {
    expect(await record(pathToFileURL(at('recordings', 'a b.webm')).href)).toBe(at('recordings', 'a b.webm'));
    expect(await record(at('recordings', 'b.webm'))).toBe(at('recordings', 'b.webm'));
    expect(await record('c.webm')).toBe(at('recordings', 'c.webm'));
  });
  it('go nowhere else', async () => {
    await record('first.webm');
    await symlink(at('elsewhere'), at('recordings', 'door'));
    await symlink(at('elsewhere', 'secret.webm'), at('recordings', 'link.webm'));
    execFileSync('mkfifo', [at('recordings', 'pipe')]);
    for (const uri of [
      pathToFileURL(at('elsewhere', 'secret.webm')).href,
      `file://${at('recordings')}/../elsewhere/secret.webm`,
      `file://${at('recordings')}/%2e%2e/elsewhere/secret.webm`,
      `file://${at('recordings')}/..%2felsewhere%2fsecret.webm`,
      `file://elsewhere.example${at('recordings', 'x.webm')}`,
      '../elsewhere/secret.webm',
      at('films', 'film.webm'),
      at('recordings', 'door', 'secret.webm'),
      at('recordings', 'link.webm'),
      at('recordings', 'pipe'),
      at('recordings'),
      at('recordings-beside', 'x.webm'),
      'http://127.0.0.1/x.webm',
      'ftp://127.0.0.1/x',
      'file:///a\0b',
      'file:///%00',
      '',
    ]) {
      expect([uri, await faultOf(record(uri))]).toEqual([uri, 'invalid']);
    }
    expect(await readFile(at('elsewhere', 'secret.webm'), 'utf8')).toBe('secret');
    expect(await readFile(at('films', 'film.webm'), 'utf8')).toBe('film');
  });
  it('are written by one recorder at a time', async () => {
    const first = await folders.openForRecording('a.webm');
    expect(await faultOf(folders.openForRecording('a.webm'))).toBe('busy');
    await first.handle.close();
    first.release();
    await record('a.webm');
  });
  it('fail where a folder is missing or a name is taken by a folder', async () => {
    expect(await faultOf(record('deep/er.webm'))).toBe('failed');
  });
  it('have no place without folders', async () => {
    folders = new MediaFolders({ recordings: [] });
    expect(await faultOf(record('/a.webm'))).toBe('invalid');
    expect(await faultOf(record('a.webm'))).toBe('invalid');
  });
});

describe('players', () => {
  it('read recordings and the other folders, and nothing else', async () => {
    await record('own.webm');
    await symlink(at('elsewhere', 'secret.webm'), at('films', 'link.webm'));
    for (const uri of [pathToFileURL(at('films', 'film.webm')).href, at('films', 'film.webm'), 'own.webm']) {
      const handle = await folders.openForPlaying(uri);
      await handle.close();
    }
    expect(await faultOf(folders.openForPlaying(at('films', 'none.webm')))).toBe('missing');
    for (const uri of [at('elsewhere', 'secret.webm'), at('films', 'link.webm'), at('films'), '/dev/zero'])
      expect([uri, await faultOf(folders.openForPlaying(uri))]).toEqual([uri, 'invalid']);
  });
});

describe('the default folder', () => {
  it('lies beside the data of the app', () => {
    expect(defaultRecordingsFolder('linux', {}, '/home/a')).toBe('/home/a/.config/Callcast/recordings');
    expect(defaultRecordingsFolder('linux', { XDG_CONFIG_HOME: '/x' }, '/home/a')).toBe(
      '/x/Callcast/recordings',
    );
  });
});
