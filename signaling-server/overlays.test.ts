import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOverlays } from './overlays';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'callcast-overlays-'));
  for (const file of ['top-hat.png', 'beret.png', 'notes.txt', 'UPPER.png', '.hidden.png', 'a b.png'])
    await writeFile(join(root, file), '');
});
afterAll(() => rm(root, { recursive: true }));

describe('the overlays', () => {
  it('are the images of their folder, by names that cannot be paths', async () => {
    const overlays = await readOverlays(root, () => 'https://studio.local:8443/');
    expect(overlays.names).toEqual(['beret', 'top-hat']);
    expect(overlays.uri('beret')).toBe('https://studio.local:8443/overlays/beret.png');
    for (const name of ['notes', '../top-hat', 'constructor', '']) expect(overlays.uri(name)).toBeUndefined();
    expect(overlays.standard).toMatchObject({ image: 'top-hat', widthPercent: 1.6 });
  });

  it('are files for a media server on the same machine', async () => {
    const overlays = await readOverlays(root, () => 'files');
    expect(overlays.uri('top-hat')).toBe(pathToFileURL(join(root, 'top-hat.png')).href);
  });

  it('may not be there at all', async () => {
    for (const missing of [undefined, join(root, 'none')]) {
      const overlays = await readOverlays(missing, () => 'files');
      expect(overlays.names).toEqual([]);
      expect(overlays.standard).toBeUndefined();
    }
  });
});
