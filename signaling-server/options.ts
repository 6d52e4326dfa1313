/**
 * The options of the hub and of the app, with the names that Kurento users know. Reading them is here, what they mean
 * for files and processes in configuration.ts. Errors are sentences for whoever typed the command.
 */
import { parseArgs } from 'node:util';
import { MAX_SECRET_LENGTH } from '../protocol/limits';
import { isLoopbackHost, unbracketed } from './addresses';
import type { LogLevel } from './log';

export interface HubSettings {
  readonly listen: { readonly host: string; readonly port: number };
  /** True when the user named the address: then a taken port is an error, not a reason to choose another. */
  readonly listenChosen: boolean;
  /** A media server elsewhere; undefined: the embedded one. */
  readonly wsUri: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly plain: boolean;
  readonly userDataDir: string | undefined;
  readonly allowedOrigins: readonly string[];
  /** What presenters must know; undefined: anybody may present. */
  readonly presenterKey: string | undefined;
  readonly logLevel: LogLevel;
  readonly help: boolean;
}

/** An option that cannot be used; the message is a sentence for the user. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export const DEFAULT_AS_URI = 'https://localhost:8443/';

export const USAGE = `Options:
  --as_uri=${DEFAULT_AS_URI}   where to listen: localhost is this machine only, 0.0.0.0 every address of it
  --ws_uri=ws://HOST:8888/kurento    a Kurento media server, instead of the embedded one
  --cert=FILE --key=FILE             your own certificate and key (PEM), instead of a self-made certificate
  --plain                            http and ws without encryption, on this machine only
  --user-data-dir=FOLDER             where the certificate is kept
  --allow-origin=ORIGIN              a further site whose pages may use this hub (may be repeated)
  --presenter-key=KEY                only who knows this key can present a broadcast; the hub without the app
                                     also takes it from the variable CALLCAST_PRESENTER_KEY, unseen by other users
  --log-level=LEVEL                  debug, info, warn, error or silent
  --help                             this text
`;

const OPTIONS = {
  as_uri: { type: 'string' },
  ws_uri: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  plain: { type: 'boolean' },
  'user-data-dir': { type: 'string' },
  'allow-origin': { type: 'string', multiple: true },
  'presenter-key': { type: 'string' },
  'log-level': { type: 'string' },
  help: { type: 'boolean' },
} as const;
const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/**
 * @param args without the program's own name
 * @param others what to do with options that are none of ours: the app passes them on to Chromium
 * @throws UsageError
 */
export function parseOptions(args: readonly string[], others: 'refuse' | 'ignore' = 'refuse'): HubSettings {
  const values = read(args, others);
  const plain = values.plain ?? false;
  const listen = listenOf(values.as_uri, plain);
  if ((values.cert === undefined) !== (values.key === undefined))
    throw new UsageError('--cert and --key belong together: give both, or neither.');
  if (plain && values.cert !== undefined)
    throw new UsageError('--plain uses no certificate: leave out --cert and --key.');
  if (plain && !isLoopbackHost(listen.host))
    throw new UsageError(
      `--plain is for this machine only: use localhost in --as_uri instead of ${listen.host}.`,
    );
  return {
    listen,
    listenChosen: values.as_uri !== undefined,
    wsUri: values.ws_uri === undefined ? undefined : mediaServerUri(values.ws_uri),
    certFile: values.cert,
    keyFile: values.key,
    plain,
    userDataDir: values['user-data-dir'],
    allowedOrigins: (values['allow-origin'] ?? []).map(originOf),
    presenterKey: values['presenter-key'] === undefined ? undefined : presenterKeyOf(values['presenter-key']),
    logLevel: logLevelOf(values['log-level']),
    help: values.help ?? false,
  };
}

interface Values {
  as_uri?: string;
  ws_uri?: string;
  cert?: string;
  key?: string;
  plain?: boolean;
  'user-data-dir'?: string;
  'allow-origin'?: string[];
  'presenter-key'?: string;
  'log-level'?: string;
  help?: boolean;
}

function read(args: readonly string[], others: 'refuse' | 'ignore'): Values {
  const ours = others === 'refuse' ? [...args] : ownArguments(args);
  try {
    return parseArgs({ args: ours, options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError(`${message.split('. To specify')[0] ?? message}.`.replace('..', '.'));
  }
}

/** Our options among those of Chromium and Electron, each with its value. */
function ownArguments(args: readonly string[]): string[] {
  const own: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    const name = /^--([^=]+)/.exec(argument)?.[1] ?? '';
    if (!Object.hasOwn(OPTIONS, name)) continue;
    own.push(argument);
    const takesNext = OPTIONS[name as keyof typeof OPTIONS].type === 'string' && !argument.includes('=');
    const following = args[index + 1];
    if (takesNext && following !== undefined) {
      own.push(following);
      index += 1;
    }
  }
  return own;
}

function listenOf(uri: string | undefined, plain: boolean): HubSettings['listen'] {
  const given = uri ?? (plain ? 'http://localhost:8443/' : DEFAULT_AS_URI);
  const example = `such as ${DEFAULT_AS_URI}`;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.hostname === '')
    throw new UsageError(`--as_uri=${given} is no address, ${example}.`);
  // With --plain both schemes are understood; without it http would promise what is not there.
  if (url.protocol === 'http:' && !plain)
    throw new UsageError(`--as_uri=${given} is without encryption: write https, or add --plain.`);
  if (url.username || url.password || url.search || url.hash || url.pathname !== '/')
    throw new UsageError(`--as_uri=${given} has more than a host and a port: write an address ${example}.`);
  const standardPort = url.protocol === 'https:' ? 443 : 80;
  return { host: unbracketed(url.hostname), port: url.port === '' ? standardPort : Number(url.port) };
}

function mediaServerUri(uri: string): string {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (!url || (url.protocol !== 'ws:' && url.protocol !== 'wss:') || url.hostname === '')
    throw new UsageError(`--ws_uri=${uri} is no WebSocket address, such as ws://127.0.0.1:8888/kurento.`);
  return uri;
}

function originOf(origin: string): string {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new UsageError(`--allow-origin=${origin} is no origin, such as https://example.org.`);
  return url.origin;
}

/**
 * As a person types it: blanks at the ends do not belong to it.
 * @param from what it came by, for the message, which never repeats the key
 * @throws UsageError
 */
export function presenterKeyOf(given: string, from = '--presenter-key'): string {
  const key = given.trim();
  if (key === '' || key.length > MAX_SECRET_LENGTH)
    throw new UsageError(`${from} needs a key of 1 to ${MAX_SECRET_LENGTH} characters.`);
  return key;
}

function logLevelOf(level: string | undefined): LogLevel {
  const known = LOG_LEVELS.find((candidate) => candidate === (level ?? 'warn'));
  if (!known) throw new UsageError(`--log-level=${String(level)} is none of ${LOG_LEVELS.join(', ')}.`);
  return known;
}
