/** English: diagnosis. What went wrong with devices, media or servers has its words elsewhere. */
export const diagnosis = {
  title: 'Diagnosis',
  lead: 'Checks everything that a call needs, from the camera to the network. Takes a few seconds; camera and microphone are on meanwhile.',
  run: 'Run the checks',
  again: 'Run them again',
  running: 'Checking …',
  allGood: 'Everything works',
  allGoodAdvice: 'If something is wrong all the same, send the report to whoever helps you.',
  someBad: 'Something is in the way',
  someBadAdvice: 'The checks marked below say what to do. Start with the first one.',
  copy: 'Copy the report',
  report: 'Report',
  reportHint: 'No names, no addresses, no passwords are in it: this is all of it.',
  status: { good: 'Good', note: 'Note', bad: 'Problem', waiting: 'Waiting', running: 'Checking' },
  checks: {
    camera: 'Camera',
    microphone: 'Microphone',
    permissions: 'Permissions',
    hub: 'Hub',
    'media-server': 'Media server',
    udp: 'Sound and pictures (UDP)',
    servers: 'STUN and TURN servers',
  },
  camera: (width: string, height: string) => `It works, with ${width} × ${height} pixels.`,
  works: 'It works.',
  permissions: {
    granted: 'Camera and microphone are allowed.',
    prompt: 'You are asked when a camera or a microphone is needed.',
    denied:
      'Camera or microphone is not allowed. Allow it in the site settings or in the privacy settings of your computer.',
    unknown: 'This browser does not tell. If you are asked, allow it.',
  },
  hub: { ok: 'Connected.' },
  mediaServer: {
    ok: 'It answers.',
    measured: (version: string, milliseconds: string) =>
      `It answers: version ${version}, ${milliseconds} ms.`,
    unasked: 'Only the hub knows it: see to the hub first.',
    connecting: 'It is not ready yet. Give it a moment, then check again.',
  },
  udp: {
    ok: 'A picture went to the media server and came back.',
    measured: (milliseconds: string) =>
      `A picture went to the media server and came back, in ${milliseconds} ms.`,
    unasked: 'Nothing to send to: see to hub and media server first.',
  },
  servers: {
    none: 'There are none. In one network, and with a media server that can be reached, none are needed.',
  },
};
