/**
 * A media server by script: speaks the Kurento Protocol over a real WebSocket as the recordings show, without any media,
 * and fails in every way on demand. What needs no media is tested against it; the real one judges the rest.
 */
import { WebSocketServer, type WebSocket } from 'ws';

type Params = Record<string, unknown>;

interface ServerSession {
  readonly id: string;
  socket: WebSocket;
  readonly subscriptions: Map<string, { object: string; type: string }>;
}

const ANSWER = 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Kurento Media Server\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n';
const NOT_FOUND = { code: 40101, message: 'Object not found', data: { type: 'MEDIA_OBJECT_NOT_FOUND' } };

export class ScriptedKurento {
  readonly url: string;
  /** Types that exist beside MediaPipeline. */
  factories = ['WebRtcEndpoint', 'PassThrough', 'FaceOverlayFilter', 'DispatcherOneToMany', 'HubPort'];
  /** Every request in order, without pings: `create WebRtcEndpoint`, `invoke processOffer`. */
  readonly log: string[] = [];
  /** Parameters of the last request of each kind in `log`. */
  readonly last = new Map<string, Params>();
  /** Errors to answer with, by kind as in `log`. */
  readonly failing = new Map<string, { code: number; message: string; data?: { type: string } }>();
  /** Requests of these kinds are not answered until `continue` is called. */
  readonly holding = new Set<string>();
  readonly objects = new Set<string>();
  readonly requestIds: number[] = [];
  #held: (() => void)[] = [];
  #frozen = false;
  #lastId = 0;
  readonly #sessions = new Map<string, ServerSession>();
  readonly #server: WebSocketServer;
  readonly #sockets = new Set<WebSocket>();

  static async start(port = 0): Promise<ScriptedKurento> {
    const server = new WebSocketServer({ host: '127.0.0.1', port, path: '/kurento', autoPong: false });
    await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
    return new ScriptedKurento(server);
  }

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.url = `ws://127.0.0.1:${(server.address() as { port: number }).port}/kurento`;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
      socket.on('ping', () => !this.#frozen && socket.pong());
      socket.on('message', (data: Buffer) => !this.#frozen && this.#receive(socket, data.toString('utf8')));
    });
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get pipelines(): string[] {
    return [...this.objects].filter((id) => !id.includes('/'));
  }

  get sockets(): number {
    return this.#sockets.size;
  }

  /** Answers what was held back, and holds nothing any more. */
  continue(): void {
    this.holding.clear();
    for (const answer of this.#held.splice(0)) answer();
  }

  /** Says and hears nothing any more, with its sockets open. */
  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
  }

