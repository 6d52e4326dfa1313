/** The embedded media server as a child process of Node. (Electron makes its own kind: see main/.) */
import { fork } from 'node:child_process';
import type { SpawnMediaServer } from './media-server-supervisor';

/**
 * @param module path of the built `media-server/cli`
 * @param execArgv options for Node itself; none unless the module needs a loader
 */
export function forkMediaServer(module: string, execArgv: readonly string[] = []): SpawnMediaServer {
  return () => {
    const child = fork(module, ['--port=0'], {
      // What it logs goes where our own log goes; its ready line does not belong on our standard output.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [...execArgv],
    });
    return {
      pid: child.pid,
      onMessage: (listener) => void child.on('message', listener),
      onExit(listener) {
        let over = false;
        const once = (code: number | null) => {
          if (over) return;
          over = true;
          listener(code);
        };
        child.once('exit', once);
        // A process that could not be started never exits.
        child.on('error', () => {
          if (child.pid === undefined) once(null);
        });
      },
      stop: () => void child.kill('SIGTERM'),
      kill: () => void child.kill('SIGKILL'),
    };
  };
}
