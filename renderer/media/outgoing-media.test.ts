import { describe, expect, it, vi } from 'vitest';
import { FakeMediaDevices, FakeTrack } from '../testing/fake-media';
import { FakeTimers } from '../testing/fake-timers';
import { LocalMedia } from './local-media';
import { OutgoingMedia } from './outgoing-media';

/** A screen, with the computer's sound where wanted. */
function screenStream(sound: boolean) {
  const video = new FakeTrack('video', 'screen');
  const audio = new FakeTrack('audio', 'screen');
  const tracks = sound ? [video, audio] : [video];
  const of = (kind: string): FakeTrack[] => tracks.filter((track) => track.kind === kind);
  const stream = {
    getTracks: () => tracks,
    getVideoTracks: () => of('video'),
    getAudioTracks: () => of('audio'),
  } as unknown as MediaStream;
  return { stream, video, audio };
}

async function setUp(screen = screenStream(false)) {
  const timers = new FakeTimers();
  const mediaDevices = new FakeMediaDevices();
  const media = new LocalMedia({
    mediaDevices,
    secure: true,
    timers,
    chosen: () => '',
  });
  await media.open();
  const getDisplayMedia = vi.fn(() => Promise.resolve(screen.stream));
  const mixed = { track: { id: 'mix' } as MediaStreamTrack, close: vi.fn() };
  const mix = vi.fn(() => mixed);
  const outgoing = new OutgoingMedia({ media, getDisplayMedia, mix, timers });
  const told: [string, string | null][] = [];
  outgoing.onTrack((kind, track) => told.push([kind, track?.id ?? null]));
  const ids = (): string[] => outgoing.tracks.map((track) => track.id);
  return { timers, mediaDevices, media, outgoing, getDisplayMedia, mix, mixed, told, ids, screen };
}

describe('OutgoingMedia', () => {
  it('sends camera and microphone', async () => {
    const { ids } = await setUp();
    expect(ids()).toEqual(['audio-mic-1', 'video-cam-1']);
  });

  it('sends the screen in the place of the camera, whose light goes out', async () => {
    const { outgoing, timers, media, told, ids } = await setUp();
    await outgoing.share();
    timers.advance(1_000);
    expect(outgoing.get()).toMatchObject({ at: 'on', sound: false });
    expect(ids()).toEqual(['audio-mic-1', 'video-screen']);
    expect(told).toEqual([['video', 'video-screen']]);
    expect(media.get().camera.at).toBe('off');
  });

  it('goes back to the camera when the browser ends the sharing', async () => {
    const { outgoing, timers, media, told, screen } = await setUp();
    await outgoing.share();
    timers.advance(1_000);
    screen.video.vanish();
    await vi.waitFor(() => {
      expect(media.get().camera.at).toBe('on');
    });
    expect(outgoing.get().at).toBe('off');
    expect(told.at(-1)).toEqual(['video', 'video-cam-1']);
  });

  it('leaves the camera off where it was off before', async () => {
    const { outgoing, timers, media, told, screen } = await setUp();
    media.cameraOff();
    timers.advance(1_000);
    await outgoing.share();
    outgoing.stopSharing();
    expect(screen.video.enabled).toBe(false);
    timers.advance(1_000);
    expect(media.get().camera.at).toBe('off');
    expect(screen.video.readyState).toBe('ended');
    expect(told.at(-1)).toEqual(['video', null]);
  });

  it('mixes the computer’s sound into the voice, and takes it out again', async () => {
    const { outgoing, told, ids, mixed } = await setUp(screenStream(true));
    await outgoing.share();
    expect(ids()).toEqual(['mix', 'video-screen']);
    outgoing.stopSharing();
    expect(told.filter(([kind]) => kind === 'audio')).toEqual([
      ['audio', 'mix'],
      ['audio', 'audio-mic-1'],
    ]);
    expect(mixed.close).toHaveBeenCalledOnce();
  });

  it('changes nothing when the user closes the picker', async () => {
    const { outgoing, getDisplayMedia, told } = await setUp();
    getDisplayMedia.mockRejectedValueOnce(new DOMException('Permission denied', 'NotAllowedError'));
    await outgoing.share();
    expect(outgoing.get()).toEqual({ at: 'off' });
    expect(told).toEqual([]);
  });

  it('tells when the system does not allow it', async () => {
    const { outgoing, getDisplayMedia } = await setUp();
    getDisplayMedia.mockRejectedValueOnce(new DOMException('Permission denied by system', 'NotAllowedError'));
    await outgoing.share();
    expect(outgoing.get()).toEqual({ at: 'failed', failure: 'denied-by-system' });
  });

  it('lets go of a screen that was chosen too late', async () => {
    const { outgoing, screen } = await setUp();
    const sharing = outgoing.share();
    outgoing.release();
    await sharing;
    expect(screen.video.readyState).toBe('ended');
    expect(outgoing.get().at).toBe('off');
  });

  it('lets go of everything, without turning a camera on', async () => {
    const { outgoing, timers, mediaDevices, media, screen } = await setUp();
    await outgoing.share();
    outgoing.close();
    media.close();
    timers.advance(1_000);
    expect(screen.video.readyState).toBe('ended');
    expect(mediaDevices.live).toEqual([]);
  });
});
