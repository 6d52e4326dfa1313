/**
 * The media server as a process of its own: a command line, a child of `child_process.fork`, or Electron's utility
 * process. Says where it listens, on stdout and to its parent, and ends when told or when the parent is gone.
 */
// First: it has to take effect before the others allocate.
import './young-generation';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { KURENTO_PORT } from '../protocol/kurento';
import type { LogFields, Logger } from '../protocol/log';
import type { MediaServerMessage } from '../protocol/media-server-process';
import { defaultRecordingsFolder } from './files/default-folder';
import { findFaceOverlayFiles } from './filters/face-overlay-files';
import { startMediaServer } from './index';
import type { MediaServer } from './index';
import { TransportError } from './transport/transport-error';

/** Electron's side of a utility process; there is no `process.send` there. */
interface ParentPort {
  postMessage(message: MediaServerMessage): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
  on(event: 'close', listener: () => void): void;
}
const parentPort = (process as unknown as { parentPort?: ParentPort }).parentPort;

const USAGE = `usage: media-server [--port=8888] [--host=127.0.0.1] [--log=silent|warn|info|debug]
                    [--udp-ports=50000 or 50000-50100] [--announce=ADDRESS]
                    [--pem-certificate-rsa=FILE] [--pem-certificate-ecdsa=FILE, certificate and key in one file]
                    [--turn-ca=FILE, who may vouch for TURN servers over TLS]
                    [--recordings=FOLDER, where recorders may write; may be given several times]
                    [--media=FOLDER, where players may read beside the recordings; may be given several times]`;
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** More than one thread can keep busy. */
const MAX_SENDING_THREADS = 6;

class UsageError extends Error {}

function readOptions(argv: readonly string[]) {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', default: String(KURENTO_PORT) },
        host: { type: 'string', default: '127.0.0.1' },
        log: { type: 'string', default: 'warn' },
        recordings: { type: 'string', multiple: true, default: [] },
        media: { type: 'string', multiple: true, default: [] },
        'udp-ports': { type: 'string' },
        announce: { type: 'string' },
        'turn-ca': { type: 'string' },
        'pem-certificate-rsa': { type: 'string' },
        'pem-certificate-ecdsa': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new UsageError(`--port=${values.port} is no port number`);
  const level = LEVELS.findIndex((name) => name === values.log);
  if (level < 0 && values.log !== 'silent')
    throw new UsageError(`--log=${values.log} is none of ${LEVELS.join(', ')}`);
  const transport = { ...udpPorts(values['udp-ports']), ...announced(values.announce) };
  return {
    help: values.help,
    level: level < 0 ? LEVELS.length : level,
    server: {
      port,
      host: values.host,
      transport,
      certificates: {
        ...pemFile('rsa', 'pem-certificate-rsa', values),
        ...pemFile('ecdsa', 'pem-certificate-ecdsa', values),
      },
      ...pemFile('turnCertificateAuthorities', 'turn-ca', values),
      mediaFolders: folders(values.recordings, values.media),
    },
  };
}

/** A file as the member `name`, if the option is given. The certificates are `pemCertificateRSA` and `…ECDSA` of Kurento's configuration. */
function pemFile(name: string, option: string, values: Readonly<Record<string, unknown>>) {
  const file = values[option];
  if (typeof file !== 'string') return {};
  try {
    return { [name]: readFileSync(file, 'utf8') };
  } catch (error) {
    throw new UsageError(`--${option}=${file} cannot be read: ${String(error)}`);
  }
}

function folders(recordings: readonly string[], media: readonly string[]) {
  const named = recordings.filter((folder) => folder !== '');
  return {
    recordings: named.length > 0 ? named : [defaultRecordingsFolder(process.platform, process.env)],
    playable: media.filter((folder) => folder !== ''),
  };
}

/** One port, or the first free one of a range; both ends included. */
function udpPorts(given: string | undefined) {
  if (given === undefined) return {};
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(given) ?? [];
  const [min, max] = [Number(first), Number(last)];
  if (first === '' || min < 1 || max > 65_535 || min > max)
    throw new UsageError(`--udp-ports=${given} is neither a port nor a range of ports`);
  return { portRange: { min, max } };
}

function announced(address: string | undefined) {
  if (address === undefined) return {};
  if (isIP(address) === 0) throw new UsageError(`--announce=${address} is no IP address`);
  return { announcedAddresses: [address] };
}

/** One JSON object a line on stderr. */
function stderrLogger(minimum: number, fields: LogFields = {}): Logger {
  const at = (level: number) => (more: LogFields, message: string) => {
    if (level < minimum) return;
    const time = new Date().toISOString();
    process.stderr.write(
      `${JSON.stringify({ time, level: LEVELS[level], ...fields, ...more, message }, plain)}\n`,
    );
  };
  return {
    debug: at(0),
    info: at(1),
    warn: at(2),
    error: at(3),
    child: (more) => stderrLogger(minimum, { ...fields, ...more }),
  };
}
const plain = (_key: string, value: unknown): unknown =>
  value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value;

function tellParent(message: MediaServerMessage): void {
  if (parentPort) parentPort.postMessage(message);
  // A parent that is gone already is noticed by 'disconnect'.
  else process.send?.(message, undefined, undefined, () => undefined);
}

function sentenceOf(error: unknown, { host, port }: { host: string; port: number }): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use already: end the other program or choose another --port.`;
  if (code === 'EACCES') return `Port ${port} may not be used by this user: choose a --port above 1023.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `This machine has no address ${host}: check --host.`;
  return error instanceof Error ? error.message : String(error);
}

/** One core decides what goes where, the others encrypt and send. */
function sendingThreads(folder: string) {
  const workerFile = path.join(folder, 'send-worker.cjs');
  const threads = Math.min(availableParallelism() - 1, MAX_SENDING_THREADS);
  return existsSync(workerFile) && threads > 0 ? { sending: { workerFile, threads } } : {};
}

const existing = (file: string) => (existsSync(file) ? file : undefined);

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const logger = stderrLogger(options.level);
  let server: MediaServer;
  try {
    // The build puts what the filter and the threads need beside this file.
    const folder = path.dirname(process.argv[1] ?? '');
    const faceOverlay = await findFaceOverlayFiles(folder);
    const transport = { ...options.server.transport, ...sendingThreads(folder) };
    const fileReader = existing(path.join(folder, 'media-file-worker.cjs'));
    server = await startMediaServer({ ...options.server, transport, logger, faceOverlay, fileReader });
  } catch (error) {
    const message = sentenceOf(error, options.server);
    const taken = error instanceof TransportError && error.code === 'port-in-use';
    console.error(message);
    // Last: hearing it, a parent may end this process.
    tellParent({ type: 'failed', message, ...(taken ? { why: 'udp-ports-taken' as const } : {}) });
    process.exitCode = 1;
    process.disconnect?.();
    return;
  }
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    void server.close().finally(() => process.exit(0));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  process.on('disconnect', end);
  parentPort?.on('close', end);
  parentPort?.on('message', ({ data }) => {
    if (data === 'close') end();
  });
  console.log(`media server ready at ${server.url}`);
  tellParent({ type: 'ready', url: server.url });
}

main().catch((error: unknown) => {
  if (error instanceof UsageError) console.error(`${error.message}\n${USAGE}`);
  else console.error(error);
  process.exit(2);
});
