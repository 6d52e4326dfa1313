/** Which cameras, microphones and speakers there are, kept up to date; which one is chosen is a preference. */
import { Cell, type Store } from '../store';

export interface Device {
  readonly id: string;
  /** Empty until the user has allowed a device of this kind. */
  readonly label: string;
}

export interface DeviceList {
  readonly cameras: readonly Device[];
  readonly microphones: readonly Device[];
  readonly speakers: readonly Device[];
}

export interface Devices extends Store<DeviceList> {
  /** After a permission was given: labels and ids are hidden before. */
  refresh(): Promise<void>;
  /** False where the browser plays everything on the system's speaker. */
  readonly canChooseSpeaker: boolean;
}

/** The part of MediaDevices that is used; absent in an insecure page. */
export type DeviceSource = Pick<MediaDevices, 'enumerateDevices' | 'addEventListener'>;

const NONE: DeviceList = { cameras: [], microphones: [], speakers: [] };

export function openDevices(source: DeviceSource | undefined, canChooseSpeaker: boolean): Devices {
  const list = new Cell<DeviceList>(NONE);
  let asked = 0;
  async function refresh(): Promise<void> {
    if (source === undefined) return;
    asked += 1;
    const turn = asked;
    const found = await source.enumerateDevices().catch(() => []);
    // A plug pulled and pushed at once asks twice; the later question's answer counts.
    if (turn === asked) list.set(sort(found));
  }
  source?.addEventListener('devicechange', () => void refresh());
  void refresh();
  return { get: list.get, subscribe: list.subscribe, refresh, canChooseSpeaker };
}

function sort(found: readonly Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>[]): DeviceList {
  const of = (kind: MediaDeviceKind): Device[] =>
    found
      .filter((each) => each.kind === kind && isReal(each.deviceId))
      .map(({ deviceId, label }) => ({ id: deviceId, label }));
  return { cameras: of('videoinput'), microphones: of('audioinput'), speakers: of('audiooutput') };
}

/** Chromium repeats the system's choice under these two names; ours is the empty id. Before permission the id is empty. */
function isReal(id: string): boolean {
  return id !== '' && id !== 'default' && id !== 'communications';
}
