/**
 * The settings as the running app has them: the kept ones with the command line's over them, and what has to happen when
 * one changes. Keeping them is settings-file.ts's work, hub and windows belong to others and are only told.
 */
import type { Logger } from '../../protocol/log';
import {
  changedSettings,
  type SettingName,
  type Settings,
  type SettingsSnapshot,
} from '../../protocol/settings';
import type { HubSettings } from '../../signaling-server/options';
import { effectiveSettings, locksOf } from './overrides';
import type { SettingsFile } from './settings-file';

export interface SettingsHostOptions {
  readonly file: SettingsFile;
  /** The command line. */
  readonly given: HubSettings;
  readonly logger: Logger;
  readonly folder: string;
  readonly secretsProtected: () => boolean;
  readonly ownFingerprint: () => string | null;
  /** Undefined where the app is not installed. */
  readonly startAtLogin: ((on: boolean) => void) | undefined;
  /** Ends the hub and starts one with these settings; its pages are loaded anew. */
  readonly restartHub: (settings: Settings) => void;
  /** @throws when this computer cannot listen there */
  readonly listen: (host: string) => Promise<void>;
  readonly useMediaServer: (settings: Settings) => Promise<void>;
  /** Undefined: anybody may present. */
  readonly setPresenterKey: (key: string | undefined) => Promise<void>;
  /** After every change. */
  readonly onChange: (snapshot: SettingsSnapshot, changed: readonly SettingName[]) => void;
}

/** Another hub, or one that has to be started anew: ports and certificates are taken when it begins. */
const HUB: readonly SettingName[] = ['remoteHub', 'hubPort', 'hubAnyPort', 'certificate'];
/** What a hub of one's own takes while it runs. */
const MEDIA: readonly SettingName[] = ['mediaServer', 'udpPorts', 'announcedAddress'];

export class SettingsHost {
  readonly #options: SettingsHostOptions;
  #trouble: SettingsSnapshot['trouble'] = null;
  /** One change's effects after the other's. */
  #working: Promise<void> = Promise.resolve();

  constructor(options: SettingsHostOptions) {
    this.#options = options;
  }

  /** What holds for this run. */
  get effective(): Settings {
    return effectiveSettings(this.#options.file.settings, this.#options.given);
  }

  get snapshot(): SettingsSnapshot {
    const { file, given, folder, secretsProtected, startAtLogin } = this.#options;
    const { settings } = file;
    return {
      settings,
      locked: locksOf(given),
      // Not asked without need: the system's keeper may show a question of its own.
      secretsProtected: hasSecrets(settings) ? secretsProtected() : null,
      canStartAtLogin: startAtLogin !== undefined,
      ownFingerprint: this.#options.ownFingerprint(),
      trouble: this.#trouble,
      folder,
    };
  }

  /** Resolves when the change has had its effect; what could not be done is in the snapshot. */
  async change(patch: Partial<Settings>): Promise<SettingsSnapshot> {
    const before = this.effective;
    const keptBefore = this.#options.file.settings;
    const kept = this.#options.file.change(patch);
    const changed = changedSettings(keptBefore, kept);
    if (changed.length === 0) return this.snapshot;
    this.#options.onChange(this.snapshot, changed);
    const after = this.effective;
    const effect = this.#working.then(() => this.#apply(after, changedSettings(before, after)));
    this.#working = effect.catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'a setting could not be applied');
    });
    await this.#working;
    return this.snapshot;
  }

  async #apply(settings: Settings, changed: readonly SettingName[]): Promise<void> {
    const hub = HUB.some((name) => changed.includes(name)) && !onlyAsleep(settings, changed);
    if (hub) {
      this.#setTrouble(null);
      this.#options.restartHub(settings);
    } else if (settings.remoteHub === null) {
      if (changed.includes('hubListen')) await this.#listen(settings.hubListen);
      if (changed.includes('presenterKey'))
        await this.#options.setPresenterKey(settings.presenterKey === '' ? undefined : settings.presenterKey);
      if (MEDIA.some((name) => changed.includes(name))) await this.#options.useMediaServer(settings);
    }
    if (changed.includes('startAtLogin')) this.#startAtLogin(settings.startAtLogin);
  }

  async #listen(host: string): Promise<void> {
    try {
      await this.#options.listen(host);
      this.#setTrouble(null);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'cannot listen where the settings say');
      this.#setTrouble('cannot-listen');
    }
  }

  #startAtLogin(on: boolean): void {
    try {
      this.#options.startAtLogin?.(on);
      this.#setTrouble(null);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'cannot change what starts at login');
      this.#setTrouble('cannot-start-at-login');
    }
  }

  #setTrouble(trouble: SettingsSnapshot['trouble']): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.onChange(this.snapshot, []);
  }
}

function hasSecrets({ iceServers, presenterKey }: Settings): boolean {
  return presenterKey !== '' || iceServers.some((each) => each.kind === 'turn');
}

/** Port and certificate of one's own hub do not matter while another computer's is in use. */
function onlyAsleep(settings: Settings, changed: readonly SettingName[]): boolean {
  return settings.remoteHub !== null && !changed.includes('remoteHub');
}
