/**
 * Starts the hub inside the app: its certificate becomes the one that this app trusts, its media server a utility process.
 * Or takes another computer's hub, whose certificate has to be the pinned one. Loaded while the window comes up, so
 * everything heavy hangs on this file and not on main.ts.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { configureHub, recordingsFolder } from '../signaling-server/configuration';
import { startHub, type Hub, type HubOptions } from '../signaling-server/index';
import { CannotListen } from '../signaling-server/listeners';
import type { HubSettings } from '../signaling-server/options';
import type { SpawnMediaServer } from '../signaling-server/media-server-supervisor';
import type { Logger } from '../protocol/log';
import type { Settings } from '../protocol/settings';
import type { CertificatePins } from './certificate-pins';
import type { SomeHub } from './hub-host';
import { outsideArchive, utilityMediaServer } from './media-server-process';
import { hubSettings, mediaServerArguments } from './settings/overrides';

export interface HubPlaces {
  /** The built app. */
  readonly dist: string;
  readonly userDataDir: string;
}

export interface HubInApp {
  /** What holds for this run. */
  readonly settings: Settings;
  /** The command line. */
  readonly given: HubSettings;
  readonly places: HubPlaces;
  readonly pins: CertificatePins;
  readonly logger: Logger;
  /** Each line that the embedded media server logs. */
  readonly onMediaServerLog: (line: string) => void;
}

/** @throws with a sentence for the user */
export async function startHubInApp(options: HubInApp): Promise<SomeHub> {
  options.pins.clear();
  const { remoteHub } = options.settings;
  return remoteHub === null ? startOwnHub(options) : openRemoteHub(remoteHub, options.pins);
}

/** Which media server the settings ask for. */
export function mediaServerOf({
  settings,
  places,
  onMediaServerLog,
}: Pick<HubInApp, 'settings' | 'places' | 'onMediaServerLog'>): HubOptions['mediaServer'] {
  return settings.mediaServer === ''
    ? { spawn: spawnMediaServer(settings, places, onMediaServerLog) }
    : { wsUri: settings.mediaServer };
}

function spawnMediaServer(
  settings: Settings,
  { dist, userDataDir }: HubPlaces,
  onLog: (line: string) => void,
): SpawnMediaServer {
  return utilityMediaServer({
    module: outsideArchive(path.join(dist, 'media-server/cli.cjs')),
    args: mediaServerArguments(settings, recordingsFolder(userDataDir)),
    onLog,
  });
}

async function startOwnHub({
  settings,
  given,
  places,
  pins,
  logger,
  onMediaServerLog,
}: HubInApp): Promise<Hub> {
  const { dist, userDataDir } = places;
  const overlays = path.join(dist, 'overlays');
  const wanted = hubSettings(settings, given);
  const { options, fingerprint } = await configureHub(wanted, {
    userDataDir,
    webRoot: path.join(dist, 'web'),
    // The media server reads the images itself; it runs outside the archive.
    overlaysRoot: existsSync(overlays) ? outsideArchive(overlays) : undefined,
    spawnMediaServer: spawnMediaServer(settings, places, onMediaServerLog),
    logger,
  });
  const hub = await startOnSomePort(options, wanted.listenChosen);
  if (fingerprint !== undefined) pins.pin(new URL(hub.url).hostname, fingerprint);
  return hub;
}

/** Another program on the usual port is no reason to stay closed; an address that the user chose is kept, or refused. */
async function startOnSomePort(options: HubOptions, chosen: boolean): Promise<Hub> {
  try {
    return await startHub(options);
  } catch (error) {
    if (chosen || !(error instanceof CannotListen) || !error.taken) throw error;
    return startHub({ ...options, listen: { ...options.listen, port: 0 } });
  }
}

/**
 * Pages connect to it themselves. With a pin, the session's judge (certificate-pins.ts) refuses any other certificate and
 * says so; one that is switched off at the moment is no failure, since pages keep trying.
 */
function openRemoteHub(
  { url, fingerprint }: NonNullable<Settings['remoteHub']>,
  pins: CertificatePins,
): SomeHub {
  if (fingerprint !== '') pins.pin(new URL(url).hostname, fingerprint);
  return { remoteUrl: url };
}
