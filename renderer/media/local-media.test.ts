import { describe, expect, it, vi } from 'vitest';
import { FakeMediaDevices } from '../testing/fake-media';
import { FakeTimers } from '../testing/fake-timers';
import { LocalMedia } from './local-media';

function setUp(chosen: { camera?: string; microphone?: string } = {}) {
  const devices = new FakeMediaDevices();
  const timers = new FakeTimers();
  const changes: string[] = [];
  const media = new LocalMedia({
    onChange: (kind, change) => changes.push(`${kind} ${change}`),
    mediaDevices: devices,
    secure: true,
    timers,
    chosen: (kind) => chosen[kind] ?? '',
  });
  return { devices, timers, media, changes };
}
const denied = new DOMException('Permission denied', 'NotAllowedError');
const busy = new DOMException('Device in use', 'NotReadableError');

describe('LocalMedia', () => {
  it('opens both with one question', async () => {
    const { devices, media } = setUp();
    await media.open();
    expect(devices.asked).toHaveLength(1);
    expect(media.get()).toMatchObject({
      camera: { at: 'on', deviceId: 'cam-1' },
      microphone: { at: 'on', deviceId: 'mic-1' },
    });
  });

  it('goes on with the microphone when the camera is busy, and says so', async () => {
    const { devices, media } = setUp();
    devices.trouble = { video: busy };
    await media.open();
    expect(media.get()).toMatchObject({
      camera: { at: 'failed', failure: 'busy' },
      microphone: { at: 'on' },
    });
    expect(media.tracks.map((track) => track.kind)).toEqual(['audio']);
  });

  it('does not ask for a camera where there is none', async () => {
    const { devices, media } = setUp();
    devices.cameras = [];
    await media.open();
    expect(devices.asked).toEqual([{ audio: expect.anything() as unknown }]);
    expect(media.get()).toMatchObject({
      camera: { at: 'failed', failure: 'none' },
      microphone: { at: 'on' },
    });
  });

  it('tells a denial of both', async () => {
    const { devices, media } = setUp();
    devices.trouble = { video: denied, audio: denied };
    await media.open();
    expect(media.get()).toMatchObject({ camera: { failure: 'denied' }, microphone: { failure: 'denied' } });
  });

  it('says that an insecure page is the trouble', async () => {
    const media = new LocalMedia({
      mediaDevices: undefined,
      secure: false,
      timers: new FakeTimers(),
      chosen: () => '',
    });
    await media.open();
    expect(media.get().camera).toEqual({ at: 'failed', failure: 'insecure' });
  });

  it('takes the system’s choice when the remembered camera is not there today', async () => {
    const { media } = setUp({ camera: 'cam-9' });
    await media.open();
    expect(media.get().camera).toMatchObject({ at: 'on', deviceId: 'cam-1' });
  });

  it('changes the camera without leaving the first one on, and tells senders', async () => {
    const chosen = { camera: 'cam-1' };
    const { devices, media } = setUp(chosen);
    await media.open();
    const heard = vi.fn();
    media.onTrack(heard);
    chosen.camera = 'cam-2';
    await media.reopen('camera');
    expect(devices.live.map((track) => track.id)).toEqual(['audio-mic-1', 'video-cam-2']);
    expect(heard.mock.calls).toEqual([['video', devices.tracks.find((track) => track.id === 'video-cam-2')]]);
  });

  it('lets a result go that comes after the next choice', async () => {
    const { devices, media } = setUp();
    const first = media.reopen('camera');
    const second = media.reopen('camera');
    await Promise.all([first, second]);
    expect(devices.live).toHaveLength(1);
  });

  it('mutes without letting go of the microphone, also one that is opened later', async () => {
    const { devices, media } = setUp();
    media.setMuted(true);
    await media.open();
    const microphone = devices.live.find((track) => track.kind === 'audio');
    expect(microphone?.enabled).toBe(false);
    media.setMuted(false);
    expect(microphone?.enabled).toBe(true);
  });

  it('sends black frames for a moment when the camera goes off, then lets go of it', async () => {
    const { devices, timers, media } = setUp();
    await media.open();
    const heard = vi.fn();
    media.onTrack(heard);
    const camera = devices.live.find((track) => track.kind === 'video');
    media.cameraOff();
    expect(media.get().camera).toEqual({ at: 'off' });
    expect(camera).toMatchObject({ enabled: false, readyState: 'live' });
    timers.advance(1_000);
    expect(camera?.readyState).toBe('ended');
    expect(heard.mock.calls).toEqual([['video', null]]);
  });

  it('keeps the new picture when the camera comes back within that moment', async () => {
    const { devices, timers, media } = setUp();
    await media.open();
    media.cameraOff();
    const heard = vi.fn();
    media.onTrack(heard);
    await media.reopen('camera');
    timers.advance(1_000);
    expect(heard).toHaveBeenCalledTimes(1);
    expect(devices.live.map((track) => track.kind).sort()).toEqual(['audio', 'video']);
  });

  it('falls back to another camera when the one in use is unplugged', async () => {
    const { devices, media } = setUp();
    await media.open();
    devices.cameras = ['cam-2'];
    devices.live.find((track) => track.kind === 'video')?.vanish();
    await vi.waitFor(() => {
      expect(media.get().camera).toMatchObject({ at: 'on', deviceId: 'cam-2' });
    });
  });

  it('returns to the camera that was unplugged as soon as it is back, and says each step', async () => {
    const { devices, media, changes } = setUp();
    await media.open();
    devices.cameras = ['cam-2'];
    devices.live.find((track) => track.kind === 'video')?.vanish();
    devices.dispatchEvent(new Event('devicechange'));
    await vi.waitFor(() => {
      expect(changes).toEqual(['camera replaced']);
    });
    devices.cameras = ['cam-2', 'cam-1'];
    devices.dispatchEvent(new Event('devicechange'));
    await vi.waitFor(() => {
      expect(changes).toEqual(['camera replaced', 'camera returned']);
    });
    expect(media.get().camera).toMatchObject({ at: 'on', deviceId: 'cam-1' });
    expect(devices.live.filter((track) => track.kind === 'video')).toHaveLength(1);
  });

  it('stays with a camera that the user chose instead', async () => {
    const chosen: { camera?: string } = {};
    const { devices, media, changes } = setUp(chosen);
    await media.open();
    devices.cameras = ['cam-2'];
    devices.live.find((track) => track.kind === 'video')?.vanish();
    await vi.waitFor(() => {
      expect(changes).toEqual(['camera replaced']);
    });
    chosen.camera = 'cam-2';
    await media.reopen('camera');
    devices.cameras = ['cam-1', 'cam-2'];
    devices.dispatchEvent(new Event('devicechange'));
    await devices.enumerateDevices();
    await Promise.resolve();
    expect(media.get().camera).toMatchObject({ at: 'on', deviceId: 'cam-2' });
  });

  it('asks once only when the question was waved away', async () => {
    const { devices, media } = setUp();
    const dismissed = new DOMException('Permission dismissed', 'NotAllowedError');
    devices.trouble = { video: dismissed, audio: dismissed };
    await media.open();
    expect(devices.asked).toHaveLength(1);
    expect(media.get()).toMatchObject({
      camera: { failure: 'dismissed' },
      microphone: { failure: 'dismissed' },
    });
  });

  it('says that the only camera was unplugged, and takes it back when it returns', async () => {
    const { devices, media } = setUp();
    await media.open();
    devices.cameras = [];
    devices.live.find((track) => track.kind === 'video')?.vanish();
    await vi.waitFor(() => {
      expect(media.get().camera).toEqual({ at: 'failed', failure: 'unplugged' });
    });
    devices.cameras = ['cam-1'];
    devices.dispatchEvent(new Event('devicechange'));
    await vi.waitFor(() => {
      expect(media.get().camera).toMatchObject({ at: 'on', deviceId: 'cam-1' });
    });
  });

  it('lets go of everything at once, also of what still sends black', async () => {
    const { devices, media } = setUp();
    await media.open();
    media.cameraOff();
    media.release();
    expect(devices.live).toEqual([]);
    expect(media.get()).toMatchObject({ camera: { at: 'off' }, microphone: { at: 'off' } });
  });

  it('lets go of a camera that opens after the end', async () => {
    const { devices, media } = setUp();
    const opening = media.open();
    media.close();
    await opening;
    expect(devices.live).toEqual([]);
  });

  it('is ready when nothing is being opened any more, and opens both where neither is on', async () => {
    const { devices, media } = setUp();
    void media.open();
    await media.ready();
    expect(media.tracks).toHaveLength(2);
    expect(devices.asked).toHaveLength(1);
    media.release();
    await media.ready();
    expect(media.tracks).toHaveLength(2);
  });
});
