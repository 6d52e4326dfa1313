/** Settings and diagnosis in the running app: what is kept, what takes effect at once, and what the user is told. */
import { createSocket } from 'node:dgram';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { build } from '../../build/build.mjs';
import { startMediaServer } from '../../media-server/index';
import type { HubState } from '../../protocol/ipc';
import { silentLogger } from '../../protocol/log';
import { installationCertificate } from '../../signaling-server/certificate';
import { systemClock } from '../../signaling-server/clock';
import { startHub } from '../../signaling-server/index';
import { electronObstacle, launchApp, type AppOptions, type RunningApp } from '../support/electron';
import { until } from '../support/until';

const obstacle = electronObstacle();
const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** Nothing listens on the discard port here. */
const DEAD = 'ws://127.0.0.1:9/kurento';

describe.skipIf(obstacle)(`settings in Electron${obstacle ? ` (${obstacle})` : ''}`, () => {
  // Takes its time, which is no test's.
  beforeAll(() => build());
  let userDataDir: string;
  /** Closed in the reverse order. */
  let open: { close(): Promise<void> }[] = [];
  beforeEach(async () => {
    userDataDir = await mkdtemp(path.join(tmpdir(), 'callcast-settings-'));
  });
  afterEach(async () => {
    for (const each of open.reverse()) await each.close();
    open = [];
    await rm(userDataDir, { recursive: true, force: true });
  });

  async function launch(options: AppOptions = {}): Promise<RunningApp> {
    const app = await launchApp({ userDataDir, ...options });
    open.push(app);
    return app;
  }

  /** Ends the app before the test does. */
  async function quit(app: RunningApp): Promise<void> {
    open = open.filter((each) => each !== app);
    await app.close();
  }

  const visit = ({ page }: RunningApp, route: string): Promise<void> =>
    page.evaluate((hash) => {
      location.hash = hash;
    }, `#/${route}`);
  const hubState = async ({ page }: RunningApp): Promise<HubState> => {
    const result = await page.evaluate(() => window.callcast?.invoke('hub:get'));
    if (!result?.ok) throw new Error(`no answer: ${JSON.stringify(result)}`);
    return result.value;
  };
  const keptSettings = async (): Promise<Record<string, unknown>> =>
    JSON.parse(await readFile(path.join(userDataDir, 'settings.json'), 'utf8')) as Record<string, unknown>;
  const writeSettings = (settings: unknown): Promise<void> =>
    writeFile(
      path.join(userDataDir, 'settings.json'),
      JSON.stringify({ version: 1, ...(settings as object) }),
    );

  it('are kept for the next start, and take effect at once', async () => {
    const first = await launch();
    await visit(first, 'settings/general');
    await first.page.getByLabel('Theme', { exact: true }).selectOption('dark');
    expect(await first.page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
    await first.page.getByRole('textbox', { name: 'Name' }).fill('Ana');
    await first.page.getByRole('textbox', { name: 'Name' }).press('Enter');
    await visit(first, 'settings/media-server');
    await first.page.getByLabel('UDP ports').fill('50500-50400');
    await first.page.getByLabel('UDP ports').press('Enter');
    await first.page.getByText('the smaller first').waitFor();
    await visit(first, 'settings/general');
    await first.page.getByLabel('Language').last().selectOption('es');
    await first.page.getByRole('heading', { name: 'Ajustes', level: 1 }).waitFor();
    const label = await first.electron.evaluate(
      ({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('settings')?.label,
    );
    expect(label).toBe('Ajustes …');
    await quit(first);

    expect(await keptSettings()).toMatchObject({
      theme: 'dark',
      callName: 'Ana',
      language: 'es',
      udpPorts: null,
    });
    const second = await launch();
    await visit(second, 'settings/general');
    await second.page.getByRole('heading', { name: 'Ajustes', level: 1 }).waitFor();
    expect(await second.page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
    expect(await second.page.getByRole('textbox', { name: 'Nombre' }).inputValue()).toBe('Ana');
  });

  it('that are corrupt are kept aside, and the user is told', async () => {
    await writeFile(path.join(userDataDir, 'settings.json'), '{ "theme": "dark", "hub');
    const app = await launch();
    await app.page.getByText(/could not be read.*settings\.corrupt-1\.json/).waitFor();
    expect(await readdir(userDataDir)).toContain('settings.corrupt-1.json');
    expect(await app.page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
  });

  it('show what the command line decides as locked, and keep none of it', async () => {
    const app = await launch({ args: [`--ws_uri=${DEAD}`] });
    await visit(app, 'settings/media-server');
    await app.page.getByText(`Set to ${DEAD} by --ws_uri on the command line, for this run.`).waitFor();
    expect(await app.page.getByRole('radio', { name: DEAD }).isChecked()).toBe(true);
    expect(await app.page.getByRole('radio', { name: 'The one in Callcast' }).isDisabled()).toBe(true);
    await visit(app, 'settings/hub');
    await app.page
      .getByText(/by --as_uri on the command line/)
      .first()
      .waitFor();
    expect(await app.page.getByLabel('Port', { exact: true }).isDisabled()).toBe(true);
  });

  it('test media servers and change to another one without a restart', async () => {
    const other = await startMediaServer({ port: 0 });
    open.push(other);
    await writeSettings({ mediaServers: [DEAD, other.url] });
    const app = await launch();
    const { page } = app;
    await visit(app, 'settings/media-server');
    await until(async () => {
      const state = await hubState(app);
      return (state.at !== 'ready' || state.mediaServer !== 'ready') && state;
    }, 30_000);
    await page.getByRole('button', { name: 'Test The one in Callcast' }).click();
    await page.getByText(/Reached: Kurento Protocol, version 7\..*there and back/).waitFor();
    await page.getByRole('button', { name: `Test ${DEAD}` }).click();
    await page.getByText('Nothing listens there.').waitFor();

    await page.getByRole('radio', { name: other.url }).check();
    await until(() => other.counts().sessions === 0 && 'no session on the other media server', 20_000);
    await until(async () => {
      const state = await hubState(app);
      return (state.at !== 'ready' || state.mediaServer !== 'ready') && state;
    }, 20_000);
    // The embedded one has nothing to do meanwhile.
    await until(async () => {
      const running = await app.electron.evaluate(({ app: electron }) =>
        electron.getAppMetrics().some((each) => each.name === 'Callcast media server'),
      );
      return running && 'the embedded media server still runs';
    });
    await page.getByRole('radio', { name: 'The one in Callcast' }).check();
    await until(async () => {
      const running = await app.electron.evaluate(({ app: electron }) =>
        electron.getAppMetrics().some((each) => each.name === 'Callcast media server'),
      );
      const state = await hubState(app);
      return (!running || state.at !== 'ready' || state.mediaServer !== 'ready') && state;
    }, 30_000);
  });

  it('take another computer’s hub by its certificate, and refuse it when that changes', async () => {
    const mediaServer = await startMediaServer({ port: 0 });
    open.push(mediaServer);
    const folder = path.join(userDataDir, 'other-computer');
    const certificate = await installationCertificate(folder, systemClock);
    const options = {
      tls: certificate,
      mediaServer: { wsUri: mediaServer.url },
      logger: silentLogger,
    } as const;
    const hub = await startHub({ ...options, listen: { host: 'localhost', port: 0 } });
    open.push(hub);
    const { port } = hub;

    const app = await launch({ usualAddress: true });
    await visit(app, 'settings/hub');
    await app.page.getByRole('radio', { name: 'Another computer' }).check();
    await app.page.getByLabel('Address of the hub').fill(`https://localhost:${port}`);
    await app.page.getByRole('button', { name: 'Look at its certificate' }).click();
    await app.page.getByText(certificate.fingerprint).waitFor();
    await app.page.getByRole('button', { name: 'Trust it and connect' }).click();
    await until(async () => {
      // The page is loaded anew meanwhile.
      const state = await hubState(app).catch(() => ({ at: 'reloading' as const }));
      return (state.at !== 'remote' || state.url !== `wss://localhost:${port}`) && state;
    }, 20_000);
    await app.page.getByRole('button', { name: 'Connection state: Ready' }).waitFor();
    expect(await keptSettings()).toMatchObject({
      remoteHub: { url: `https://localhost:${port}`, fingerprint: certificate.fingerprint },
    });
    await quit(app);

    await hub.close();
    const stranger = await installationCertificate(path.join(userDataDir, 'stranger'), systemClock);
    open.push(await startHub({ ...options, tls: stranger, listen: { host: 'localhost', port } }));
    const again = await launch({ usualAddress: true });
    await until(async () => {
      const state = await hubState(again);
      return state.at !== 'failed' && state;
    });
    expect(await hubState(again)).toMatchObject({
      at: 'failed',
      message: expect.stringContaining('another certificate') as string,
    });
    await visit(again, 'settings/hub');
    await again.page.getByText(/shows another certificate than the one you trusted/).waitFor();
  });

  it('say that the UDP ports are taken, and what to do, until they are free', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => taken.bind(0, '0.0.0.0', resolve));
    const { port } = taken.address();
    let bound = true;
    const free = (): Promise<void> => {
      if (!bound) return Promise.resolve();
      bound = false;
      return new Promise((resolve) => taken.close(() => resolve()));
    };
    open.push({ close: free });
    await writeSettings({ udpPorts: { min: port, max: port } });
    const app = await launch();
    await visit(app, 'mirror');
    await app.page.getByText('The UDP ports are taken').first().waitFor();
    await app.page
      .getByText(/choose other ports in Settings, Media server/)
      .first()
      .waitFor();
    await free();
    await until(async () => {
      const state = await hubState(app);
      return (state.at !== 'ready' || state.mediaServer !== 'ready') && state;
    }, 30_000);
    await app.page.getByRole('button', { name: 'Connection state: Ready' }).waitFor();
  });

  it('write a log that has the hub and the media server in it, and the menu shows it', async () => {
    const app = await launch();
    await until(async () => {
      const log = await readFile(path.join(userDataDir, 'logs/callcast.log'), 'utf8').catch(() => '');
      return !log.includes('connected to the media server') && log;
    }, 30_000);
    const opened = await app.electron.evaluate(async ({ Menu, shell }) => {
      const places: string[] = [];
      shell.openPath = (place) => {
        places.push(place);
        return Promise.resolve('');
      };
      Menu.getApplicationMenu()?.getMenuItemById('show-log')?.click();
      await new Promise((resolve) => setImmediate(resolve));
      return places;
    });
    expect(opened).toEqual([path.join(userDataDir, 'logs/callcast.log')]);
    await app.electron.evaluate(({ Menu }) => {
      Menu.getApplicationMenu()?.getMenuItemById('diagnosis')?.click();
    });
    await app.page.getByRole('heading', { name: 'Diagnosis', level: 1 }).waitFor();
  });

  it('are usable by everybody: no violation that axe finds, at any width, in both themes', async () => {
    await writeSettings({
      mediaServers: [DEAD],
      iceServers: [{ kind: 'turn', url: 'turn:turn.example.org', user: 'ana', password: 'x' }],
    });
    const app = await launch({ usualAddress: true });
    const axe = await readFile(axeFile, 'utf8');
    const found: unknown[] = [];
    const routes = ['general', 'devices', 'media-server', 'hub', 'connection', 'help'].map(
      (id) => `settings/${id}`,
    );
    for (const theme of ['light', 'dark'] as const) {
      await app.page.evaluate(
        (wanted) => window.callcast?.invoke('settings:change', { theme: wanted }),
        theme,
      );
      await until(async () => {
        const shown = await app.page.evaluate(() => document.documentElement.dataset['theme']);
        return shown !== theme && shown;
      });
      for (const route of [...routes, 'diagnosis']) {
        await visit(app, route);
        await app.page.getByRole('heading', { level: 1, name: /Settings|Diagnosis/ }).waitFor();
        for (const width of [360, 1_920]) {
          await app.page.setViewportSize({ width, height: 900 });
          const sideways = await app.page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          if (sideways > 0) found.push({ route, width, sideways });
        }
        // Evaluated by the debugger: the page's own policy lets in no foreign script.
        await app.page.evaluate(axe);
        const violations = await app.page.evaluate(async () => {
          const { axe: run } = window as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          };
          const result = await run.run();
          return result.violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }));
        });
        found.push(...violations.map((violation) => ({ theme, route, ...violation })));
      }
    }
    expect(found).toEqual([]);
  });

  it('diagnosis finds everything in order with fake devices, and its report names nobody', async () => {
    const app = await launch();
    await visit(app, 'diagnosis');
    await app.page.getByRole('button', { name: 'Run the checks' }).click();
    await app.page.getByText('Everything works').waitFor({ timeout: 60_000 });
    const statuses = await app.page
      .locator('[data-check]')
      .evaluateAll((items) =>
        items.map((item) => `${item.getAttribute('data-check')} ${item.getAttribute('data-status')}`),
      );
    expect(statuses).toEqual([
      'camera good',
      'microphone good',
      'permissions good',
      'hub good',
      'media-server good',
      'udp good',
      'servers good',
    ]);
    const report = (await app.page.locator('pre').textContent()) ?? '';
    expect(report).toMatch(/^udp: good, ok \(.*kilobits \d/m);
    expect(report).toMatch(/^media-server: good, ok \(.*version 7\./m);
    expect(report).not.toMatch(/fake|localhost|127\.0|candidate|a=/i);
  });

  it('diagnosis says what is missing without devices and without a media server', async () => {
    const app = await launch({ devices: false, args: [`--ws_uri=${DEAD}`] });
    await visit(app, 'diagnosis');
    await app.page.getByRole('button', { name: 'Run the checks' }).click();
    await app.page.getByText('Something is in the way').waitFor({ timeout: 60_000 });
    const status = (check: string) => app.page.locator(`[data-check="${check}"]`).getAttribute('data-status');
    expect(await status('camera')).toBe('note');
    expect(await status('hub')).toBe('good');
    expect(await status('media-server')).toBe('bad');
    expect(await status('udp')).toBe('note');
  });
});
