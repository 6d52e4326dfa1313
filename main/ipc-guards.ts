/** What the arguments of each request must look like; a request without a guard does not compile. */
import * as v from 'valibot';
import type { IpcRequests } from '../protocol/ipc';

const nothing = v.strictTuple([]);

export const ipcGuards = {
  'app:info': nothing,
  'hub:get': nothing,
  'window:theme': v.strictTuple([v.picklist(['system', 'light', 'dark'])]),
} satisfies { [K in keyof IpcRequests]: v.GenericSchema<unknown, IpcRequests[K]['args']> };
