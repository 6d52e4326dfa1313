/** The mirror inside the app: camera, hub in the main process, media server as a utility process, and the picture back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCamera } from '../support/camera';
import { electronObstacle, launchApp, type RunningApp } from '../support/electron';
import { decoded, untilMoving } from '../support/pictures';
import { until } from '../support/until';

const obstacle = electronObstacle();

describe.skipIf(obstacle)(`the mirror in Electron${obstacle ? ` (${obstacle})` : ''}`, () => {
  let folder: string;
  let app: RunningApp;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'callcast-mirror-'));
    const camera = join(folder, 'camera.y4m');
    await writeCamera(camera);
    app = await launchApp({ camera });
  });
  afterAll(async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const returned = () => app.page.locator('video[aria-label="You, as it comes back"]');

  it('returns a moving picture of full size', async () => {
    await app.page.evaluate(() => (location.hash = '#/mirror'));
    await app.page.getByRole('button', { name: 'Start the mirror' }).waitFor();
    await untilMoving(app.page.locator('video').first());
    await app.page.getByRole('button', { name: 'Start the mirror' }).click();
    await untilMoving(returned());
    const { width, height } = await decoded(returned());
    expect([width, height]).toEqual([640, 480]);
  });

  it('comes back by itself when the media server dies, with the camera still on', async () => {
    const before = await app.electron.evaluate(({ app }) => {
      const pid = app.getAppMetrics().find((each) => each.name === 'Callcast media server')?.pid;
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      return pid;
    });
    expect(before).toBeDefined();
    const killed = performance.now();
    await app.page.locator('video').first().waitFor();
    await until(async () => {
      const now = await app.electron.evaluate(
        ({ app }) => app.getAppMetrics().find((each) => each.name === 'Callcast media server')?.pid,
      );
      return (now === undefined || now === before) && 'no new media server yet';
    });
    await untilMoving(returned());
    expect(performance.now() - killed).toBeLessThan(10_000);
  });
});
