import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../protocol/log';
import type { PassThrough } from '../model/pass-through';
import { PassThrough as PassThroughClass } from '../model/pass-through';
import { TestModel } from '../model/testing';
import { Connection, QUEUE_HIGH } from './connection';
import type { Services } from './methods';
import { Sessions } from './sessions';

type Frame = Record<string, unknown> & {
  readonly id?: unknown;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number };
};

/** A socket without a network. */
class Client {
  readonly frames: Frame[] = [];
  readonly connection: Connection;
  paused = 0;
  resumed = 0;
  /** Two sockets of one session must not use an id twice. */
  static #nextId = 1;
  constructor(services: Services) {
    this.connection = new Connection(
      services,
      {
        send: (text) => this.frames.push(JSON.parse(text) as Frame),
        pause: () => this.paused++,
        resume: () => this.resumed++,
      },
      silentLogger,
    );
  }
  send(method: string, params?: object, id: unknown = Client.#nextId++): unknown {
    this.connection.receive(JSON.stringify({ jsonrpc: '2.0', id, method, ...(params ? { params } : {}) }));
    return id;
  }
  async ask(method: string, params?: object, id?: unknown): Promise<Frame> {
    const sent = this.send(method, params, id);
    return settled(() => this.frames.findLast((frame) => frame.id === sent));
  }
  async value(method: string, params?: object): Promise<string> {
    return (await this.ask(method, params)).result?.['value'] as string;
  }
  events(): string[] {
    return this.frames
      .filter(({ method }) => method === 'onEvent')
      .map((frame) => (frame['params'] as { value: { type: string } }).value.type);
  }
}
/** Lets others run until there is something. */
async function settled<Value>(look: () => Value | undefined): Promise<Value> {
  for (let turn = 0; turn < 1000; turn++) {
    const value = look();
    if (value !== undefined) return value;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  throw new Error('no answer came');
}

let model: TestModel;
let services: Services;
const PERIOD = 240_000;
function build(modelOf = new TestModel()): void {
  model = modelOf;
  let ids = 0;
  const newId = () => `u${++ids}`;
  const sessions = new Sessions({
    clock: model.clock,
    logger: silentLogger,
    registry: model.registry,
    newId,
    periodMs: PERIOD,
    maxSessions: 10,
  });
  services = { registry: model.registry, sessions, newId, serverId: 'server' };
}
beforeEach(() => build());
const invoke = (object: string, operation: string, operationParams?: object) => ({
  object,
  operation,
  ...(operationParams ? { operationParams } : {}),
});

describe('a session', () => {
  it('is a mere name until it touches an object', async () => {
    const client = new Client(services);
    expect((await client.ask('ping')).result).toEqual({ value: 'pong' });
    const { sessionId } = (await client.ask('connect', {})).result ?? {};
    expect((await client.ask('connect', { sessionId })).error?.code).toBe(40007);
    expect((await client.ask('keepAlive')).error?.code).toBe(40007);
    expect(services.sessions.size).toBe(0);
    await client.value('create', { type: 'MediaPipeline' });
    expect((await client.ask('connect', { sessionId })).result).toEqual({ sessionId, serverId: 'server' });
    expect((await client.ask('keepAlive')).result).toEqual({ sessionId });
    expect((await client.ask('ping')).result).toEqual({ sessionId, value: 'pong' });
  });

  it('outlives its socket, moves to the one that asks last, and its events go there', async () => {
    const [first, second] = [new Client(services), new Client(services)];
    const pipeline = await first.value('create', { type: 'MediaPipeline' });
    const element = await first.value('create', {
      type: 'PassThrough',
      constructorParams: { mediaPipeline: pipeline },
    });
    const { sessionId } =
      (await first.ask('subscribe', { object: element, type: 'ElementConnected' })).result ?? {};
    const reconnect = invoke(element, 'connect', { sink: element, mediaType: 'AUDIO' });
    await second.ask('connect', { sessionId });
    await second.ask('invoke', reconnect);
    expect([first.events().length, second.events().length]).toEqual([0, 1]);
    await first.ask('invoke', reconnect);
    expect([first.events().length, second.events().length]).toEqual([1, 1]);
    first.connection.close();
    (model.registry.get(element) as PassThrough).connect(model.registry.get(element) as PassThrough, 'AUDIO');
    expect([first.events().length, second.events().length]).toEqual([1, 1]);
    await second.ask('invoke', reconnect);
    expect(second.events().length).toBe(2);
  });

  it('is collected one to two periods after its last sign of life, but not while a socket is open', async () => {
    const [leaving, staying] = [new Client(services), new Client(services)];
    const pipeline = await leaving.value('create', { type: 'MediaPipeline' });
    const kept = await staying.value('create', { type: 'MediaPipeline' });
    model.clock.advance(PERIOD * 3);
    expect(services.sessions.size).toBe(2);
    leaving.connection.close();
    model.clock.advance(PERIOD);
    expect(services.sessions.size).toBe(2);
    model.clock.advance(PERIOD);
    expect(services.sessions.size).toBe(1);
    expect(model.registry.peek(pipeline)).toBeUndefined();
    expect(model.registry.peek(kept)).toBeDefined();
  });

  it('keeps an object alive that another session used, too', async () => {
    const [a, b] = [new Client(services), new Client(services)];
    const pipeline = await a.value('create', { type: 'MediaPipeline' });
    await b.ask('describe', { object: pipeline });
    expect(await a.ask('closeSession', {})).toMatchObject({ result: null });
    expect(model.registry.peek(pipeline)).toBeDefined();
    await b.ask('unref', { object: pipeline });
    expect(model.registry.peek(pipeline)).toBeUndefined();
  });

  it('may be ended with all that it held, for everybody', async () => {
    const [a, b] = [new Client(services), new Client(services)];
    const pipeline = await a.value('create', { type: 'MediaPipeline' });
    const { sessionId } = (await b.ask('describe', { object: pipeline })).result ?? {};
    await a.ask('closeSession', { release: true });
    expect(model.registry.size).toBe(0);
    expect((await a.ask('keepAlive')).error?.code).toBe(40007);
    expect((await b.ask('connect', { sessionId })).result).toMatchObject({ sessionId });
  });

  it('of any name may begin with a request, not with a name that is too long', async () => {
    const client = new Client(services);
    const answer = await client.ask('create', { type: 'MediaPipeline', sessionId: 'my own' });
    expect(answer.result?.['sessionId']).toBe('my own');
    expect(services.sessions.ids()).toEqual(['my own']);
    expect(
      (await client.ask('describe', { object: 'manager_ServerManager', sessionId: 'x'.repeat(257) })).error
        ?.code,
    ).toBe(-32000);
  });

  it('leaves nothing in a socket that names one after the other', async () => {
    const client = new Client(services);
    for (let index = 0; index < 100; index++) {
      await client.ask('create', { type: 'MediaPipeline', sessionId: `s${index}` });
      await client.ask('closeSession', { sessionId: `s${index}` });
      await client.ask('release', { object: 'nothing', sessionId: `t${index}` });
    }
    expect([services.sessions.size, model.registry.size]).toEqual([0, 0]);
  });
});

describe('the request cache of a session', () => {
  it('answers the same id again without doing anything again, on another socket, too', async () => {
    const [first, second] = [new Client(services), new Client(services)];
    const answer = await first.ask('create', { type: 'MediaPipeline' }, 500);
    expect(await first.ask('create', { type: 'Nonsense' }, 500)).toEqual(answer);
    first.connection.close();
    expect(
      await second.ask('create', { type: 'MediaPipeline', sessionId: answer.result?.['sessionId'] }, 500),
    ).toEqual(answer);
    expect(model.registry.size).toBe(1);
    expect((await second.ask('ping')).result?.['sessionId']).toBe(answer.result?.['sessionId']);
    model.clock.advance(20_000);
    await second.ask('create', { type: 'MediaPipeline' }, 500);
    expect(model.registry.size).toBe(2);
  });

  it('holds errors, too', async () => {
    const client = new Client(services);
    const pipeline = await client.value('create', { type: 'MediaPipeline' });
    const failed = await client.ask('invoke', invoke(pipeline, 'getTag', { key: 'k' }), 'x');
    await client.ask('invoke', invoke(pipeline, 'addTag', { key: 'k', value: 'v' }));
    expect(await client.ask('invoke', invoke(pipeline, 'getTag', { key: 'k' }), 'x')).toEqual(failed);
  });
});

describe('a connection', () => {
  it('works in order, one request at a time', async () => {
    const begun: string[] = [];
    const finish: (() => void)[] = [];
    build(
      new TestModel({
        PassThrough: async (context) => {
          begun.push(context.id);
          await new Promise<void>((resolve) => finish.push(resolve));
          return new PassThroughClass(context);
        },
      }),
    );
    const client = new Client(services);
    const pipeline = await client.value('create', { type: 'MediaPipeline' });
    const create = { type: 'PassThrough', constructorParams: { mediaPipeline: pipeline } };
    const [a, b] = [client.send('create', create), client.send('create', create)];
    await settled(() => begun[0]);
    expect([begun.length, client.frames.some(({ id }) => id === a)]).toEqual([1, false]);
    finish.shift()?.();
    await settled(() => begun[1]);
    expect(client.frames.some(({ id }) => id === a)).toBe(true);
    finish.shift()?.();
    await settled(() => client.frames.find(({ id }) => id === b));
  });

  it('does not read on while too much waits, and forgets what waits when it closes', async () => {
    const client = new Client(services);
    await client.value('create', { type: 'MediaPipeline' });
    for (let index = 0; index < QUEUE_HIGH * 2; index++) client.send('create', { type: 'MediaPipeline' });
    expect(client.paused).toBe(1);
    client.connection.close();
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    expect(model.registry.size).toBeLessThan(5);
    client.send('ping');
    expect(client.resumed).toBe(0);
  });

  it('lets others run while it works through a pile', async () => {
    const client = new Client(services);
    const one = (id: number) => JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' });
    client.connection.receive(Array.from({ length: 1000 }, (_, id) => one(id)).join(''));
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(client.frames.length).toBeLessThan(500);
    await settled(() => client.frames[999]);
  });

  it('reads on when little waits', async () => {
    const client = new Client(services);
    await client.value('create', { type: 'MediaPipeline' });
    for (let index = 0; index <= QUEUE_HIGH; index++) client.send('ping', {}, `p${index}`);
    await settled(() => client.frames.find(({ id }) => id === `p${QUEUE_HIGH}`));
    expect([client.paused, client.resumed]).toEqual([1, 1]);
  });

  it('answers notifications as the original does, and says nothing where there is no result', async () => {
    const client = new Client(services);
    await client.value('create', { type: 'MediaPipeline' });
    const before = client.frames.length;
    client.connection.receive('{"jsonrpc":"2.0","method":"closeSession"}');
    client.connection.receive('{"jsonrpc":"2.0","method":"ping"}');
    await settled(() => client.frames[before]);
    expect(client.frames.slice(before)).toMatchObject([
      {
        id: null,
        error: {
          code: -32000,
          data: { value: 'pong' },
          message: 'Ignoring response because of a notification request',
        },
      },
    ]);
  });

  it('answers a bug with a reference to the log and goes on', async () => {
    build(
      new TestModel({
        PassThrough: () => {
          throw new TypeError('a bug');
        },
      }),
    );
    const client = new Client(services);
    const pipeline = await client.value('create', { type: 'MediaPipeline' });
    const answer = await client.ask('create', {
      type: 'PassThrough',
      constructorParams: { mediaPipeline: pipeline },
    });
    expect(answer.error).toMatchObject({
      code: -32603,
      message: expect.stringMatching(/ref [0-9a-f]{8}/) as string,
    });
    expect((await client.ask('ping')).result?.['value']).toBe('pong');
  });
});

describe('a transaction', () => {
  const create = (id: number, type: string, constructorParams = {}) => ({
    jsonrpc: '2.0',
    id,
    method: 'create',
    params: { type, constructorParams },
  });

  it('runs in order with references, and its events find their way in a session that it begins', async () => {
    const client = new Client(services);
    const answer = await client.ask('transaction', {
      operations: [
        create(0, 'MediaPipeline'),
        create(1, 'PassThrough', { mediaPipeline: 'newref:0' }),
        {
          jsonrpc: '2.0',
          id: 2,
          method: 'subscribe',
          params: { object: 'newref:1', type: 'ElementConnected' },
        },
        {
          jsonrpc: '2.0',
          id: 3,
          method: 'invoke',
          params: invoke('newref:1', 'connect', { sink: 'newref:1' }),
        },
      ],
    });
    const answers = answer.result?.['value'] as Frame[];
    expect(answers.map(({ id, error }) => [id, error])).toEqual([
      [0, undefined],
      [1, undefined],
      [2, undefined],
      [3, undefined],
    ]);
    expect(client.events()).toEqual(['ElementConnected', 'ElementConnected', 'ElementConnected']);
  });

  it('ends at the first failure and leaves what was done', async () => {
    const client = new Client(services);
    const answer = await client.ask('transaction', {
      operations: [create(0, 'MediaPipeline'), create(1, 'Nonsense'), create(2, 'MediaPipeline')],
    });
    expect((answer.result?.['value'] as Frame[]).map(({ error }) => error?.code)).toEqual([undefined, 40108]);
    expect(model.registry.size).toBe(1);
  });

  it('refuses what is malformed, before or while it runs', async () => {
    const client = new Client(services);
    const code = async (operations: unknown) => (await client.ask('transaction', { operations })).error?.code;
    expect(await code([create(3, 'MediaPipeline')])).toBe(40008);
    expect(model.registry.size).toBe(0);
    expect(
      await code([create(0, 'MediaPipeline'), create(1, 'PassThrough', { mediaPipeline: 'newref:5' })]),
    ).toBe(40008);
    expect(await code([create(0, 'PassThrough', { mediaPipeline: 'newref:x' })])).toBe(40008);
    expect(await code('x')).toBe(-32000);
    expect(await code(Array.from({ length: 2000 }, (_, id) => create(id, 'MediaPipeline')))).toBe(40008);
    const nested = await client.ask('transaction', {
      operations: [{ jsonrpc: '2.0', method: 'transaction', params: { operations: [] } }],
    });
    expect((nested.result?.['value'] as Frame[])[0]?.error?.code).toBe(40008);
  });
});
