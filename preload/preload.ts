/**
 * The only code that touches both the page and Electron: exposes `window.callcast`, which can invoke the requests and hear
 * the events of protocol/ipc.ts, and nothing else. Sandboxed, so it is one file that requires only `electron`.
 */
import { contextBridge, ipcRenderer } from 'electron';
import { EVENT_CHANNELS, REQUEST_CHANNELS, type Bridge } from '../protocol/ipc';

const bridge: Bridge = {
  invoke(channel, ...args) {
    if (!REQUEST_CHANNELS.has(channel)) return Promise.reject(new TypeError('not a request'));
    // The main process answers this channel with a Result of this type: its handlers derive from the same map.
    return ipcRenderer.invoke(channel, ...args);
  },
  on(channel, listener) {
    if (!EVENT_CHANNELS.has(channel)) throw new TypeError('not an event');
    // Electron's own event object stays here: it would hand the page the sender.
    const forward = (_event: unknown, payload: Parameters<typeof listener>[0]) => {
      listener(payload);
    };
    ipcRenderer.on(channel, forward);
    return () => {
      ipcRenderer.off(channel, forward);
    };
  },
};

contextBridge.exposeInMainWorld('callcast', Object.freeze(bridge));
