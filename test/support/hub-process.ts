/** A program of its own with a hub and the embedded media server, from the sources; prints the media server's process id. */
import { resolve } from 'node:path';
import { silentLogger } from '../../protocol/log';
import { startHub } from '../../signaling-server/index';
import { forkMediaServer } from '../../signaling-server/media-server-process';

void startHub({
  listen: { host: 'localhost', port: 0 },
  tls: 'plain',
  mediaServer: { spawn: forkMediaServer(resolve('media-server/cli.ts'), { execArgv: ['--import', 'tsx'] }) },
  logger: silentLogger,
}).then((hub) => {
  const tell = () => {
    if (hub.mediaServerPid !== undefined) process.stdout.write(`${hub.mediaServerPid}\n`);
  };
  hub.onChange(tell);
  tell();
});
