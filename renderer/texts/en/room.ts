/** English: the room. */
export const room = {
  title: 'Room',
  titleOf: (room: string) => `Room ${room}`,
  lead: 'Agree on a name, open the door, and the other one finds you there. Sound and pictures go straight from one to the other.',
  name: {
    label: 'Room name',
    hint: 'Whoever knows the name can come in, so make it one that nobody guesses.',
    suggest: 'Suggest a name',
    invalid: 'Choose a name of 1 to 64 visible characters.',
    /** Out of three of them, a name is made. */
    words:
      'amber anchor apple april arrow autumn bamboo basil beach birch blossom breeze bridge candle canyon castle cedar cherry cloud clover comet copper coral cricket dawn delta dune eagle echo ember falcon fern forest garden ginger glacier harbor hazel heron honey island ivory jasmine juniper kettle lagoon lantern lemon lilac lotus maple marble meadow mint moss nectar ocean olive opal orchid otter pearl pepper pine',
  },
  enter: 'Enter the room',
  again: 'Enter again',
  joining: 'Opening the door …',
  waiting: {
    title: 'You are the first one here',
    titleAgain: 'The other one has left',
    advice: 'Send the link to one person. The door opens by itself when they come.',
    adviceAgain: 'The room stays open: they can come back, or somebody else can come.',
    invite: 'Invite somebody',
    link: 'Link to this room',
  },
  other: 'The other one',
  otherCameraOff: 'Their camera is off',
  connecting: 'Somebody is here. Connecting …',
  slow: {
    title: 'You do not reach each other yet',
    advice:
      'Both computers should be in the same network. Across networks, STUN and TURN servers help. Callcast keeps trying.',
  },
  interrupted: {
    title: 'The connection is interrupted',
    advice: 'Another way is being looked for; it goes on by itself.',
  },
  offline: {
    title: 'The hub is not reachable',
    advice: 'Callcast goes back into the room as soon as the hub answers.',
  },
  arrived: 'Somebody has come in.',
  left: 'The other one has left.',
  live: 'Connected',
  leave: 'Leave',
  full: {
    title: 'This room is full',
    advice: 'Two people are in there already. Try again when one has left, or choose another name.',
    action: 'Try again',
  },
  chat: {
    title: 'Chat',
    open: 'Chat',
    unread: (count: number) => (count === 1 ? '1 unread message' : `${count} unread messages`),
    empty: 'Nothing written yet',
    emptyAdvice: 'What you write here goes straight to the other one and is kept nowhere.',
    none: 'The other one has no chat at the moment.',
    label: 'Message',
    placeholder: 'Write a message',
    send: 'Send',
    me: 'You',
    them: 'The other one',
    tooLong: (over: number) => `${over} characters too many`,
    failed: 'The message could not be sent. Try again in a moment.',
  },
  servers: {
    title: 'STUN and TURN servers',
    action: 'Meeting across networks',
    advice:
      'In one network nothing is needed. Otherwise name servers here, one per line: “stun:host:port”, or “turn:host:port user password”. They are kept on this computer only.',
    label: 'Servers',
    wrong: (line: number) => `Line ${line} is not a STUN or TURN server.`,
    save: 'Save',
    count: (count: number) => (count === 0 ? 'None' : String(count)),
  },
};
