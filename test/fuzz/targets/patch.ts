/**
 * Input for conversations in which every packet depends on the one before (keys, tags, numbers): either a packet as it is,
 * or a script of changes to whatever packet is next on the wire.
 *
 *   byte 0: bit 0, a packet (0) or a script (1); bit 1, for which of the two sides
 *   packet: the rest of the input
 *   script: triples of offset (two bytes) and a value that is XORed there; an empty one delivers the packet unharmed
 */
export interface Step {
  readonly side: 0 | 1;
  /** Undefined for a packet as it is. */
  readonly patch: ((packet: Buffer) => Buffer) | undefined;
  readonly packet: Buffer;
}

export function readStep(input: Buffer): Step {
  const first = input[0] ?? 0;
  const rest = input.subarray(1);
  const side = first & 2 ? 1 : 0;
  if ((first & 1) === 0) return { side, patch: undefined, packet: rest };
  return { side, packet: rest, patch: (packet) => patched(packet, rest) };
}

function patched(packet: Buffer, script: Buffer): Buffer {
  const copy = Buffer.from(packet);
  for (let at = 0; at + 3 <= script.length; at += 3) {
    const offset = script.readUInt16BE(at);
    if (offset < copy.length) copy[offset]! ^= script[at + 2]!;
    // Beyond the end: the packet is cut.
    else if (offset < 2 * copy.length) return copy.subarray(0, offset - copy.length);
  }
  return copy;
}

/** Samples for both sides: packets as recorded, and scripts from harmless to bad. */
export function stepSamples(packets: readonly Buffer[]): Buffer[] {
  const asTheyAre = packets.flatMap((packet) =>
    [0, 2].map((first) => Buffer.concat([Buffer.from([first]), packet])),
  );
  const scripts = [[], [0, 13, 1], [0, 0, 0], [0, 40, 0x80, 0, 60, 1], [1, 0, 0xff]].flatMap((script) => [
    Buffer.from([1, ...script]),
    Buffer.from([3, ...script]),
  ]);
  return [...asTheyAre, ...scripts];
}
