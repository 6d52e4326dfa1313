/**
 * Devices that can be unplugged. Chromium's fake ones cannot, so this stands between the page and them and does what the
 * browser does: the track ends, the device is missing in the list and cannot be opened any more, and `devicechange` says
 * so. The page runs the product unchanged; everything that is opened is really opened.
 */
import type { Page } from 'playwright-core';

declare global {
  interface Window {
    /** By label: out of the socket, or back in. */
    plug?: (label: string, there: boolean) => Promise<void>;
    /** What the page asked for, the newest last. */
    asked?: MediaStreamConstraints[];
    /** Speakers that tones were sent to, the newest last. */
    toneSinks?: string[];
  }
}

/** For Chromium; of its three cameras, the page sees two: the corners of the first are green, those of the second yellow. */
export const TWO_DEVICES = '--use-fake-device-for-media-stream=device-count=3,fps=30';
export const CAMERAS = ['fake_device_0', 'fake_device_2'] as const;
/** A depth camera (16 bits of grey), whose frames WebRTC does not send. */
const UNFIT = 'fake_device_1';
export const MICROPHONES = ['Fake Audio Input 1', 'Fake Audio Input 2'] as const;
export const SPEAKERS = ['Fake Audio Output 1', 'Fake Audio Output 2'] as const;

/** Call before the page loads. */
export async function makePluggable(page: Page): Promise<void> {
  await page.addInitScript((unfit) => {
    const { mediaDevices } = navigator;
    // Only secure pages have it.
    if (!('mediaDevices' in navigator)) return;
    const gone = new Set<string>([unfit]);
    const open = new Set<MediaStreamTrack>();
    const enumerate = mediaDevices.enumerateDevices.bind(mediaDevices);
    const capture = mediaDevices.getUserMedia.bind(mediaDevices);
    const missing = () => new DOMException('unplugged', 'NotFoundError');

    async function narrowed(kind: MediaDeviceKind, wanted: boolean | MediaTrackConstraints | undefined) {
      if (wanted === undefined || wanted === false) return wanted;
      const asked = wanted === true ? {} : wanted;
      const there = (await mediaDevices.enumerateDevices()).filter((each) => each.kind === kind);
      const { exact } = (asked.deviceId ?? {}) as { exact?: string };
      if (exact !== undefined) {
        if (!there.some(({ deviceId }) => deviceId === exact))
          throw new OverconstrainedError('deviceId', 'unplugged');
        return asked;
      }
      const [first] = there.filter(({ deviceId }) => deviceId !== 'default');
      if (first === undefined) throw missing();
      // The system's choice is another device once the first one is gone. Before a permission, none has an id.
      return first.deviceId === '' ? asked : { ...asked, deviceId: { exact: first.deviceId } };
    }
    mediaDevices.enumerateDevices = async () => (await enumerate()).filter(({ label }) => !gone.has(label));
    window.asked = [];
    window.toneSinks = [];
    mediaDevices.getUserMedia = async (constraints = {}) => {
      window.asked?.push(constraints);
      const stream = await capture({
        ...constraints,
        video: (await narrowed('videoinput', constraints.video)) ?? false,
        audio: (await narrowed('audioinput', constraints.audio)) ?? false,
      });
      for (const track of stream.getTracks()) open.add(track);
      return stream;
    };
    const context = AudioContext.prototype as AudioContext & { setSinkId(id: string): Promise<void> };
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its object below
    const { setSinkId } = context;
    context.setSinkId = function (this: AudioContext, id: string) {
      return setSinkId.call(this, id).then(() => void window.toneSinks?.push(id));
    };
    window.plug = (label, there) => {
      if (there) gone.delete(label);
      else gone.add(label);
      for (const track of open) {
        if (there || track.label !== label || track.readyState !== 'live') continue;
        // What a page does itself raises no event.
        track.stop();
        track.dispatchEvent(new Event('ended'));
      }
      mediaDevices.dispatchEvent(new Event('devicechange'));
      return Promise.resolve();
    };
  }, UNFIT);
}
