/**
 * The settings on the disk: read once, kept in memory, written after each change. A write goes to a second file, reaches
 * the disk, and only then takes the first one's name, so a crash at any moment leaves the old settings or the new ones.
 * A file that cannot be understood is kept aside, and the user is told. What the settings mean is protocol/settings.ts's.
 */
import { copyFileSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../../protocol/log';
import {
  changedSettings,
  DEFAULT_SETTINGS,
  readSettings,
  SETTINGS_VERSION,
  type SettingName,
  type Settings,
  type SettingsNotice,
} from '../../protocol/settings';
import { seal, unseal, type Secrets } from './secrets';

/** All settings together are a few kilobytes. */
const MAX_FILE_BYTES = 1024 * 1024;
/** Old files that are kept aside; after that many the last one is replaced. */
const MAX_KEPT_ASIDE = 20;

export interface SettingsFileOptions {
  readonly folder: string;
  readonly secrets: Secrets;
  readonly logger: Logger;
}

export class SettingsFile {
  readonly #options: SettingsFileOptions;
  readonly #file: string;
  #settings: Settings;
  #notices: SettingsNotice[] = [];
  readonly #listeners = new Set<(settings: Settings, changed: readonly SettingName[]) => void>();
  #dirty = false;
  #writing: Promise<void> | null = null;
  #writable = true;

  /** Reads the file at once. Never throws. */
  constructor(options: SettingsFileOptions) {
    this.#options = options;
    this.#file = path.join(options.folder, 'settings.json');
    this.#settings = this.#read();
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** What happened to the file since the last question. */
  takeNotices(): readonly SettingsNotice[] {
    const notices = this.#notices;
    this.#notices = [];
    return notices;
  }

  /** Takes effect at once; on the disk a moment later (`flush` waits for it). */
  change(patch: Partial<Settings>): Settings {
    const before = this.#settings;
    const after: Settings = { ...before, ...patch };
    const changed = changedSettings(before, after);
    if (changed.length === 0) return before;
    this.#settings = after;
    this.#dirty = true;
    this.#writing ??= this.#write();
    for (const listener of [...this.#listeners]) listener(after, changed);
    return after;
  }

  /** Answers its unsubscribe. */
  onChange(listener: (settings: Settings, changed: readonly SettingName[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when everything that was changed is on the disk, or cannot be. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  #read(): Settings {
    const { secrets, logger } = this.#options;
    let raw: unknown;
    try {
      if (statSync(this.#file).size > MAX_FILE_BYTES) throw new Error('the file is too large');
      raw = JSON.parse(readFileSync(this.#file, 'utf8'));
      if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new Error('no settings in it');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        // The message of a JSON error quotes the text around it, which may be a password.
        logger.warn(
          { code: (error as NodeJS.ErrnoException).code ?? 'unreadable' },
          'settings cannot be read',
        );
        this.#notices.push({ why: 'corrupt', ...this.#keepAside('corrupt', renameSync) });
      }
      return DEFAULT_SETTINGS;
    }
    const { settings, bad, newer } = readSettings(unseal(raw, secrets));
    if (newer) this.#notices.push({ why: 'newer', ...this.#keepAside('newer', copyFileSync) });
    if (bad.length > 0) {
      logger.warn({ fields: bad }, 'settings with values that make no sense');
      this.#notices.push({ why: 'bad-values', fields: bad, ...this.#keepAside('bad', copyFileSync) });
    }
    return settings;
  }

  /** Under the first free name of `settings.REASON-1.json`, …-2 and so on. */
  #keepAside(reason: string, keep: (from: string, to: string) => void): { keptAs?: string } {
    for (let number = 1; number <= MAX_KEPT_ASIDE; number += 1) {
      const name = `settings.${reason}-${number}.json`;
      const place = path.join(this.#options.folder, name);
      if (existsSync(place) && number < MAX_KEPT_ASIDE) continue;
      try {
        keep(this.#file, place);
        return { keptAs: name };
      } catch {
        return {};
      }
    }
    return {};
  }

  /** One writer; what changes meanwhile is written by the next round, however much it was. */
  async #write(): Promise<void> {
    // A slider moves many times in a row: the round begins when the change's own task is over.
    await Promise.resolve();
    while (this.#dirty) {
      this.#dirty = false;
      try {
        await this.#writeOnce(this.#settings);
        this.#writable = true;
      } catch (error) {
        this.#options.logger.warn(
          { code: (error as NodeJS.ErrnoException).code },
          'settings cannot be written',
        );
        // Told once, not at each change; the choices hold for this run.
        if (this.#writable) this.#notices.push({ why: 'unwritable' });
        this.#writable = false;
      }
    }
    this.#writing = null;
  }

  async #writeOnce(settings: Settings): Promise<void> {
    const kept = seal({ version: SETTINGS_VERSION, ...settings }, this.#options.secrets);
    await mkdir(this.#options.folder, { recursive: true });
    const second = `${this.#file}.new`;
    const handle = await open(second, 'w', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(kept, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(second, this.#file);
  }
}
