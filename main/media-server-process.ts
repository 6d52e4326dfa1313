/**
 * The embedded media server as a utility process: a Node that Chromium starts and ends. It dies with the app, whatever way
 * the app dies, and needs no `ELECTRON_RUN_AS_NODE`, which the fuses forbid.
 */
import { utilityProcess } from 'electron';
import type { SpawnMediaServer } from '../signaling-server/media-server-supervisor';
import { lineSplitter } from './log-file';

export interface UtilityMediaServerOptions {
  /** Path of the built `media-server/cli`. */
  readonly module: string;
  /** Further arguments of its command line. */
  readonly args: readonly string[];
  /** Hears each line that it logs. */
  readonly onLog: (line: string) => void;
}

/** Only after the app is ready. */
export function utilityMediaServer({ module, args, onLog }: UtilityMediaServerOptions): SpawnMediaServer {
  return () => {
    const child = utilityProcess.fork(module, ['--port=0', '--log=info', ...args], {
      serviceName: 'Callcast media server',
      // What it logs goes where our own log goes; its ready line does not belong on our standard output.
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const split = lineSplitter(onLog);
    child.stderr?.setEncoding('utf8').on('data', split);
    let pid = child.pid;
    return {
      // Known only once the process runs.
      get pid() {
        return (pid = child.pid ?? pid);
      },
      onMessage: (listener) => void child.on('message', listener),
      onExit: (listener) => void child.once('exit', listener),
      // A message, since Windows has no signal that a process could answer.
      stop: () => child.postMessage('close'),
      kill() {
        const running = child.pid;
        if (running !== undefined) process.kill(running, 'SIGKILL');
      },
    };
  };
}

/** In an installed app, code with native modules lies beside the archive: the system can only load real files. */
export function outsideArchive(file: string): string {
  return file.replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked');
}
