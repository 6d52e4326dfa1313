/**
 * Every text of the UI, in English. `Texts` is its type: another language without one of them does not compile.
 * A failure says what happened and what to do; a button says what it does.
 */
import type { ErrorCode } from '../../protocol/errors';
import type { DeviceFailure } from '../media/device-failure';
import { broadcast, invite, screen } from './en/broadcast';
import { call } from './en/call';
import { desktop } from './en/desktop';
import { diagnosis } from './en/diagnosis';
import { magic } from './en/magic';
import { room } from './en/room';
import { settings } from './en/settings';
import { shell } from './en/shell';

/** `title` names what happened, `advice` says what to do about it. */
export interface FailureText {
  readonly title: string;
  readonly advice: string;
}

export const en = {
  app: {
    name: 'Callcast',
    home: ', home',
    back: ', back to all modes',
    skip: 'Skip to content',
    theme: { label: 'Theme', system: 'Automatic', light: 'Light', dark: 'Dark' },
    language: { label: 'Language', system: 'Automatic' },
    notFound: {
      title: 'There is nothing here',
      advice: 'The link may have been cut short. All modes are on the home screen.',
      action: 'Go to the home screen',
    },
    crashed: {
      title: 'This screen stopped working',
      advice: 'Camera and microphone are off. Starting over usually helps.',
      action: 'Start over',
    },
    dismiss: 'Dismiss',
    close: 'Close',
    retry: 'Try now',
    copy: 'Copy',
    copied: 'Copied',
    copyFailed: 'Copying is not allowed here. Select the text and copy it by hand.',
    onItsWay: 'On its way',
  },
  status: {
    label: 'Connection state',
    starting: 'Starting',
    connecting: 'Connecting',
    ready: 'Ready',
    unreachable: 'Hub not reachable',
    failed: 'Hub did not start',
    mediaConnecting: 'Media server is starting',
    mediaUnavailable: 'No media server',
    hub: 'Hub',
    mediaServer: 'Media server',
    hubReady: 'Connected',
    hubLost: 'Not reachable; trying again',
    mediaReady: 'Ready',
    mediaStarting: 'Connecting',
    mediaLost: 'Not reachable; trying again',
    unreachableAdvice:
      'Check that the computer that runs the hub is on and in the same network. Callcast keeps trying.',
    mediaAdvice:
      'Calls and broadcasts need it; rooms do not. If you named a Kurento Media Server yourself, check that it runs and that its address is right. Callcast keeps trying.',
    mediaTroubles: {
      'udp-ports-taken': {
        short: 'The UDP ports are taken',
        advice:
          'Another program, perhaps a second Callcast, uses the UDP ports of the media server. End it, or choose other ports in Settings, Media server. Callcast keeps trying.',
      },
    },
    readyAdvice: 'Everything that carries sound and pictures is up.',
  },
  home: {
    title: 'Face to face, or on air.',
    lead: 'Pick a mode. Your camera waits for your word, and nothing leaves this network unless you share it.',
    modes: 'Modes',
  },
  modes: {
    mirror: {
      name: 'Mirror',
      summary: 'See yourself as others will',
      detail:
        'Your picture travels to the media server and back: a rehearsal with everything but the audience.',
    },
    magic: {
      name: 'Magic mirror',
      summary: 'A hat for every face',
      detail: 'The media server finds the faces in your picture and dresses them up while you watch.',
    },
    broadcast: {
      name: 'Broadcast',
      summary: 'One on air, everyone watching',
      detail: 'Present your camera or your screen, and share a link that opens in any browser.',
    },
    call: {
      name: 'Call',
      summary: 'Ring somebody by name',
      detail: 'Choose a name, see who is around, and talk. Ringing, declining and hanging up included.',
    },
    room: {
      name: 'Room',
      summary: 'Two people, one door',
      detail: 'Agree on a room name and meet there. Sound and pictures go straight from one to the other.',
    },
  },
  devices: {
    heading: 'Camera and sound',
    camera: 'Camera',
    microphone: 'Microphone',
    speaker: 'Speaker',
    systemChoice: 'System default',
    none: 'None found',
    unnamed: (kind: string, index: number) => `${kind} ${index}`,
    level: 'Microphone level',
    preview: 'Camera preview',
    starting: 'Opening the camera … If you are asked, allow it.',
    cameraIsOff: 'Camera is off',
    turnCameraOn: 'Turn the camera on',
    turnCameraOff: 'Turn the camera off',
    mute: 'Mute the microphone',
    unmute: 'Unmute the microphone',
    tryAgain: 'Try again',
    speakerFixed: 'This browser plays on the system’s speaker.',
    testSound: 'Play a test sound',
    microphoneOnly: 'You can go on with the microphone only.',
    cameraOnly: 'You can go on with the camera only.',
    neither: 'A camera or a microphone is needed to start.',
    changes: {
      camera: {
        lost: 'The camera was disconnected. You go on without a picture.',
        replaced: 'The camera was disconnected. Another one has stepped in.',
        returned: 'Your camera is back.',
      },
      microphone: {
        lost: 'The microphone was disconnected. Nobody hears you now.',
        replaced: 'The microphone was disconnected. Another one has stepped in.',
        returned: 'Your microphone is back.',
      },
      speaker: {
        replaced: 'The speaker was disconnected. The system’s choice plays.',
        returned: 'Your speaker is back.',
      },
      ringDevice: {
        replaced: 'The ring device was disconnected. Calls ring on the speaker.',
        returned: 'Calls ring on your ring device again.',
      },
    },
    cameraFailures: {
      none: { title: 'No camera found', advice: 'Connect one; it is picked up by itself.' },
      denied: {
        title: 'The camera is not allowed here',
        advice: 'Allow it in the site settings beside the address, then try again.',
      },
      'denied-by-system': {
        title: 'The system keeps the camera locked',
        advice: 'Allow it in the privacy settings of your computer, then try again.',
      },
      dismissed: { title: 'The camera was not allowed yet', advice: 'Try again and choose “Allow”.' },
      busy: {
        title: 'Another program is using the camera',
        advice: 'Close the program that shows your picture, then try again.',
      },
      unplugged: { title: 'The camera was disconnected', advice: 'Plug it in again, or choose another one.' },
      insecure: {
        title: 'Cameras work on secure pages only',
        advice: 'Open this page with an address that begins with https.',
      },
      unsupported: {
        title: 'This browser cannot use a camera',
        advice: 'A current Chrome, Edge, Firefox or Safari can.',
      },
      unknown: {
        title: 'The camera did not open',
        advice: 'Disconnect and reconnect it, or choose another one, then try again.',
      },
    } satisfies Record<DeviceFailure, FailureText>,
    microphoneFailures: {
      none: { title: 'No microphone found', advice: 'Connect one; it is picked up by itself.' },
      denied: {
        title: 'The microphone is not allowed here',
        advice: 'Allow it in the site settings beside the address, then try again.',
      },
      'denied-by-system': {
        title: 'The system keeps the microphone locked',
        advice: 'Allow it in the privacy settings of your computer, then try again.',
      },
      dismissed: { title: 'The microphone was not allowed yet', advice: 'Try again and choose “Allow”.' },
      busy: {
        title: 'Another program is using the microphone',
        advice: 'Close the program that listens, then try again.',
      },
      unplugged: {
        title: 'The microphone was disconnected',
        advice: 'Plug it in again, or choose another one.',
      },
      insecure: {
        title: 'Microphones work on secure pages only',
        advice: 'Open this page with an address that begins with https.',
      },
      unsupported: {
        title: 'This browser cannot use a microphone',
        advice: 'A current Chrome, Edge, Firefox or Safari can.',
      },
      unknown: {
        title: 'The microphone did not open',
        advice: 'Disconnect and reconnect it, or choose another one, then try again.',
      },
    } satisfies Record<DeviceFailure, FailureText>,
  },
  media: {
    you: 'You',
    muted: 'Muted',
    cameraOff: 'Camera off',
    controls: 'Controls',
    mute: 'Mute',
    unmute: 'Unmute',
    cameraTurnOff: 'Camera off',
    cameraTurnOn: 'Camera on',
    connection: 'Connection',
    devices: 'Devices',
    fullScreen: 'Full screen',
    pictureInPicture: 'Picture in picture',
    playBlocked: 'Click to play the sound',
  },
  connection: {
    heading: 'Connection',
    measuring: 'Measuring …',
    roundTrip: 'Round trip',
    outgoing: 'Outgoing',
    incoming: 'Incoming',
    bitrate: 'Bitrate',
    resolution: 'Resolution',
    frameRate: 'Frame rate',
    codec: 'Codec',
    loss: 'Packet loss',
    path: 'Path',
    freezes: 'Freezes',
    unknown: '–',
    fps: (value: string) => `${value} fps`,
    milliseconds: (value: string) => `${value} ms`,
    megabits: (value: string) => `${value} Mbit/s`,
    kilobits: (value: string) => `${value} kbit/s`,
    candidate: {
      host: 'direct',
      srflx: 'through a router',
      prflx: 'through a router',
      relay: 'relayed',
    },
    pathOf: (local: string, remote: string, protocol: string) =>
      local === remote ? `${local}, ${protocol}` : `${local} to ${remote}, ${protocol}`,
    quality: {
      good: 'Good connection',
      fair: 'Fair connection',
      poor: 'Poor connection',
      unknown: 'Measuring',
    },
  },
  mirror: {
    title: 'Mirror',
    lead: 'Check how you look and sound. Then send your picture to the media server and watch it come back.',
    start: 'Start the mirror',
    stop: 'Stop',
    local: 'You, here',
    returned: 'You, as it comes back',
    connecting: 'Sending your picture …',
    recovering: 'Bringing your picture back …',
    live: 'Live',
    waitingForHub: 'Waiting for the hub …',
    waitingForMedia: 'Waiting for the media server …',
    soundOnly: 'Sound only',
    headphones: 'Your voice comes back as well. Wear headphones, or lower the volume, to avoid an echo.',
    hearYourself: 'Hear yourself',
    stayedOn: 'Your camera stays on meanwhile.',
    again: 'Start again',
    adjust: 'Back to the preview',
  },
  broadcast,
  invite,
  screen,
  call,
  desktop,
  magic,
  room,
  settings,
  shell,
  diagnosis,
  errors: {
    'bad-message': {
      title: 'The hub did not understand this app',
      advice: 'Update Callcast on both sides, then try again.',
    },
    'unknown-message': {
      title: 'The hub does not know this request',
      advice: 'Update Callcast on both sides, then try again.',
    },
    'too-large': { title: 'What was sent is too long', advice: 'Shorten it and try again.' },
    'too-many-messages': { title: 'Too much at once', advice: 'Wait a moment, then try again.' },
    'too-many-candidates': {
      title: 'This computer has too many network paths',
      advice: 'Turn off network connections that you do not need, such as unused VPNs, then try again.',
    },
    'too-many-connections': { title: 'The hub is full', advice: 'Try again when somebody has left.' },
    'wrong-state': { title: 'That is not possible at the moment', advice: 'Try again in a moment.' },
    'forbidden-origin': {
      title: 'The hub does not accept this page',
      advice: 'Open the address that the hub itself shows.',
    },
    'presenter-busy': {
      title: 'Somebody else is presenting on this channel',
      advice: 'Wait until they finish, or choose another channel.',
    },
    'no-presenter': {
      title: 'Nobody is presenting yet',
      advice: 'The picture appears by itself when somebody does.',
    },
    'presenter-key-wrong': { title: 'The presenter key is not right', advice: 'Check it and try again.' },
    'too-many-guesses': {
      title: 'Too many wrong keys',
      advice: 'Wait a minute, and type the key as its owner wrote it.',
    },
    'name-invalid': { title: 'This name cannot be used', advice: 'Choose one of 1 to 64 characters.' },
    'name-taken': { title: 'Somebody has this name already', advice: 'Choose another one.' },
    'not-registered': { title: 'You have no name yet', advice: 'Choose a name first.' },
    'unknown-user': {
      title: 'Nobody here has this name',
      advice: 'Check the spelling, or pick somebody from the list.',
    },
    'self-call': { title: 'That is your own name', advice: 'Call somebody else.' },
    'user-busy': { title: 'In another call', advice: 'Try again later.' },
    'call-declined': { title: 'The call was declined', advice: 'Try again later.' },
    'call-unanswered': { title: 'No answer', advice: 'Try again later.' },
    'room-full': { title: 'Two people are in this room already', advice: 'Choose another room name.' },
    'peer-lost': { title: 'The other side lost its connection', advice: 'Call again when they are back.' },
    'filter-unavailable': {
      title: 'This media server has no hats',
      advice: 'Use the built-in media server, or a Kurento Media Server with the face overlay filter.',
    },
    'sdp-rejected': {
      title: 'The media server cannot work with this browser’s offer',
      advice: 'Try a current Chrome, Edge, Firefox or Safari.',
    },
    'media-server-unavailable': {
      title: 'The media server is not reachable',
      advice:
        'Callcast keeps trying and goes on by itself. If it takes long, check that the media server runs.',
    },
    'media-server-timeout': {
      title: 'The media server takes too long',
      advice: 'Callcast tries again by itself. If it happens often, the computer may be overloaded.',
    },
    'media-failed': {
      title: 'Sound and pictures do not get through',
      advice: 'A firewall may block UDP between this computer and the media server.',
    },
    'hub-unreachable': {
      title: 'The hub is not reachable',
      advice: 'Callcast keeps trying and goes on by itself.',
    },
    'shutting-down': { title: 'The hub is closing', advice: 'Start it again to go on.' },
    internal: {
      title: 'Something went wrong inside',
      advice: 'Try again. If it stays, the log names the cause.',
    },
  } satisfies Record<ErrorCode, FailureText>,
  reference: (ref: string) => `Reference ${ref}`,
};

/** The shape of all texts; literals widen to `string`, functions keep their parameters. */
export type Texts = typeof en;
