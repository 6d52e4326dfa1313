/** Everything that arrives as JSON or as a line of text: both servers' frames, settings, IPC, paths and hosts. */
import * as v from 'valibot';
import { ipcGuards } from '../../../main/ipc-guards';
import { readArguments } from '../../../media-server/model/arguments';
import { TYPES } from '../../../media-server/model/facts';
import { KurentoError, objectNotFound } from '../../../media-server/model/kurento-error';
import { TestModel } from '../../../media-server/model/testing';
import { Connection } from '../../../media-server/rpc/connection';
import { BadRequest, readFrame } from '../../../media-server/rpc/json-rpc';
import { Sessions } from '../../../media-server/rpc/sessions';
import { silentLogger } from '../../../protocol/log';
import { roomChannelMessage } from '../../../protocol/room-channel';
import { DEFAULT_SETTINGS, readPatch, readSettings, SETTING_NAMES } from '../../../protocol/settings';
import { ENDPOINTS, replyGuards } from '../../../protocol/signaling';
import { ProtocolFault } from '../../../signaling-server/failures';
import { hostName } from '../../../signaling-server/gate';
import { parseRequest } from '../../../signaling-server/requests';
import { pathOf } from '../../../signaling-server/static-files';
import { kurentoRequests, signalingFrames } from '../corpus';
import { claim, FOR_EVER, MILLION, none, words } from '../target';
import type { Target } from '../target';

const JSON_WORDS = words(
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  'null',
  'true',
  '1e999',
  '{}',
  '[]',
  '"__proto__":',
  '"constructor":',
  '"toString"',
  '\\u0000',
  '\\ud800',
  '"id":',
  '"sessionId":""',
  '['.repeat(200),
  '{"a":'.repeat(200),
);
const MAX_FRAME = 64 * 1024;

export const jsonRpc: Target = {
  name: 'json-rpc',
  about: 'JSON-RPC frames and the arguments in them',
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: (error) => error instanceof KurentoError,
  prepare() {
    const operations = [...TYPES.values()].flatMap((type) => [...type.operations.values()]);
    const finder = { find: objectNotFound as (id: string) => never };
    let next = 0;
    const run = (input: Buffer) => {
      for (const request of readFrame(input.toString('utf8'))) {
        if (request instanceof BadRequest) {
          claim(request.body.code < 0, 'bad requests have a code');
          continue;
        }
        const given = request.params?.get('operationParams') ?? request.params?.get('value');
        const operation = operations[next++ % operations.length];
        if (operation) readArguments(given, 'operationParams', operation.params, finder);
      }
    };
    return {
      samples: kurentoRequests(),
      words: JSON_WORDS,
      text: true,
      maxBytes: MAX_FRAME,
      begin: () => ({ run }),
    };
  },
};

/** A server's own mistakes show as this code, whatever the frame was. */
const INTERNAL_ERROR = -32603;

export const kurento: Target = {
  name: 'kurento',
  about: 'a Kurento session: every method, with objects',
  inputs: MILLION,
  episode: 200,
  isFault: none,
  prepare: () => ({
    samples: [
      ...kurentoRequests(),
      ...['MediaPipeline', 'PassThrough', 'DispatcherOneToMany', 'HubPort'].map((type) =>
        Buffer.from(
          `{"jsonrpc":"2.0","id":1,"method":"create","params":{"type":"${type}","constructorParams":{"mediaPipeline":"id-1","hub":"id-2"}}}`,
        ),
      ),
      Buffer.from('{"jsonrpc":"2.0","id":2,"method":"release","params":{"object":"id-2"}}'),
      Buffer.from(
        '{"jsonrpc":"2.0","id":3,"method":"invoke","params":{"object":"id-2","operation":"connect","operationParams":{"sink":"id-3"}}}',
      ),
      Buffer.from('{"jsonrpc":"2.0","id":4,"method":"subscribe","params":{"object":"id-2","type":"Error"}}'),
    ],
    words: [...JSON_WORDS, ...words('"id-1"', '"id-2"', '"id-3"', '"newref:0"', '"manager_ServerManager"')],
    text: true,
    maxBytes: MAX_FRAME,
    begin() {
      const model = new TestModel();
      let ids = 0;
      const newId = () => `u${++ids}`;
      const sessions = new Sessions({
        clock: model.clock,
        logger: silentLogger,
        registry: model.registry,
        newId,
        periodMs: 240_000,
        maxSessions: 10,
      });
      let bug: string | undefined;
      const logger = {
        ...silentLogger,
        error: (fields: object) => {
          const { error } = fields as { error?: unknown };
          bug ??= error instanceof Error ? error.stack : String(error);
        },
      };
      const connection = new Connection(
        { registry: model.registry, sessions, newId, serverId: 'server' },
        {
          send(text) {
            const frame = JSON.parse(text) as { error?: { code?: number } };
            if (frame.error?.code === INTERNAL_ERROR)
              throw new Error(`an internal error was answered: ${bug}`);
          },
          pause: () => undefined,
          resume: () => undefined,
        },
        logger,
      );
      return {
        async run(input) {
          connection.receive(input.toString('utf8'));
          model.clock.advance(50);
          await new Promise<void>((resolve) => setImmediate(resolve));
        },
        async end() {
          connection.close();
          // Two periods later, nobody has come back.
          model.clock.advance(500_000);
          await new Promise<void>((resolve) => setImmediate(resolve));
          claim(bug === undefined, `no request is a bug of the server's: ${bug}`);
        },
      };
    },
  }),
};

