/**
 * Handshake messages on their way in: put together from fragments in any order, handed out in message order, each with
 * the 12-byte header of an unfragmented message, as the transcript hash wants it. Bounded.
 */
export const HANDSHAKE_HEADER = 12;
/** A certificate chain of some size fits; nothing in WebRTC comes near. */
const MAX_MESSAGE = 16 * 1024;
/** Longest flight: server hello to server hello done, with room. */
const MAX_AHEAD = 8;
/** Honest peers cut a message into datagram-sized pieces. */
const MAX_FRAGMENTS = 64;

interface Partial {
  readonly type: number;
  readonly message: Buffer;
  /** Received ranges [from, to), unordered. */
  readonly ranges: [number, number][];
}

export interface HandshakeMessage {
  readonly type: number;
  readonly body: Buffer;
  /** Header and body, for the transcript. */
  readonly bytes: Buffer;
}

export class Reassembly {
  #next = 0;
  readonly #partials = new Map<number, Partial>();

  /**
   * Takes the content of one handshake record; what is malformed in it is ignored, as lost. True when it repeats a
   * message that was handed out before.
   */
  add(content: Buffer): boolean {
    let repeated = false;
    let offset = 0;
    while (offset < content.length) {
      if (offset + HANDSHAKE_HEADER > content.length) break;
      const type = content[offset]!;
      const length = content.readUIntBE(offset + 1, 3);
      const sequence = content.readUInt16BE(offset + 4);
      const from = content.readUIntBE(offset + 6, 3);
      const size = content.readUIntBE(offset + 9, 3);
      const start = offset + HANDSHAKE_HEADER;
      if (length > MAX_MESSAGE || from + size > length || start + size > content.length) break;
      if (sequence < this.#next) repeated = true;
      else if (sequence < this.#next + MAX_AHEAD) {
        this.#addFragment(sequence, type, length, from, content.subarray(start, start + size));
      }
      offset = start + size;
    }
    return repeated;
  }

  #addFragment(sequence: number, type: number, length: number, from: number, fragment: Buffer): void {
    let partial = this.#partials.get(sequence);
    if (!partial) {
      const message = Buffer.alloc(HANDSHAKE_HEADER + length);
      message[0] = type;
      message.writeUIntBE(length, 1, 3);
      message.writeUInt16BE(sequence, 4);
      message.writeUIntBE(length, 9, 3);
      partial = { type, message, ranges: [] };
      this.#partials.set(sequence, partial);
    }
    // Fragments that disagree about their message, and floods of tiny ones, are ignored.
    if (partial.type !== type || partial.message.length !== HANDSHAKE_HEADER + length) return;
    if (partial.ranges.length >= MAX_FRAGMENTS) return;
    fragment.copy(partial.message, HANDSHAKE_HEADER + from);
    partial.ranges.push([from, from + fragment.length]);
  }

  /** The next message in order, once it is complete. */
  take(): HandshakeMessage | undefined {
    const partial = this.#partials.get(this.#next);
    if (!partial || !isComplete(partial)) return undefined;
    this.#partials.delete(this.#next);
    this.#next += 1;
    return { type: partial.type, body: partial.message.subarray(HANDSHAKE_HEADER), bytes: partial.message };
  }
}

function isComplete({ message, ranges }: Partial): boolean {
  const length = message.length - HANDSHAKE_HEADER;
  let covered = 0;
  for (const [from, to] of ranges.slice().sort((a, b) => a[0] - b[0])) {
    if (from > covered) return false;
    covered = Math.max(covered, to);
  }
  return covered >= length && ranges.length > 0;
}
