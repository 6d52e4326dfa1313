/**
 * Picture and sound that say when they were made: a canvas that flashes and an oscillator that beeps, together, once a
 * second. And the judge of a recording of them: how far apart both are at each clap.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs in a page: from then on its camera and its microphone are the clapper. */
export function installClapper(): void {
  const width = 320;
  const height = 240;
  const beepSeconds = 0.1;
  navigator.mediaDevices.getUserMedia = async () => {
    const audio = new AudioContext({ sampleRate: 48_000 });
    await audio.resume();
    const destination = audio.createMediaStreamDestination();
    const gain = audio.createGain();
    gain.gain.value = 0;
    const oscillator = audio.createOscillator();
    oscillator.frequency.value = 1_000;
    oscillator.connect(gain).connect(destination);
    oscillator.start();

    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    document.body.append(canvas);
    const context = canvas.getContext('2d')!;
    let planned = Math.ceil(audio.currentTime) + 1;
    let clap = planned;
    const draw = () => {
      const now = audio.currentTime;
      for (; planned < now + 2; planned++) {
        gain.gain.setValueAtTime(0.5, planned);
        gain.gain.setValueAtTime(0, planned + beepSeconds);
      }
      if (now >= clap + 0.5) clap = Math.round(now);
      context.fillStyle = now >= clap && now < clap + beepSeconds ? '#fff' : '#000';
      context.fillRect(0, 0, width, height);
      // Something always moves, so that a frame is captured whenever one is due.
      context.fillStyle = '#444';
      context.fillRect((now * 97) % width, height - 4, 4, 4);
      requestAnimationFrame(draw);
    };
    draw();
    const picture = canvas.captureStream(30).getVideoTracks()[0]!;
    return new MediaStream([picture, destination.stream.getAudioTracks()[0]!]);
  };
}

export interface Clap {
  /** Seconds from the recording's beginning, of the sound. */
  readonly at: number;
  /** Milliseconds by which the picture comes after the sound. */
  readonly pictureLate: number;
}

/** FFmpeg decodes the file; what has only one of both within half a second is left out. */
export async function clapsIn(file: string): Promise<Clap[]> {
  const options = { maxBuffer: 64 * 1024 * 1024 };
  const brightness = 'scale=16:16,format=gray,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-';
  const { stdout } = await run(
    'ffmpeg',
    ['-v', 'error', '-i', file, '-an', '-vf', brightness, '-f', 'null', '-'],
    options,
  );
  const frames = [...stdout.matchAll(/pts_time:([\d.]+)\s+lavfi\.signalstats\.YAVG=([\d.]+)/g)].map(
    ([, time, level]) => ({ time: Number(time), isBright: Number(level) > 128 }),
  );
  const flashes = frames
    .filter(({ isBright }, index) => isBright && index > 0 && !frames[index - 1]!.isBright)
    .map(({ time }) => time);
  const { stderr } = await run(
    'ffmpeg',
    ['-hide_banner', '-i', file, '-vn', '-af', 'silencedetect=noise=-30dB:d=0.4', '-f', 'null', '-'],
    options,
  );
  const beeps = [...stderr.matchAll(/silence_end: ([\d.]+)/g)].map(([, time]) => Number(time));
  return beeps.flatMap((at) => {
    const flash = flashes.find((time) => Math.abs(time - at) < 0.5);
    return flash === undefined ? [] : [{ at, pictureLate: (flash - at) * 1000 }];
  });
}