export const signaling: Target = {
  name: 'signaling',
  about: "messages at the hub's five endpoints, and its answers",
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: none,
  prepare() {
    const replies = Object.values(replyGuards);
    const run = (input: Buffer) => {
      const text = input.toString('utf8');
      for (const endpoint of ENDPOINTS) {
        try {
          claim(typeof parseRequest(endpoint, text).id === 'string', 'a message has an id');
        } catch (error) {
          if (!(error instanceof ProtocolFault)) throw error;
        }
      }
      // What the hub says is guarded at the page in the same way; a peer says the rest over a data channel.
      let raw: unknown;
      try {
        raw = JSON.parse(text);
      } catch {
        return;
      }
      for (const guard of replies) v.safeParse(guard, raw);
      v.safeParse(roomChannelMessage, raw);
    };
    return {
      samples: [
        ...signalingFrames(),
        ...[
          '{"id":"hello","client":"callcast"}',
          '{"id":"join","roomId":"lobby"}',
          '{"id":"webrtc_ice_candidate","roomId":"lobby","label":0,"candidate":"candidate:1 1 udp 1 127.0.0.1 9 typ host"}',
          '{"id":"register","name":"alice"}',
          '{"id":"call","from":"alice","to":"bob","sdpOffer":"v=0"}',
          '{"id":"incomingCallResponse","from":"alice","callResponse":"reject","message":"no"}',
          '{"id":"setOverlay","overlay":"crown"}',
          '{"type":"text","text":"hello"}',
        ].map((text) => Buffer.from(text)),
      ],
      words: JSON_WORDS,
      text: true,
      maxBytes: MAX_FRAME,
      begin: () => ({ run }),
    };
  },
};

export const settings: Target = {
  name: 'settings',
  about: 'settings files, IPC requests, paths, host names',
  inputs: MILLION,
  episode: FOR_EVER,
  isFault: none,
  prepare() {
    const guards = Object.values(ipcGuards) as v.GenericSchema[];
    const run = (input: Buffer) => {
      const text = input.toString('utf8');
      const path = pathOf(text);
      if (path !== undefined) {
        claim(path.startsWith('/') && !path.includes('/.') && !path.includes('\\'), 'paths do not climb');
        claim(!path.includes('\0'), 'paths are text');
      }
      claim((hostName(text)?.length ?? 0) <= 300, 'host names are bounded');
      let raw: unknown;
      try {
        raw = JSON.parse(text);
      } catch {
        return;
      }
      const { settings: read } = readSettings(raw);
      claim(Object.keys(read).length === SETTING_NAMES.length, 'settings are complete, and nothing besides');
      // What was read is good, so it is read again as it is.
      claim(readSettings(JSON.parse(JSON.stringify(read))).bad.length === 0, 'good settings stay good');
      readPatch(raw);
      for (const guard of guards) v.safeParse(guard, Array.isArray(raw) ? raw : [raw]);
    };
    return {
      samples: [
        Buffer.from(JSON.stringify({ version: 1, ...DEFAULT_SETTINGS })),
        Buffer.from(JSON.stringify({ version: 0, theme: 'dark', language: 'es', name: 'alice' })),
        Buffer.from('/overlays/crown.png?x=1#y'),
        Buffer.from('/%2e%2e/%2e%2e/etc/passwd'),
        Buffer.from('[2001:db8::1]:8443'),
        Buffer.from('["wss://example.org:8888/kurento"]'),
      ],
      words: [
        ...JSON_WORDS,
        ...words('%2e', '%00', '..', '/', '\\', '%', 'wss://', 'file:///', '::', '"version":'),
      ],
      text: true,
      maxBytes: 16 * 1024,
      begin: () => ({ run }),
    };
  },
};
