/** What the arguments of each request must look like; a request without a guard does not compile. */
import * as v from 'valibot';
import type { IpcRequests } from '../protocol/ipc';
import { hubUrlSchema, mediaServerUriSchema, readPatch, type Settings } from '../protocol/settings';

const nothing = v.strictTuple([]);

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
} satisfies { [K in keyof IpcRequests]: v.GenericSchema<unknown, IpcRequests[K]['args']> };
