/**
 * Who may present on a hub with a presenter key. People choose short keys, and the hub is reached by whole networks: so
 * wrong keys are counted by the address that they come from, over all its connections, and after a few of them even the
 * right one has to wait. Comparing itself is secret.ts's work.
 */
import { isIPv6 } from 'node:net';
import type { Clock } from '../clock';
import { Refusal } from '../failures';
import { RateLimit } from '../rate';
import { sameSecret } from '../secret';

/** Wrong keys from one address before it has to wait: people mistype, and look again. */
export const GUESSES_AT_ONCE = 5;
/** After that one each quarter of a minute: 5,760 a day, which finds no word of a dictionary in years. */
export const SECONDS_PER_GUESS = 15;
/** Addresses whose guesses are counted one by one; beyond them, all share one count. */
const MAX_ADDRESSES = 1_000;

export class PresenterKeys {
  readonly #clock: Clock;
  readonly #byAddress = new Map<string, RateLimit>();
  readonly #others: RateLimit;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#others = this.#newLimit();
  }

  /**
   * @param expected undefined when anybody may present
   * @throws Refusal with `presenter-key-wrong` or `too-many-guesses`
   */
  check(given: string | undefined, expected: string | undefined, remoteAddress: string): void {
    if (expected === undefined) return;
    // Who offers no key has not guessed: pages ask for it when they are told so.
    if (given === undefined || given === '') throw wrong();
    const guesses = this.#guessesOf(networkOf(remoteAddress));
    // Before comparing: an answer would be one more guess.
    if (!guesses.take())
      throw new Refusal(
        'too-many-guesses',
        'Too many wrong presenter keys came from here. Wait a minute, then try again.',
        { retryable: true },
      );
    if (!sameSecret(given, expected)) throw wrong();
    // A presenter whose line is bad comes back again and again, with the right key.
    guesses.give();
  }

  #guessesOf(network: string): RateLimit {
    const known = this.#byAddress.get(network);
    if (known) return known;
    if (this.#byAddress.size >= MAX_ADDRESSES)
      for (const [each, limit] of this.#byAddress) if (limit.full) this.#byAddress.delete(each);
    if (this.#byAddress.size >= MAX_ADDRESSES) return this.#others;
    const limit = this.#newLimit();
    this.#byAddress.set(network, limit);
    return limit;
  }

  #newLimit(): RateLimit {
    return new RateLimit(this.#clock, 1 / SECONDS_PER_GUESS, GUESSES_AT_ONCE);
  }
}

function wrong(): Refusal {
  return new Refusal(
    'presenter-key-wrong',
    'Presenting on this hub needs its presenter key. Ask its owner for the key.',
  );
}

/** One machine has as many IPv6 addresses as it likes, all in its network of 64 bits (RFC 8981). */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    while (groups.length + after.length < 8) groups.push('0');
    groups.push(...after);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
