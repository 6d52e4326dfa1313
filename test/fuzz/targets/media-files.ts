/** WebM and MP4 as a player takes them: described, searched, read and cut into packets, wherever they come from. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ByteSource } from '../../../media-server/player/byte-source';
import { MediaFile } from '../../../media-server/player/media-file';
import { packetizerFor } from '../../../media-server/player/packetizers';
import { opusSamples } from '../../../media-server/player/rtp-clock';
import { writeSampleFile } from '../../support/media-files';
import { fixtures } from '../corpus';
import type { Random } from '../random';
import { claim, FOR_EVER, hex, MILLION, words } from '../target';
import type { Target } from '../target';
import { MAX_DATAGRAM } from './rtp';

const OTHERS = path.join(fixtures, 'media-files');
/** Of each track; a film has no end. */
const SAMPLES_READ = 12;

/** What other programs write, and what we write ourselves. */
async function films(): Promise<Buffer[]> {
  const others = readdirSync(OTHERS).filter((name) => !name.endsWith('.md'));
  const films = others.sort().map((name) => readFileSync(path.join(OTHERS, name)));
  const folder = mkdtempSync(path.join(tmpdir(), 'callcast-fuzz-'));
  try {
    for (const format of ['webm', 'mp4'] as const) {
      const file = path.join(folder, `film.${format}`);
      await writeSampleFile(file, { format, milliseconds: 160, keyframeInterval: 3, frameBytes: 24 });
      films.push(readFileSync(file));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return films;
}

/** A file of these bytes that notes where it is read. */
function sourceOf(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read(start, end) {
      claim(start >= 0 && start < end && end <= bytes.length, 'reading stays in the file');
      return Promise.resolve(bytes.subarray(start, end));
    },
    close: () => Promise.resolve(),
  };
}

/** Sizes of boxes and elements are what a reader believes; they get the corners more often than chance would give them. */
function spoilSizes(input: Buffer, random: Random): Buffer {
  for (let changes = random.below(3); changes > 0 && input.length > 16; changes--) {
    let at = random.below(input.length - 8);
    // Headers are mostly room to grow.
    for (let tries = 4; tries > 0 && input[at] === 0; tries--) at = random.below(input.length - 8);
    if (random.oneIn(2))
      input.writeUInt32BE(random.oneIn(2) ? random.below(input.length) : random.next(), at);
    else input[at] = random.oneIn(2) ? 0xff : 0x80 | random.below(0x40);
  }
  return input;
}

let random = 0;
const ssrc = () => ++random;

async function play(input: Buffer): Promise<void> {
  let file: MediaFile;
  try {
    file = await MediaFile.open(sourceOf(input));
  } catch (error) {
    // Whatever is wrong with a file is an error that its endpoint reports.
    if (error instanceof Error && !error.message.startsWith('broken promise')) return;
    throw error;
  }
  try {
    claim(file.tracks.length <= 2, 'one track of each kind is played');
    claim(Number.isFinite(file.duration) && file.duration >= 0, 'a duration is a number');
    for (const track of file.tracks) {
      const packetizer = packetizerFor(track, ssrc);
      const cut = { timestamp: 0, arrival: 0 };
      for (const from of [0, file.duration / 2]) {
        const place = await file.keyframeBefore(from);
        claim(Number.isFinite(place) && place >= 0, 'a place is a number');
        let count = 0;
        for await (const { data, keyframe, time, duration } of file.samples(track.kind, place)) {
          claim(Number.isFinite(time) && Number.isFinite(duration), 'times are numbers');
          claim(data.length <= input.length, 'a sample lies in its file');
          opusSamples(data);
          packetizer.push({ data, keyframe, ...cut }, ({ buffer, payloadEnd }) =>
            claim(payloadEnd === buffer.length && buffer.length <= MAX_DATAGRAM, 'packets fit datagrams'),
          );
          if (++count === SAMPLES_READ) break;
        }
      }
    }
  } catch (error) {
    if (!(error instanceof Error) || error.message.startsWith('broken promise')) throw error;
  } finally {
    await file.close();
  }
}

export const mediaFiles: Target = {
  name: 'media-files',
  about: 'WebM and MP4 as a player reads them',
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: () => false,
  prepare: async () => ({
    samples: await films(),
    words: [
      ...words(
        'ftyp',
        'moov',
        'moof',
        'mdat',
        'trak',
        'stbl',
        'stsz',
        'stts',
        'stco',
        'trun',
        'avcC',
        'dOps',
      ),
      hex('1a45dfa3'),
      hex('18538067 01ffffffffffffff'),
      hex('1f43b675'),
      hex('a3 81'),
      hex('1654ae6b'),
      hex('1c53bb6b'),
      hex('00000001'),
    ],
    maxBytes: 16 * 1024,
    repair: spoilSizes,
    begin: () => ({ run: play }),
  }),
};
