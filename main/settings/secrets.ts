/**
 * Passwords on the disk: those of TURN servers, sealed by the system's own keeper of secrets where it has one. Where it
 * has none they lie in the settings file, which only this user may read, and the settings screen says so.
 */
export interface Secrets {
  /** False where the system keeps no secrets for programs. Asked late: the keeper may show a question of its own. */
  isProtected(): boolean;
  /** Base64, or null when it cannot be sealed. */
  encrypt(text: string): string | null;
  /** Null when it cannot be opened: another user, another computer, a keeper that was reset. */
  decrypt(sealed: string): string | null;
}

/** The part of Electron's safeStorage that is used. */
export interface SafeStorage {
  isEncryptionAvailable(): boolean;
  getSelectedStorageBackend?(): string;
  encryptString(text: string): Buffer;
  decryptString(sealed: Buffer): string;
}

export function systemSecrets(storage: SafeStorage, platform: NodeJS.Platform): Secrets {
  const isProtected = (): boolean => {
    if (!storage.isEncryptionAvailable()) return false;
    // Linux without a keyring: a password that is the same on every computer protects nothing.
    return platform !== 'linux' || storage.getSelectedStorageBackend?.() !== 'basic_text';
  };
  return {
    isProtected,
    encrypt(text) {
      try {
        return isProtected() ? storage.encryptString(text).toString('base64') : null;
      } catch {
        return null;
      }
    },
    decrypt(sealed) {
      try {
        return storage.decryptString(Buffer.from(sealed, 'base64'));
      } catch {
        return null;
      }
    },
  };
}

type Kept = Readonly<Record<string, unknown>>;

/** The same settings with `sealed` in the place of each password that can be sealed. */
export function seal(settings: Kept, secrets: Secrets): Kept {
  return mapServers(settings, (server) => {
    const { password } = server;
    if (typeof password !== 'string' || password === '') return server;
    const sealed = secrets.encrypt(password);
    return sealed === null ? server : { ...server, password: '', sealed };
  });
}

/** The other way round; a password that cannot be opened is empty, and has to be typed again. */
export function unseal(settings: unknown, secrets: Secrets): unknown {
  if (typeof settings !== 'object' || settings === null) return settings;
  return mapServers(settings as Kept, ({ sealed, ...server }) =>
    typeof sealed === 'string' ? { ...server, password: secrets.decrypt(sealed) ?? '' } : server,
  );
}

function mapServers(settings: Kept, change: (server: Kept) => Kept): Kept {
  const { iceServers } = settings;
  if (!Array.isArray(iceServers)) return settings;
  const changed = (iceServers as unknown[]).map((server) =>
    typeof server === 'object' && server !== null ? change(server as Kept) : server,
  );
  return { ...settings, iceServers: changed };
}
