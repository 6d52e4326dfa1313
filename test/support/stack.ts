/**
 * The whole product without Electron, as a user of `npm run hub` gets it: the built UI and the built media server in its
 * own process, the hub in this one so that tests can look at it. Every port is free, every file is in a temporary folder.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { silentLogger, type Logger } from '../../protocol/log';
import { configureHub, recordingsFolder } from '../../signaling-server/configuration';
import { startHub, type Hub, type HubOptions } from '../../signaling-server/index';
import { createLogger } from '../../signaling-server/log';
import { forkMediaServer } from '../../signaling-server/media-server-process';
import { parseOptions } from '../../signaling-server/options';
import { until } from './until';

export const DIST = resolve(import.meta.dirname, '../../dist');

export interface Stack {
  readonly hub: Hub;
  /** Such as `https://localhost:40001/`. */
  readonly url: string;
  close(): Promise<void>;
}

export interface StackOptions {
  /** As on the hub's command line. */
  readonly args?: readonly string[];
  readonly hub?: Partial<HubOptions>;
}

/** A log level in CALLCAST_TEST_LOG shows what the hub has to say while a test is being written. */
function testLogger(): Logger {
  const level = process.env['CALLCAST_TEST_LOG'];
  return level === 'debug' || level === 'info' || level === 'warn' ? createLogger(level) : silentLogger;
}

export async function startStack({ args = [], hub: overrides }: StackOptions = {}): Promise<Stack> {
  const userDataDir = await mkdtemp(join(tmpdir(), 'callcast-stack-'));
  try {
    const settings = parseOptions(['--as_uri=https://localhost:0/', ...args]);
    const { options } = await configureHub(settings, {
      userDataDir,
      webRoot: join(DIST, 'web'),
      overlaysRoot: join(DIST, 'overlays'),
      spawnMediaServer: forkMediaServer(join(DIST, 'media-server/cli.cjs'), {
        args: [`--recordings=${recordingsFolder(userDataDir)}`],
      }),
      logger: testLogger(),
    });
    const hub = await startHub({ ...options, ...overrides });
    return {
      hub,
      url: hub.url,
      async close() {
        await hub.close();
        await rm(userDataDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(userDataDir, { recursive: true, force: true });
    throw error;
  }
}

/** Waits until the embedded media server of a stack answers. */
export async function mediaServerReady(stack: Stack): Promise<void> {
  await until(() => stack.hub.mediaServer !== 'ready' && `media server is ${stack.hub.mediaServer}`, 15_000);
}
