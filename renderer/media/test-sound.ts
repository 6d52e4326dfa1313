/** A short rising chord of our own, to hear which speaker is chosen. */

const NOTES_HZ = [392, 523.25, 659.25];
const NOTE_S = 0.18;
const PEAK = 0.16;

/** `speaker` is a device id, or empty for the system's choice. Never throws: silence is what the user then hears. */
export async function playTestSound(speaker: string): Promise<void> {
  const context = new AudioContext();
  try {
    if ('setSinkId' in context && typeof context.setSinkId === 'function') {
      await (context.setSinkId as (id: string) => Promise<void>)(speaker);
    }
  } catch {
    // The speaker is gone: the system's choice plays.
  }
  NOTES_HZ.forEach((frequency, index) => {
    const begin = context.currentTime + 0.05 + index * NOTE_S;
    const tone = new OscillatorNode(context, { frequency, type: 'sine' });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(PEAK, begin + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + NOTE_S * 3);
    tone.connect(volume).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + NOTE_S * 3);
    if (index === NOTES_HZ.length - 1) tone.addEventListener('ended', () => void context.close());
  });
}
