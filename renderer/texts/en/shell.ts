/** English: what the frame around every screen says of a call, of leaving and beginning, and of being reachable. */
export const shell = {
  call: {
    region: 'Your call',
    back: 'Back to the call',
    interrupted: 'Connection interrupted',
  },
  ring: {
    ends: {
      mirror: 'Answering switches the mirror off.',
      magic: 'Answering switches the magic mirror off.',
      present: 'You are on air. Answering ends your broadcast.',
      room: 'You are in a room. Answering takes you out of it.',
    },
    endAndAnswer: 'End and answer',
    notYet: 'Not yet',
  },
  leaving: {
    mirror: {
      title: 'Leave the mirror?',
      advice: 'It stops when you leave this screen.',
      leave: 'Leave and stop',
    },
    magic: {
      title: 'Leave the magic mirror?',
      advice: 'It stops when you leave this screen.',
      leave: 'Leave and stop',
    },
    present: {
      title: 'End the broadcast?',
      advice: 'You are on air. It ends for everybody who watches when you leave this screen.',
      leave: 'Leave and end it',
    },
    room: {
      title: 'Leave the room?',
      advice: 'The conversation ends when you leave this screen.',
      leave: 'Leave the room',
    },
    stay: 'Stay',
  },
  beginning: {
    title: 'End your call first?',
    advice: {
      mirror: (peer: string) => `You are in a call with ${peer}. It ends when the mirror starts.`,
      magic: (peer: string) => `You are in a call with ${peer}. It ends when the magic mirror starts.`,
      present: (peer: string) => `You are in a call with ${peer}. It ends when you go on air.`,
      room: (peer: string) => `You are in a call with ${peer}. It ends when you enter the room.`,
    },
    instead: {
      mirror: 'End the call and start',
      magic: 'End the call and start',
      present: 'End the call and go on air',
      room: 'End the call and enter',
    },
    keep: 'Stay in the call',
  },
  presence: {
    label: 'Calls',
    states: {
      available: 'Available for calls',
      silent: 'Do not disturb',
      connecting: 'Connecting',
      taken: 'Name in use',
      off: 'Not available for calls',
      busy: 'In a call',
    },
    as: (name: string) => `Others call you ${name}.`,
    takenAdvice: 'Somebody else, or another window of yours, goes by this name. Choose another one.',
    available: 'Available for calls',
    availableHint: 'Calls ring on every screen, as long as Callcast is open.',
    silent: 'Do not disturb',
    silentHint: 'Calls neither ring nor pop up. Callers hear that you do not answer.',
    people: 'Who is here',
  },
};
