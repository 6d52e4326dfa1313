/** The embedded media server as a child process of Node. (Electron makes its own kind: see main/.) */
import { fork } from 'node:child_process';
import type { SpawnMediaServer } from './media-server-supervisor';

export interface ForkOptions {
  /** Further arguments of its command line. */
  readonly args?: readonly string[];
  /** Options for Node itself; none unless the module needs a loader. */
  readonly execArgv?: readonly string[];
}

/** @param module path of the built `media-server/cli` */
export function forkMediaServer(
  module: string,
  { args = [], execArgv = [] }: ForkOptions = {},
): SpawnMediaServer {
  return () => {
    const child = fork(module, ['--port=0', ...args], {
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
