/**
 * The hub without the app: `npm run hub -- [options]`. Prints one line when it accepts connections, and ends everything
 * it started when it is asked to.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CertificateError } from './certificate';
import { configureHub, defaultUserDataDir, recordingsFolder } from './configuration';
import { PlainBeyondLoopback, startHub, type Hub } from './index';
import { CannotListen } from './listeners';
import { createLogger } from './log';
import { forkMediaServer } from './media-server-process';
import { USAGE, UsageError, parseOptions, presenterKeyOf, type HubSettings } from './options';

/** How long the ready line waits for the media server, so that it can tell its address. */
const MEDIA_SERVER_WAIT_MS = 15_000;
const KEY_VARIABLE = 'CALLCAST_PRESENTER_KEY';

async function main(): Promise<void> {
  const settings = withKeyOf(process.env, parseOptions(process.argv.slice(2)));
  if (settings.help) {
    console.log(`npm run hub -- [options]\n\n${USAGE}`);
    return;
  }
  // Built, this file is dist/hub/cli.cjs, and the rest of the build lies around it.
  const dist = resolve(dirname(process.argv[1] ?? '.'), '..');
  const userDataDir = settings.userDataDir ?? defaultUserDataDir(process.platform, process.env);
  const { options } = await configureHub(settings, {
    userDataDir,
    webRoot: existing(join(dist, 'web')),
    overlaysRoot: existing(join(dist, 'overlays')),
    spawnMediaServer: forkMediaServer(join(dist, 'media-server', 'cli.cjs'), {
      args: [`--recordings=${recordingsFolder(userDataDir)}`],
    }),
    logger: createLogger(settings.logLevel),
  });
  const hub = await startHub(options);
  endOnRequest(hub);
  await mediaServerKnown(hub);
  console.log(`hub ready at ${hub.url} (media server: ${hub.mediaServerUrl ?? 'starting'})`);
  if (hub.sharedUrls.length > 0) console.error(`also reachable at ${hub.sharedUrls.join(' ')}`);
}

/** Command lines are visible to every user of a machine, variables are not. What was typed counts more. */
function withKeyOf(environment: NodeJS.ProcessEnv, settings: HubSettings): HubSettings {
  const given = environment[KEY_VARIABLE];
  if (settings.presenterKey !== undefined || given === undefined || given === '') return settings;
  return { ...settings, presenterKey: presenterKeyOf(given, KEY_VARIABLE) };
}

function existing(folder: string): string | undefined {
  return existsSync(folder) ? folder : undefined;
}

/** Resolves when the media server's address is known; it need not be reachable. */
function mediaServerKnown(hub: Hub): Promise<void> {
  return new Promise((done) => {
    const check = () => {
      if (hub.mediaServerUrl === undefined) return;
      clearTimeout(limit);
      unsubscribe();
      done();
    };
    const limit = setTimeout(() => {
      unsubscribe();
      done();
    }, MEDIA_SERVER_WAIT_MS);
    const unsubscribe = hub.onChange(check);
    check();
  });
}

function endOnRequest(hub: Hub): void {
  let asked = 0;
  const end = () => {
    asked += 1;
    // Whoever asks twice does not want to wait; children notice the closed channel.
    if (asked > 1) process.exit(130);
    void hub.close().then(() => process.exit(0));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.on('SIGHUP', end);
}

process.on('unhandledRejection', (error) => {
  // Sessions are kept apart from each other: what one forgot to handle is a bug to report, not the end of all.
  console.error('A fault of the hub itself:', error);
});

main().catch((error: unknown) => {
  const forUsers = [UsageError, CertificateError, CannotListen, PlainBeyondLoopback];
  if (forUsers.some((kind) => error instanceof kind)) console.error((error as Error).message);
  else console.error(error);
  if (error instanceof UsageError) console.error('--help lists the options.');
  process.exit(error instanceof UsageError ? 2 : 1);
});
