import { describe, expect, it, vi } from 'vitest';
import { openDevices, type DeviceSource } from './devices';

const info = (kind: MediaDeviceKind, deviceId: string, label = ''): MediaDeviceInfo =>
  ({ kind, deviceId, label, groupId: '' }) as MediaDeviceInfo;

function source(answers: Promise<MediaDeviceInfo[]>[]): DeviceSource & { change(): void } {
  const target = new EventTarget();
  let turn = 0;
  return {
    enumerateDevices: () => answers[Math.min(turn++, answers.length - 1)] ?? Promise.resolve([]),
    addEventListener: target.addEventListener.bind(target),
    change: () => target.dispatchEvent(new Event('devicechange')),
  };
}

describe('devices', () => {
  it('are sorted by kind, without the system’s aliases', async () => {
    const devices = openDevices(
      source([
        Promise.resolve([
          info('audioinput', 'default', 'Default'),
          info('audioinput', 'mic', 'Microphone'),
          info('videoinput', 'cam', 'Camera'),
          info('audiooutput', 'communications'),
          info('audiooutput', 'phones'),
          info('videoinput', ''),
        ]),
      ]),
      true,
    );
    await devices.refresh();
    expect(devices.get()).toEqual({
      cameras: [{ id: 'cam', label: 'Camera' }],
      microphones: [{ id: 'mic', label: 'Microphone' }],
      speakers: [{ id: 'phones', label: '' }],
    });
  });

  it('follow what is plugged in, and a slow old answer does not undo a newer one', async () => {
    let answerLate: (found: MediaDeviceInfo[]) => void = () => undefined;
    const late = new Promise<MediaDeviceInfo[]>((resolve) => {
      answerLate = resolve;
    });
    const from = source([late, Promise.resolve([info('videoinput', 'new')])]);
    const devices = openDevices(from, true);
    from.change();
    await vi.waitFor(() => {
      expect(devices.get().cameras).toHaveLength(1);
    });
    answerLate([info('videoinput', 'old'), info('videoinput', 'older')]);
    await late;
    expect(devices.get().cameras).toEqual([{ id: 'new', label: '' }]);
  });

  it('are none where the page may not ask', async () => {
    const devices = openDevices(undefined, false);
    await devices.refresh();
    expect(devices.get().cameras).toEqual([]);
  });

  it('are none when the browser refuses to list them', async () => {
    const devices = openDevices(source([Promise.reject(new Error('no'))]), true);
    await devices.refresh();
    expect(devices.get().cameras).toEqual([]);
  });
});
