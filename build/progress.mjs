/** One line that shows how far a build is: redrawn in a terminal, written once at each end elsewhere (logs, CI). */

const WIDTH = 24;

export class ProgressLine {
  #stream;
  #title;
  #started = performance.now();
  #shares = /** @type {Map<string, number>} */ (new Map());
  #drawn = '';

  /** @param {string} title @param {NodeJS.WriteStream} stream */
  constructor(title, stream) {
    this.#title = title;
    this.#stream = stream;
    if (!stream.isTTY) stream.write(`${title} …\n`);
  }

  /** @param {string} part @param {number} share 0 to 1 */
  update(part, share) {
    this.#shares.set(part, share);
    if (!this.#stream.isTTY) return;
    let sum = 0;
    for (const each of this.#shares.values()) sum += each;
    const whole = sum / this.#shares.size;
    const full = Math.round(whole * WIDTH);
    const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full);
    this.#draw(`${this.#title} ${bar} ${String(Math.round(whole * 100)).padStart(3)} %`);
  }

  /** A part that no longer counts. @param {string} part */
  forget(part) {
    this.#shares.delete(part);
  }

  /** @param {string} text */
  note(text) {
    this.#draw('');
    this.#stream.write(`${text}\n`);
  }

  /** @param {string} result such as `built` or `failed` */
  end(result) {
    this.#draw('');
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1);
    this.#stream.write(`${this.#title}: ${result} in ${seconds} s\n`);
  }

  /** @param {string} line */
  #draw(line) {
    if (!this.#stream.isTTY || line === this.#drawn) return;
    this.#drawn = line;
    this.#stream.write(`\r\x1b[2K${line}`);
  }
}
