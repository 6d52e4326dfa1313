/** A hub on a free port with a media server of choice, in this process, ended with the test. */
import { readFileSync } from 'node:fs';
import { silentLogger } from '../../protocol/log';
import { startHub, type Hub, type HubOptions } from '../../signaling-server/index';
import { startMediaServer, type MediaServer } from '../../media-server/index';
import { until } from './until';

export interface TestHub {
  readonly hub: Hub;
  readonly mediaServer: MediaServer;
  close(): Promise<void>;
}

/** Without encryption, so that a test says what it is about; certificates have tests of their own. */
export async function startPlainHub(wsUri: string, options: Partial<HubOptions> = {}): Promise<Hub> {
  const hub = await startHub({
    listen: { host: 'localhost', port: 0 },
    tls: 'plain',
    mediaServer: { wsUri },
    logger: silentLogger,
    ...options,
  });
  return hub;
}

/** The hub with the embedded media server beside it. */
export async function startTestHub(options: Partial<HubOptions> = {}): Promise<TestHub> {
  const mediaServer = await startMediaServer({ port: 0 });
  const hub = await startPlainHub(mediaServer.url, options);
  await until(() => hub.mediaServer !== 'ready' && hub.mediaServer);
  return {
    hub,
    mediaServer,
    async close() {
      await hub.close();
      await mediaServer.close();
    },
  };
}

/** A line of test/fixtures/kurento-protocol/signaling/*.jsonl. */
export interface Recorded {
  readonly t: number;
  readonly who?: string;
  readonly dir?: 'c→s' | 's→c';
  readonly message?: Record<string, unknown> & { id: string };
  readonly note?: string;
}

export function recording(name: string): Recorded[] {
  const file = new URL(`../fixtures/kurento-protocol/signaling/${name}.jsonl`, import.meta.url);
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recorded);
}

/** A real offer of Chromium for audio and video, as recorded. */
export function recordedOffer(): string {
  const start = recording('02-hello-world').find((line) => line.message?.id === 'start');
  return String(start?.message?.sdpOffer);
}
