/** English: what concerns the desktop around the page: links, screens to share, recordings. */
import type { LinkTarget, RecordingFailure } from '../../../protocol/desktop';

export const desktop = {
  link: {
    title: 'Open this link?',
    to: {
      call: (name: string) => `It leads to the call screen, ready to call ${name}.`,
      watch: (channel: string) => `It leads to the broadcast ${channel}.`,
      room: (room: string) => `It leads to the room ${room}.`,
    } satisfies Record<LinkTarget['mode'], (name: string) => string>,
    mainChannel: 'It leads to the broadcast of the main channel.',
    otherHub: (host: string) => `It is meant for another hub: ${host}.`,
    otherHubMeans:
      'Nothing has been sent there yet. If you go there, Callcast uses that hub for everything, until you choose another one in the settings.',
    lookAtHub: 'Look at this hub',
    useHub: 'Use this hub',
    trustHub: 'Trust and use this hub',
    endsSession: 'What runs now ends with it.',
    open: 'Open',
    cancel: 'Not now',
  },
  screens: {
    title: 'What do you want to share?',
    screens: 'Screens',
    windows: 'Windows',
    sound: 'With the sound of the computer',
    share: 'Share',
    cancel: 'Cancel',
  },
  updates: {
    ready: (version: string) => `Callcast ${version} is here. It is put in place when you quit.`,
    restart: 'Restart now',
    later: 'Later',
    busy: 'First end what runs now. The new version is put in place when you quit.',
  },
  recording: {
    record: 'Record',
    stop: 'Stop recording',
    megabytes: (size: string) => `${size}\u00A0MB`,
    saved: (name: string) => `Recorded: ${name}`,
    show: 'Show in folder',
    kept: (name: string) => `What was recorded until then is in ${name}.`,
    failures: {
      'disk-full': 'The disk is full. Make room, then record again.',
      'not-writable': 'The recording cannot be written. Check the folder Videos/Callcast.',
      'too-many': 'Too many recordings run at once. Stop one of them first.',
      gone: 'The file of the recording is gone. Record again.',
      'too-long': 'The recording is too long for this browser. Use the app for longer ones.',
      'too-slow': 'The disk is too slow to record now. Close what else is writing, then record again.',
      unsupported: 'This browser cannot record WebM files. Use the app, or another browser.',
    } satisfies Record<RecordingFailure | 'too-long' | 'too-slow' | 'unsupported', string>,
  },
};
