/** Spanish: the magic mirror. */
import type { Texts } from '../en';

export const magic: Texts['magic'] = {
  title: 'Espejo mágico',
  lead: 'Elija qué ponerse. El servidor de medios encuentra cada cara de su imagen y la viste mientras usted mira.',
  start: 'Poner en marcha el espejo mágico',
  returned: 'Usted, de gala',
  looking: 'Mire de frente a la cámara: cada persona de la imagen recibe lo suyo.',
  choose: 'Qué ponerse',
  none: 'Nada',
  names: {
    'top-hat': 'Sombrero de copa',
    'party-hat': 'Gorro de fiesta',
    crown: 'Corona',
    'cat-ears': 'Orejas de gato',
    sunglasses: 'Gafas de sol',
  },
  adjust: 'Ajustar',
  adjustOf: (name) => `Ajustar: ${name}`,
  across: 'Izquierda o derecha',
  up: 'Abajo o arriba',
  width: 'Ancho',
  height: 'Alto',
  reset: 'Volver a su sitio',
  unavailable: {
    title: 'Hoy no hay sombreros',
    advice:
      'El servidor de medios en uso no tiene un filtro que encuentre caras. El espejo normal funciona, y el servidor de medios propio de Callcast trae los sombreros.',
    action: 'Abrir el espejo normal',
  },
};