  /** Breaks every connection; sessions and objects stay. */
  dropSockets(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** As a restart: nobody is known any more. */
  forget(): void {
    this.#sessions.clear();
    this.objects.clear();
  }

  emit(object: string, type: string, fields: Params): void {
    for (const session of this.#sessions.values()) {
      const listens = [...session.subscriptions.values()].some((s) => s.object === object && s.type === type);
      if (!listens) continue;
      const data = { source: object, type, timestampMillis: '1', tags: [], ...fields };
      session.socket.send(
        JSON.stringify({ jsonrpc: '2.0', method: 'onEvent', params: { value: { object, type, data } } }),
      );
    }
  }

  /** Sends a frame of any content on every connection. */
  say(text: string): void {
    for (const socket of this.#sockets) socket.send(text);
  }

  async close(): Promise<void> {
    this.dropSockets();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #receive(socket: WebSocket, text: string): void {
    const { id, method, params = {} } = JSON.parse(text) as { id: number; method: string; params?: Params };
    this.requestIds.push(id);
    const kind = kindOf(method, params);
    if (method !== 'ping') this.log.push(kind);
    this.last.set(kind, params);
    const answer = () => {
      const error = this.failing.get(kind);
      const body = error ? { error } : this.#perform(socket, method, params);
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ id, jsonrpc: '2.0', ...body }));
    };
    if (this.holding.has(kind)) this.#held.push(answer);
    else answer();
  }

  #perform(socket: WebSocket, method: string, params: Params): Params {
    if (method === 'ping') return { result: { value: 'pong' } };
    if (method === 'connect') return this.#connect(socket, params);
    const session = this.#session(socket, params.sessionId as string);
    const result = (value: unknown) => ({ result: { sessionId: session.id, value } });
    switch (method) {
      case 'create': {
        const made = this.#create(params);
        return typeof made === 'string' ? result(made) : made;
      }
      case 'transaction':
        return result(this.#transaction(socket, params));
      case 'invoke':
        return this.#invoke(params, result);
      case 'subscribe': {
        if (!this.objects.has(params.object as string)) return { error: NOT_FOUND };
        const subscription = `subscription-${++this.#lastId}`;
        session.subscriptions.set(subscription, {
          object: params.object as string,
          type: params.type as string,
        });
        return result(subscription);
      }
      case 'unsubscribe':
        session.subscriptions.delete(params.subscription as string);
        return { result: { sessionId: session.id } };
      case 'release':
        for (const id of [...this.objects])
          if (id === params.object || id.startsWith(`${params.object as string}/`)) this.objects.delete(id);
        return { result: { sessionId: session.id } };
      case 'closeSession':
        this.#sessions.delete(session.id);
        if (params.release === true) this.objects.clear();
        return { result: null };
      default:
        return { error: { code: -32601, message: 'Method not found.' } };
    }
  }

  #connect(socket: WebSocket, params: Params): Params {
    if (params.sessionId !== undefined && !this.#sessions.has(params.sessionId as string))
      return { error: { code: 40007, message: 'Invalid session', data: { type: 'INVALID_SESSION' } } };
    const session = this.#session(
      socket,
      (params.sessionId as string | undefined) ?? `session-${++this.#lastId}`,
    );
    return { result: { serverId: 'scripted', sessionId: session.id } };
  }

  #session(socket: WebSocket, id: string): ServerSession {
    const session = this.#sessions.get(id) ?? { id, socket, subscriptions: new Map() };
    session.socket = socket;
    this.#sessions.set(id, session);
    return session;
  }

  #create(params: Params): string | Params {
    const type = params.type as string;
    if (type !== 'MediaPipeline' && !this.factories.includes(type))
      return {
        error: {
          code: 40108,
          message: `Factory '${type}' not found`,
          data: { type: 'MEDIA_OBJECT_NOT_AVAILABLE' },
        },
      };
    const { mediaPipeline, hub } = (params.constructorParams ?? {}) as {
      mediaPipeline?: string;
      hub?: string;
    };
    const parent = mediaPipeline ?? hub;
    if (parent !== undefined && !this.objects.has(parent)) return { error: NOT_FOUND };
    const id = `${parent === undefined ? '' : `${parent}/`}${++this.#lastId}_kurento.${type}`;
    this.objects.add(id);
    return id;
  }

  #transaction(socket: WebSocket, params: Params): Params[] {
    const answers: Params[] = [];
    const values: unknown[] = [];
    for (const operation of params.operations as { method: string; params: Params }[]) {
      const text = JSON.stringify(operation.params).replace(/"newref:(\d+)"/g, (_, index: string) =>
        JSON.stringify(values[Number(index)]),
      );
      const inner = { ...(JSON.parse(text) as Params), sessionId: params.sessionId };
      const failing = this.failing.get(kindOf(operation.method, inner));
      const answer = failing ? { error: failing } : this.#perform(socket, operation.method, inner);
      answers.push({ id: answers.length, jsonrpc: '2.0', ...answer });
      if ('error' in answer) break;
      values.push((answer.result as Params).value);
    }
    return answers;
  }

  #invoke(params: Params, result: (value: unknown) => Params): Params {
    const object = params.object as string;
    if (params.operation === 'getInfo')
      return result({ modules: [{ name: 'core', factories: ['MediaPipeline', ...this.factories] }] });
    if (params.operation === 'getPipelines') return result(this.pipelines);
    if (!this.objects.has(object)) return { error: NOT_FOUND };
    const given = (params.operationParams ?? {}) as Params;
    if (params.operation === 'processOffer') {
      if (!String(given.offer).startsWith('v=0'))
        return { error: { code: 40201, message: 'Invalid SDP', data: { type: 'SDP_PARSE_ERROR' } } };
      return result(ANSWER);
    }
    if (params.operation === 'gatherCandidates')
      this.emit(object, 'IceCandidateFound', {
        candidate: {
          __module__: 'kurento',
          __type__: 'IceCandidate',
          candidate: 'candidate:1 1 UDP 2015364095 127.0.0.1 30861 typ host',
          sdpMid: '0',
          sdpMLineIndex: 0,
        },
      });
    return result(null);
  }
}

function kindOf(method: string, params: Params): string {
  if (method === 'create') return `create ${String(params.type)}`;
  if (method === 'invoke') return `invoke ${String(params.operation)}`;
  if (method === 'subscribe') return `subscribe ${String(params.type)}`;
  return method;
}
