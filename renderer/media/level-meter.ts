/** How loud a track is, for a meter on the screen. One audio context serves all meters of the page. */

export interface LevelReader {
  /** 0 (silence) to 1 (as loud as it gets), on a scale that follows hearing. */
  read(): number;
  close(): void;
}

/** Quieter than this is silence; speech at arm's length lies around -30. */
const FLOOR_DB = -60;

let context: AudioContext | null = null;
let users = 0;

export function openLevelReader(track: MediaStreamTrack): LevelReader {
  context ??= new AudioContext();
  users += 1;
  const audio = context;
  // Without a gesture on the page the context may begin suspended; it resumes as soon as the browser lets it.
  void audio.resume().catch(() => undefined);
  const source = audio.createMediaStreamSource(new MediaStream([track]));
  const analyser = audio.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let closed = false;
  return {
    read() {
      analyser.getFloatTimeDomainData(samples);
      return levelOf(samples);
    },
    close() {
      if (closed) return;
      closed = true;
      source.disconnect();
      analyser.disconnect();
      users -= 1;
      if (users > 0) return;
      context = null;
      void audio.close().catch(() => undefined);
    },
  };
}

/** Root mean square of the samples in decibels, mapped from [floor, 0] to [0, 1]. */
export function levelOf(samples: Float32Array): number {
  let squares = 0;
  for (const sample of samples) squares += sample * sample;
  const rms = Math.sqrt(squares / Math.max(1, samples.length));
  if (rms <= 0) return 0;
  const decibels = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
}
