/** English: the magic mirror. */
export const magic = {
  title: 'Magic mirror',
  lead: 'Pick something to wear. The media server finds every face in your picture and dresses it up while you watch.',
  start: 'Start the magic mirror',
  returned: 'You, dressed up',
  looking: 'Look straight into the camera: whoever is in the picture gets one.',
  choose: 'What to wear',
  none: 'Nothing',
  names: {
    'top-hat': 'Top hat',
    'party-hat': 'Party hat',
    crown: 'Crown',
    'cat-ears': 'Cat ears',
    sunglasses: 'Sunglasses',
  },
  adjust: 'Adjust',
  adjustOf: (name: string) => `Adjust: ${name}`,
  across: 'Left or right',
  up: 'Down or up',
  width: 'Width',
  height: 'Height',
  reset: 'Put it back',
  unavailable: {
    title: 'No hats here today',
    advice:
      'The media server in use has no filter that finds faces. The plain mirror works, and Callcast’s own media server brings the hats along.',
    action: 'Open the plain mirror',
  },
};
