/** Cameras and microphones for tests: tracks that remember what was done to them. */

export class FakeTrack extends EventTarget {
  readonly kind: 'audio' | 'video';
  readonly id: string;
  readonly deviceId: string;
  enabled = true;
  readyState: 'live' | 'ended' = 'live';

  constructor(kind: 'audio' | 'video', deviceId: string) {
    super();
    this.kind = kind;
    this.deviceId = deviceId;
    this.id = `${kind}-${deviceId}`;
  }

  getSettings(): { readonly deviceId: string } {
    return { deviceId: this.deviceId };
  }
  stop(): void {
    this.readyState = 'ended';
  }
  /** As when the plug is pulled. */
  vanish(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
}

type Trouble = { readonly video?: DOMException; readonly audio?: DOMException };

export class FakeMediaDevices extends EventTarget {
  cameras = ['cam-1', 'cam-2'];
  microphones = ['mic-1'];
  trouble: Trouble = {};
  readonly tracks: FakeTrack[] = [];
  readonly asked: MediaStreamConstraints[] = [];

  enumerateDevices(): Promise<MediaDeviceInfo[]> {
    const of = (kind: MediaDeviceKind) => (deviceId: string) =>
      ({ kind, deviceId, label: deviceId, groupId: '' }) as MediaDeviceInfo;
    return Promise.resolve([
      ...this.cameras.map(of('videoinput')),
      ...this.microphones.map(of('audioinput')),
    ]);
  }

  getUserMedia(constraints: MediaStreamConstraints = {}): Promise<MediaStream> {
    this.asked.push(constraints);
    const made: FakeTrack[] = [];
    for (const [kind, devices] of [
      ['video', this.cameras],
      ['audio', this.microphones],
    ] as const) {
      const wanted = constraints[kind];
      if (wanted === undefined || wanted === false) continue;
      const trouble = this.trouble[kind];
      if (trouble !== undefined) return Promise.reject(trouble);
      const exact =
        typeof wanted === 'object' ? (wanted.deviceId as { exact?: string } | undefined)?.exact : undefined;
      if (exact !== undefined && !devices.includes(exact))
        return Promise.reject(new DOMException('', 'OverconstrainedError'));
      const device = exact ?? devices[0];
      if (device === undefined) return Promise.reject(new DOMException('', 'NotFoundError'));
      made.push(new FakeTrack(kind, device));
    }
    this.tracks.push(...made);
    const of = (kind: string): FakeTrack[] => made.filter((track) => track.kind === kind);
    return Promise.resolve({
      getTracks: () => made,
      getVideoTracks: () => of('video'),
      getAudioTracks: () => of('audio'),
    } as unknown as MediaStream);
  }

  /** Tracks that keep a device's light on. */
  get live(): FakeTrack[] {
    return this.tracks.filter((track) => track.readyState === 'live');
  }
}
