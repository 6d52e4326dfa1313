/**
 * Secrets on the disk: passwords of TURN servers and the presenter key, sealed by the system's own keeper of secrets where
 * it has one. Where it has none they lie in the settings file, which only this user may read, and the settings screen says
 * so.
 */
import { randomBytes } from 'node:crypto';

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

/** The same settings with what is sealed in the place of each secret that can be. */
export function seal(settings: Kept, secrets: Secrets): Kept {
  const { presenterKey } = settings;
  const sealedKey =
    typeof presenterKey === 'string' && presenterKey !== '' ? secrets.encrypt(presenterKey) : null;
  const kept =
    sealedKey === null ? settings : { ...settings, presenterKey: '', sealedPresenterKey: sealedKey };
  return mapServers(kept, (server) => {
    const { password } = server;
    if (typeof password !== 'string' || password === '') return server;
    const sealed = secrets.encrypt(password);
    return sealed === null ? server : { ...server, password: '', sealed };
  });
}

/**
 * The other way round; a password that cannot be opened is empty, and has to be typed again. The presenter key is then
 * one that nobody knows: without one, everybody could present.
 */
export function unseal(settings: unknown, secrets: Secrets): unknown {
  if (typeof settings !== 'object' || settings === null) return settings;
  const { sealedPresenterKey, ...kept } = settings as Kept;
  const opened =
    typeof sealedPresenterKey === 'string'
      ? { ...kept, presenterKey: secrets.decrypt(sealedPresenterKey) ?? unknownKey() }
      : kept;
  return mapServers(opened, ({ sealed, ...server }) =>
    typeof sealed === 'string' ? { ...server, password: secrets.decrypt(sealed) ?? '' } : server,
  );
}

function unknownKey(): string {
  return randomBytes(16).toString('base64url');
}

function mapServers(settings: Kept, change: (server: Kept) => Kept): Kept {
  const { iceServers } = settings;
  if (!Array.isArray(iceServers)) return settings;
  const changed = (iceServers as unknown[]).map((server) =>
    typeof server === 'object' && server !== null ? change(server as Kept) : server,
  );
  return { ...settings, iceServers: changed };
}
