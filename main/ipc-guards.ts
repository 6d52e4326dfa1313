/** What the arguments of each request must look like; a request without a guard does not compile. */
import * as v from 'valibot';
import { screenChoiceSchema, sessionStateSchema } from '../protocol/desktop';
import type { IpcRequests } from '../protocol/ipc';
import { MAX_NAME_LENGTH, MAX_RECORDING_CHUNK } from '../protocol/limits';
import { hubUrlSchema, mediaServerUriSchema, readPatch, type Settings } from '../protocol/settings';

const nothing = v.strictTuple([]);
const id = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

export const ipcGuards = {
  'app:info': nothing,
  'hub:get': nothing,
  'hub:share': v.strictTuple([v.boolean()]),
  'window:theme': v.strictTuple([v.picklist(['system', 'light', 'dark'])]),
  'settings:get': nothing,
  'settings:notices': nothing,
  // Known fields with good values, and nothing else.
  'settings:change': v.strictTuple([v.custom<Partial<Settings>>((raw) => readPatch(raw) !== null)]),
  'settings:testMediaServer': v.strictTuple([v.union([v.literal(''), mediaServerUriSchema])]),
  'settings:hubCertificate': v.strictTuple([hubUrlSchema]),
  'settings:chooseFile': v.strictTuple([v.picklist(['certificate', 'key'])]),
  'log:show': nothing,
  'session:state': v.strictTuple([sessionStateSchema]),
  'link:take': nothing,
  'screen:answer': v.strictTuple([id, screenChoiceSchema]),
  'recording:start': v.strictTuple([v.pipe(v.string(), v.maxLength(MAX_NAME_LENGTH * 2))]),
  'recording:append': v.strictTuple([
    id,
    v.custom<Uint8Array>((raw) => raw instanceof Uint8Array && raw.byteLength <= MAX_RECORDING_CHUNK),
  ]),
  'recording:finish': v.strictTuple([id]),
  'recording:show': v.strictTuple([id]),
  'updates:get': nothing,
  'updates:install': nothing,
} satisfies { [K in keyof IpcRequests]: v.GenericSchema<unknown, IpcRequests[K]['args']> };
