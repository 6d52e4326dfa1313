/** Runs the checks one after the other, and tells each finding as it comes. What a finding means is findings.ts's. */
import type { SourceState } from '../media/local-media';
import type { Services } from '../services';
import { testIceServer } from '../settings/ice-test';
import { Cell, type Store } from '../store';
import type { CheckId, Finding } from './findings';
import { loopThroughMediaServer } from './udp-loop';

export interface DiagnosisState {
  readonly findings: readonly Finding[];
  /** Null before and after. */
  readonly running: CheckId | null;
  readonly done: boolean;
}

type Needs = Pick<Services, 'openLocalMedia' | 'hub' | 'platform' | 'preferences' | 'timers' | 'openPeer'>;

/** A hub that is just starting is given this long. */
const HUB_LIMIT_MS = 8_000;

export class Diagnosis {
  readonly #needs: Needs;
  readonly #state = new Cell<DiagnosisState>({ findings: [], running: null, done: false });
  #closed = false;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  get state(): Store<DiagnosisState> {
    return this.#state;
  }

  /** Never rejects. A second run replaces the first one's findings; while one runs, nothing happens. */
  async run(): Promise<void> {
    if (this.#state.get().running !== null) return;
    this.#state.set({ findings: [], running: 'camera', done: false });
    await this.#devices();
    await this.#step('permissions', () => permissions());
    await this.#step('hub', () => this.#hub());
    await this.#step('media-server', () => this.#mediaServer());
    await this.#step('udp', () => this.#udp());
    for (const server of this.#needs.preferences.get().iceServers)
      await this.#step('servers', async () => {
        const { verdict } = await testIceServer(server, this.#needs.timers);
        return { check: 'servers', word: verdict };
      });
    if (this.#needs.preferences.get().iceServers.length === 0)
      await this.#step('servers', () => Promise.resolve({ check: 'servers', word: 'none' }));
    this.#state.update((before) => ({ ...before, running: null, done: true }));
  }

  /** What runs goes on to its end unseen; nothing new begins. */
  close(): void {
    this.#closed = true;
  }

  async #step(running: CheckId, check: () => Promise<Finding>): Promise<void> {
    if (this.#closed) return;
    this.#state.update((before) => ({ ...before, running }));
    const finding = await check();
    this.#tell(finding);
  }

  #tell(finding: Finding): void {
    this.#state.update((before) => ({ ...before, findings: [...before.findings, finding] }));
  }

  /** With one question to the user for both, as everywhere else. */
  async #devices(): Promise<void> {
    const media = this.#needs.openLocalMedia();
    try {
      await media.open();
      const { camera, microphone } = media.get();
      this.#tell(cameraFinding(camera));
      await this.#step('microphone', () =>
        Promise.resolve({ check: 'microphone', word: wordOf(microphone) }),
      );
    } finally {
      media.close();
    }
  }

  async #hub(): Promise<Finding> {
    const { hub } = this.#needs;
    await this.#until(() => hub.status.get().at === 'ready', hub.status);
    const status = hub.status.get();
    return { check: 'hub', word: status.at === 'ready' ? 'ok' : status.at };
  }

  async #mediaServer(): Promise<Finding> {
    const { hub, platform } = this.#needs;
    const status = hub.status.get();
    if (status.at !== 'ready') return { check: 'media-server', word: 'unasked' };
    const told = (): string | null => {
      const now = hub.status.get();
      return now.at === 'ready' ? now.mediaServer : null;
    };
    const trouble = platform.mediaServerTrouble;
    await this.#until(() => told() === 'ready' || trouble.get() !== null, hub.status, trouble);
    const state = told();
    const known = trouble.get();
    if (state !== 'ready' && known !== null) return { check: 'media-server', word: known };
    if (state !== 'ready')
      return { check: 'media-server', word: state === 'connecting' ? 'connecting' : 'unavailable' };
    const report = await this.#probe();
    return report === null
      ? { check: 'media-server', word: 'ok' }
      : {
          check: 'media-server',
          word: 'ok',
          version: report.version,
          measures: { roundTrip: report.roundTrip },
        };
  }

  /** Version and round trip, which only the app can ask for, and only of its own hub's media server. */
  async #probe() {
    const { preferences } = this.#needs;
    if (preferences.app === null || preferences.get().remoteHub !== null) return null;
    const uri = preferences.app.get().locked.mediaServer?.value ?? preferences.get().mediaServer;
    const result = await window.callcast?.invoke('settings:testMediaServer', uri);
    return result?.ok === true && result.value.at === 'reached' ? result.value : null;
  }

  async #udp(): Promise<Finding> {
    const status = this.#needs.hub.status.get();
    if (status.at !== 'ready' || status.mediaServer !== 'ready') return { check: 'udp', word: 'unasked' };
    const result = await loopThroughMediaServer(this.#needs).catch(
      () => ({ ok: false, code: 'internal' }) as const,
    );
    if (!result.ok) return { check: 'udp', word: result.code };
    const { roundTrip, kilobits } = result;
    return {
      check: 'udp',
      word: 'ok',
      measures: { ...(roundTrip !== null && { roundTrip }), ...(kilobits !== null && { kilobits }) },
    };
  }

  /** Resolves when it is so, or after the limit. */
  #until(isSo: () => boolean, ...stores: readonly Store<unknown>[]): Promise<void> {
    if (isSo()) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        for (const unsubscribe of unsubscribes) unsubscribe();
        resolve();
      };
      const cancel = this.#needs.timers.after(HUB_LIMIT_MS, finish);
      const unsubscribes = stores.map((store) =>
        store.subscribe(() => {
          if (isSo()) finish();
        }),
      );
    });
  }
}

function cameraFinding(camera: SourceState): Finding {
  if (camera.at !== 'on') return { check: 'camera', word: wordOf(camera) };
  const { width, height, frameRate } = camera.track.getSettings();
  return {
    check: 'camera',
    word: 'ok',
    measures: {
      ...(width !== undefined && { width }),
      ...(height !== undefined && { height }),
      ...(frameRate !== undefined && { framesPerSecond: frameRate }),
    },
  };
}

function wordOf(source: SourceState) {
  if (source.at === 'on') return 'ok';
  return source.at === 'failed' ? source.failure : 'unknown';
}

/** The worse of the two: one that is refused is what somebody has to see to. */
async function permissions(): Promise<Finding> {
  const states = await Promise.all(['camera', 'microphone'].map(permission));
  const word = (['denied', 'prompt', 'unknown', 'granted'] as const).find((each) => states.includes(each));
  return { check: 'permissions', word: word ?? 'unknown' };
}

async function permission(name: string): Promise<PermissionState | 'unknown'> {
  try {
    // Not every browser knows these names; the types know none of them.
    return (await navigator.permissions.query({ name: name as PermissionName })).state;
  } catch {
    return 'unknown';
  }
}
