/**
 * Whose secrets the page's session storage holds. Browsers copy that storage when a tab is duplicated, or opened by
 * another one; the copy must not speak for the original. Each page holds a lock on its identity for as long as it lives:
 * who finds it held by somebody else is the copy, and begins anew.
 */

/** The part of the Web Locks API that is used; tests bring their own. */
export interface Locks {
  request(
    name: string,
    options: { readonly signal: AbortSignal },
    callback: () => Promise<never>,
  ): Promise<unknown>;
}

export interface IdentityOptions {
  /** Of this tab. */
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Undefined where the page was not loaded securely: then a copy cannot be told from the original. */
  readonly locks: Locks | undefined;
  readonly newId: () => string;
  /** Aborts after so many milliseconds. */
  readonly timeout: (ms: number) => AbortSignal;
}

const KEY = 'callcast.identity';
const MAX_ID_LENGTH = 64;
/** What speaks for its owner. */
const SECRETS = ['callcast.call'] as const;
/** A page that is loaded anew waits until its predecessor is gone; a browser takes some milliseconds for that. */
export const HANDOVER_MS = 2_000;

/** Resolves once the storage's secrets are this page's own, or are gone. Never rejects. */
export async function claimIdentity(options: IdentityOptions): Promise<void> {
  const { storage, locks } = options;
  if (locks === undefined) return;
  try {
    const kept = storage.getItem(KEY) ?? '';
    if (
      kept !== '' &&
      kept.length <= MAX_ID_LENGTH &&
      (await hold(locks, kept, options.timeout(HANDOVER_MS)))
    )
      return;
    for (const secret of SECRETS) storage.removeItem(secret);
    const fresh = options.newId();
    storage.setItem(KEY, fresh);
    await hold(locks, fresh, options.timeout(HANDOVER_MS));
  } catch {
    // A storage that refuses has nothing to protect.
  }
}

/** Whether the lock is ours now, until the page ends; the page's death is what releases it. */
function hold(locks: Locks, id: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    locks
      .request(`callcast.identity.${id}`, { signal }, () => {
        resolve(true);
        return new Promise<never>(() => undefined);
      })
      .catch(() => {
        resolve(false);
      });
  });
}
