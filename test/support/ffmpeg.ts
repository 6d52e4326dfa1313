/** FFmpeg as a judge of media files, where it is installed. */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

let known: boolean | undefined;
export function hasFfmpeg(): boolean {
  known ??= ['ffmpeg', 'ffprobe'].every((name) => spawnSync(name, ['-version']).status === 0);
  return known;
}

export interface ProbedStream {
  readonly codec: string;
  readonly kind: string;
  readonly width: number;
  readonly height: number;
  readonly packets: number;
  /** Seconds. */
  readonly start: number;
}

/** What is in a file, by counting it. */
export async function probe(file: string): Promise<ProbedStream[]> {
  const entries = 'stream=codec_name,codec_type,width,height,nb_read_packets,start_time';
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-count_packets', '-show_entries', entries],
    ...['-of', 'json', file],
  ]);
  const { streams } = JSON.parse(stdout) as { streams: Record<string, string | number | undefined>[] };
  return streams.map((stream) => ({
    codec: String(stream['codec_name']),
    kind: String(stream['codec_type']),
    width: Number(stream['width'] ?? 0),
    height: Number(stream['height'] ?? 0),
    packets: Number(stream['nb_read_packets'] ?? 0),
    start: Number(stream['start_time'] ?? NaN),
  }));
}

export interface ProbedPacket {
  readonly kind: string;
  /** Seconds. */
  readonly time: number;
  readonly keyframe: boolean;
}
export async function packetsOf(file: string): Promise<ProbedPacket[]> {
  const { stdout } = await run(
    'ffprobe',
    ['-v', 'error', '-show_entries', 'packet=codec_type,pts_time,flags', '-of', 'json', file],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const { packets } = JSON.parse(stdout) as { packets: Record<string, string>[] };
  return packets.map((packet) => ({
    kind: packet['codec_type'] ?? '',
    time: Number(packet['pts_time']),
    keyframe: packet['flags']?.startsWith('K') ?? false,
  }));
}

/** The different sizes of the decoded frames, such as `1280x720`. */
export async function frameSizes(file: string): Promise<string[]> {
  const { stdout } = await run(
    'ffprobe',
    [
      '-v',
      'error',
      '-select_streams',
      'v',
      '-show_entries',
      'frame=width,height',
      '-of',
      'csv=p=0:s=x',
      file,
    ],
    { maxBuffer: 16 * 1024 * 1024 },
  );
  return [...new Set(stdout.split('\n').filter((line) => line !== ''))];
}

/** Points of a frame that are no dark edge, at this second; a negative one counts from the end. */
export async function contentOf(file: string, second: number): Promise<{ width: number; height: number }> {
  const { stderr } = await run('ffmpeg', [
    ...[second < 0 ? '-sseof' : '-ss', String(second), '-i', file, '-frames:v', '3', '-an'],
    ...['-vf', 'cropdetect=limit=44:round=2:skip=0:reset=1', '-f', 'null', '-'],
  ]);
  const [, width = '0', height = '0'] = [...stderr.matchAll(/crop=(-?\d+):(-?\d+):/g)].at(-1) ?? [];
  return { width: Number(width), height: Number(height) };
}
