/**
 * Which tables of an MP4 file are read at all. A few bytes of them can promise billions of samples (ISO/IEC 14496-12
 * sections 8.6, 8.7 and 8.8.8), and whoever lists those, as the library does, is gone for good. Looks at metadata
 * wherever it says one of these names, so that no arrangement of boxes hides a table.
 */

/** A day of 20 ms of sound, nearly twice. */
const MAX_SAMPLES = 8 * 1024 * 1024;
/**
 * Where frames are not shown in the order in which they are sent, all of them are listed and sorted: 11 hours at 25 a
 * second. Such frames differ in size, so each has its place in a table, too.
 */
const MAX_SORTED_SAMPLES = 1024 * 1024;
const MIN_BYTES_PER_SORTED_SAMPLE = 4;
/** Each sample is found by adding up its neighbours' sizes. */
const MAX_SAMPLES_PER_CHUNK = 256 * 1024;
const MAX_CHUNKS = MAX_SAMPLES;
/** Of one fragment; usual are some hundred. */
const MAX_SAMPLES_PER_RUN = 64 * 1024;
const MAX_RUNS = 1_024;

const FULL_BOX_BYTES = 4;

/** Throws when a table in it promises too much. `metadata` is (the content of) a `moov`, `moof` or `mfra` box. */
export function checkMp4Metadata(metadata: Uint8Array): void {
  const bytes = Buffer.from(metadata.buffer, metadata.byteOffset, metadata.byteLength);
  const sorted = Math.min(MAX_SORTED_SAMPLES, bytes.length / MIN_BYTES_PER_SORTED_SAMPLE);
  const limit = bytes.includes('ctts') ? sorted : MAX_SAMPLES;
  check(sumOfCounts(bytes, 'stts') <= limit && sumOfCounts(bytes, 'ctts') <= limit);
  for (const at of contentsOf(bytes, 'stsc')) {
    for (const entry of entriesOf(bytes, at, 12)) {
      check(bytes.readUInt32BE(entry) <= MAX_CHUNKS);
      check(bytes.readUInt32BE(entry + 4) <= MAX_SAMPLES_PER_CHUNK);
    }
  }
  for (const at of contentsOf(bytes, 'stz2')) check(numberAt(bytes, at + 8) <= limit);
  // Encrypted: nothing that can be played.
  check(!bytes.includes('saiz') && !bytes.includes('senc'));
  const runs = contentsOf(bytes, 'trun');
  check(runs.length <= MAX_RUNS);
  for (const at of runs) check(numberAt(bytes, at + FULL_BOX_BYTES) <= MAX_SAMPLES_PER_RUN);
}

function check(isSane: boolean): void {
  if (!isSane) throw new Error('it promises more samples than a film has');
}

/** Where the content of each such box begins. */
function contentsOf(bytes: Buffer, name: string): number[] {
  const found: number[] = [];
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 4)) found.push(at + 4);
  return found;
}
/** 0 beyond the end: who reads on there fails. */
const numberAt = (bytes: Buffer, at: number) => (at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0);

/** The beginnings of a table's entries, as many as there are bytes for. */
function* entriesOf(bytes: Buffer, content: number, entryBytes: number): Generator<number> {
  const first = content + FULL_BOX_BYTES + 4;
  const count = numberAt(bytes, content + FULL_BOX_BYTES);
  for (let i = 0, at = first; i < count && at + entryBytes <= bytes.length; i++, at += entryBytes) yield at;
}
/** Of the run-length tables, in all tracks. */
function sumOfCounts(bytes: Buffer, name: string): number {
  let sum = 0;
  for (const at of contentsOf(bytes, name)) {
    for (const entry of entriesOf(bytes, at, 8)) sum += bytes.readUInt32BE(entry);
  }
  return sum;
}
