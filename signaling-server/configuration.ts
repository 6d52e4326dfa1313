/** From what a user asked for (options.ts) to what a hub needs: reads certificates, chooses folders. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../protocol/log';
import { installationCertificate, readCertificate, type Certificate } from './certificate';
import { systemClock, type Clock } from './clock';
import type { HubOptions } from './index';
import type { SpawnMediaServer } from './media-server-supervisor';
import type { HubSettings } from './options';

/** What the program around the hub knows: where its files are, and how it starts processes. */
export interface Surroundings {
  /** Kept between runs; holds the installation's certificate. */
  readonly userDataDir: string;
  readonly webRoot: string | undefined;
  readonly overlaysRoot: string | undefined;
  readonly spawnMediaServer: SpawnMediaServer;
  /** The app finds its hub by itself: where the user named no address, another port will do when 8443 is taken. */
  readonly anyPort?: boolean;
  readonly logger: Logger;
  readonly clock?: Clock;
}

export interface Configured {
  readonly options: HubOptions;
  /** SHA-256 of the hub's certificate, as `AB:CD:…`; undefined with `--plain`. */
  readonly fingerprint: string | undefined;
}

/** @throws CertificateError */
export async function configureHub(settings: HubSettings, surroundings: Surroundings): Promise<Configured> {
  const { webRoot, overlaysRoot, logger, spawnMediaServer } = surroundings;
  const clock = surroundings.clock ?? systemClock;
  const certificate = settings.plain
    ? undefined
    : await certificateOf(settings, surroundings.userDataDir, clock);
  return {
    fingerprint: certificate?.fingerprint,
    options: {
      listen: { ...settings.listen, orAnyPort: (surroundings.anyPort ?? false) && !settings.listenChosen },
      tls: certificate ?? 'plain',
      mediaServer: settings.wsUri === undefined ? { spawn: spawnMediaServer } : { wsUri: settings.wsUri },
      webRoot,
      overlaysRoot,
      allowedOrigins: settings.allowedOrigins,
      presenterKey: settings.presenterKey,
      logger,
      clock,
    },
  };
}

function certificateOf(settings: HubSettings, userDataDir: string, clock: Clock): Promise<Certificate> {
  const { certFile, keyFile } = settings;
  if (certFile !== undefined && keyFile !== undefined) return readCertificate(certFile, keyFile);
  return installationCertificate(settings.userDataDir ?? userDataDir, clock);
}

/** Of the embedded media server: the only folder in which its recorders may write, and its players read. */
export function recordingsFolder(userDataDir: string): string {
  return join(userDataDir, 'recordings');
}

/** Where the app keeps its data, so that the hub without the app uses the same certificate. */
export function defaultUserDataDir(
  platform: NodeJS.Platform,
  environment: NodeJS.ProcessEnv,
  home = homedir(),
): string {
  switch (platform) {
    case 'win32':
      return join(environment.APPDATA ?? join(home, 'AppData', 'Roaming'), 'Callcast');
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'Callcast');
    default:
      return join(environment.XDG_CONFIG_HOME ?? join(home, '.config'), 'Callcast');
  }
}
