import { describe, expect, it } from 'vitest';
import { claimIdentity, type Locks } from './identity';

/** One browser's locks: a page that dies lets go of its own. */
class FakeBrowser {
  readonly #held = new Map<string, object>();
  readonly #waiting: { readonly name: string; readonly grant: () => void }[] = [];
  #last = 0;

  page(storage = new Map<string, string>()) {
    const page = {};
    let giveUp: () => void = () => undefined;
    const locks: Locks = {
      request: (name, { signal }, callback) =>
        new Promise((_resolve, reject) => {
          const grant = (): void => {
            this.#held.set(name, page);
            void callback();
          };
          signal.addEventListener('abort', () => {
            reject(new DOMException('', 'TimeoutError'));
          });
          if (this.#held.has(name)) this.#waiting.push({ name, grant });
          else grant();
        }),
    };
    const options = (known: Locks | undefined = locks) => ({
      storage: {
        getItem: (key: string) => storage.get(key) ?? null,
        setItem: (key: string, value: string) => void storage.set(key, value),
        removeItem: (key: string) => void storage.delete(key),
      },
      locks: known,
      newId: () => `identity-${(this.#last += 1)}`,
      timeout: () => {
        const controller = new AbortController();
        giveUp = () => {
          controller.abort();
        };
        return controller.signal;
      },
    });
    return {
      storage,
      options,
      claim: () => claimIdentity(options()),
      losePatience: () => {
        giveUp();
      },
      die: () => {
        for (const [name, holder] of [...this.#held]) {
          if (holder !== page) continue;
          this.#held.delete(name);
          this.#waiting.find((each) => each.name === name)?.grant();
        }
      },
    };
  }
}

const SECRET = 'callcast.call';

describe('an identity', () => {
  it('stays with a page that is loaded anew, also while its predecessor is still going', async () => {
    const browser = new FakeBrowser();
    const first = browser.page();
    await first.claim();
    first.storage.set(SECRET, 'mine');
    const again = browser.page(first.storage);
    const claimed = again.claim();
    first.die();
    await claimed;
    expect(again.storage.get(SECRET)).toBe('mine');
  });

  it('stays with the original when a tab is duplicated: the copy has another one, and no secrets', async () => {
    const browser = new FakeBrowser();
    const original = browser.page();
    await original.claim();
    original.storage.set(SECRET, 'mine');
    const copy = browser.page(new Map(original.storage));
    const claimed = copy.claim();
    copy.losePatience();
    await claimed;
    expect(copy.storage.has(SECRET)).toBe(false);
    expect(original.storage.get(SECRET)).toBe('mine');
    // The copy's own one is as good as any: its reload keeps what is the copy's.
    copy.storage.set(SECRET, 'the copy’s');
    copy.die();
    const reloaded = browser.page(copy.storage);
    await reloaded.claim();
    expect(reloaded.storage.get(SECRET)).toBe('the copy’s');
  });

  it('drops secrets whose owner nobody knows, and an id that makes no sense', async () => {
    const browser = new FakeBrowser();
    for (const id of ['', 'x'.repeat(65)]) {
      const page = browser.page(
        new Map([
          ['callcast.identity', id],
          [SECRET, 'whose?'],
        ]),
      );
      await page.claim();
      expect(page.storage.has(SECRET)).toBe(false);
    }
  });

  it('cannot be told apart without locks, and a storage that refuses is no failure', async () => {
    const page = new FakeBrowser().page(new Map([[SECRET, 'mine']]));
    await claimIdentity({ ...page.options(), locks: undefined });
    expect(page.storage.get(SECRET)).toBe('mine');
    const refusing = () => {
      throw new DOMException('', 'SecurityError');
    };
    const storage = { getItem: refusing, setItem: refusing, removeItem: refusing };
    await expect(claimIdentity({ ...page.options(), storage })).resolves.toBeUndefined();
  });
});
