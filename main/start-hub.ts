/**
 * Starts the hub inside the app: its certificate becomes the one that this app trusts, its media server a utility process.
 * Loaded while the window comes up, so everything heavy hangs on this file and not on main.ts.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { configureHub } from '../signaling-server/configuration';
import { startHub, type Hub, type HubOptions } from '../signaling-server/index';
import { CannotListen } from '../signaling-server/listeners';
import type { HubSettings } from '../signaling-server/options';
import type { Logger } from '../protocol/log';
import type { CertificatePins } from './certificate-pins';
import { outsideArchive, utilityMediaServer } from './media-server-process';

export interface HubPlaces {
  /** The built app. */
  readonly dist: string;
  readonly userDataDir: string;
}

/** @throws with a sentence for the user */
export async function startHubInApp(
  settings: HubSettings,
  { dist, userDataDir }: HubPlaces,
  pins: CertificatePins,
  logger: Logger,
): Promise<Hub> {
  const overlays = path.join(dist, 'overlays');
  const { options, fingerprint } = await configureHub(settings, {
    userDataDir,
    webRoot: path.join(dist, 'web'),
    // The media server reads the images itself; it runs outside the archive.
    overlaysRoot: existsSync(overlays) ? outsideArchive(overlays) : undefined,
    spawnMediaServer: utilityMediaServer(outsideArchive(path.join(dist, 'media-server/cli.cjs'))),
    logger,
  });
  const hub = await startOnSomePort(options, settings.listenChosen);
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
