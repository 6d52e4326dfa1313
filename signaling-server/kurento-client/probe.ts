/**
 * Asks a media server once who it is: the Test button's question. A connection of its own, ended afterwards; the hub's
 * own connection and what runs on it notice nothing.
 */
import { SERVER_MANAGER_ID, type JsonValue } from '../../protocol/kurento';
import type { MediaServerFailure, MediaServerReport } from '../../protocol/settings';
import type { Clock } from '../clock';
import { KurentoError, KurentoProtocolFault, MediaServerLost, RequestTimeout } from './errors';
import { ConnectFailed, RpcSocket, isRecord } from './rpc-socket';
import { valueOf } from './scope';

/** A person waits for it; a media server across an ocean answers within a second. */
const OPEN_LIMIT_MS = 5_000;
const REQUEST_LIMIT_MS = 5_000;
/** The first round warms up; the middle one of the rest counts. */
const ROUNDS = 5;
/** A report is for a screen: Kurento has some ten modules. */
const MAX_MODULES = 50;
const MAX_WORD = 80;

/** Never rejects. @param uri such as `ws://127.0.0.1:8888/kurento` */
export async function probeMediaServer(uri: string, clock: Clock): Promise<MediaServerReport> {
  const abort = new AbortController();
  let socket: RpcSocket | undefined;
  let id = 0;
  try {
    socket = await RpcSocket.open(uri, {
      clock,
      openTimeoutMs: OPEN_LIMIT_MS,
      signal: abort.signal,
      nextRequestId: () => ++id,
      onEvent: () => undefined,
      onFault: () => undefined,
    });
    return await ask(socket, clock);
  } catch (error) {
    return { at: 'failed', why: failureOf(error) };
  } finally {
    socket?.terminate(new MediaServerLost());
  }
}

async function ask(socket: RpcSocket, clock: Clock): Promise<MediaServerReport> {
  const options = { timeoutMs: REQUEST_LIMIT_MS };
  const session = await socket.request('connect', {}, options);
  if (!isRecord(session) || typeof session['sessionId'] !== 'string')
    throw new KurentoProtocolFault('connect answered no session');
  const { sessionId } = session;
  const invoke = { object: SERVER_MANAGER_ID, operation: 'getInfo', sessionId };
  const info = valueOf(await socket.request('invoke', invoke, options));
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = clock.monotonic();
    await socket.request('ping', {}, options);
    if (round > 0) times.push(clock.monotonic() - before);
  }
  // What it keeps for us goes with the socket anyway, only later.
  await socket.request('closeSession', { sessionId }, options).catch(() => undefined);
  times.sort((a, b) => a - b);
  return { at: 'reached', ...described(info), roundTrip: times[times.length >> 1] ?? 0 };
}

function described(info: JsonValue) {
  if (!isRecord(info) || typeof info['version'] !== 'string' || !Array.isArray(info['modules']))
    throw new KurentoProtocolFault('getInfo tells no version or no modules');
  const types = new Set<unknown>();
  const modules: { name: string; version: string }[] = [];
  for (const module of info['modules'].slice(0, MAX_MODULES) as unknown[]) {
    if (!isRecord(module) || typeof module['name'] !== 'string') continue;
    modules.push({ name: word(module['name']), version: word(module['version']) });
    if (Array.isArray(module['factories'])) for (const type of module['factories']) types.add(type);
  }
  return {
    version: word(info['version']),
    modules,
    types: types.size,
    hats: types.has('FaceOverlayFilter'),
  };
}

/** What a stranger calls itself, as a word for a screen. */
function word(text: unknown): string {
  return typeof text === 'string' ? text.replace(/[^\w.+~ -]/g, '').slice(0, MAX_WORD) : '';
}

function failureOf(error: unknown): MediaServerFailure {
  if (error instanceof RequestTimeout) return 'timeout';
  if (error instanceof KurentoError || error instanceof KurentoProtocolFault) return 'not-kurento';
  if (!(error instanceof ConnectFailed)) return 'unreachable';
  if (error.refused) return 'refused';
  const code = error.code ?? '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'unknown-host';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (/CERT|SIGNATURE|ISSUER/.test(code)) return 'certificate';
  // An answer that is none of a WebSocket's (ws has no code for it), or none of TLS's.
  if (code === '' || code.startsWith('ERR_SSL') || code.startsWith('HPE') || code === 'EPROTO')
    return 'not-kurento';
  return 'unreachable';
}
