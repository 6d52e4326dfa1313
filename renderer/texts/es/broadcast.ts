/** Spanish: the broadcast's screens. */
import type { Texts } from '../en';

export const broadcast: Texts['broadcast'] = {
  title: 'Emisión',
  lead: 'Salga al aire con su cámara o su pantalla, o mire a quien ya lo esté.',
  present: {
    heading: 'Presentar',
    lead: 'Su imagen sube una sola vez; el servidor de medios la reparte a todos los que miran.',
    action: 'Preparar una emisión',
  },
  onAir: {
    heading: 'Ahora en el aire',
    loading: 'Buscando quién está en el aire…',
    none: 'No hay nadie en el aire',
    noneAdvice: 'Puede mirar de todos modos: la imagen aparece sola cuando alguien empiece.',
    watch: 'Mirar',
    watchAnyway: 'Esperar al canal principal',
    viewers: (count) =>
      count === 0 ? 'Aún no mira nadie' : count === 1 ? '1 espectador' : `${count} espectadores`,
    byName: 'Mirar un canal por su nombre',
    byNameHint: 'Empieza solo cuando ese canal salga al aire.',
  },
  mainChannel: 'Canal principal',
  channel: {
    label: 'Nombre del canal',
    hint: 'Opcional. Déjelo vacío para el canal principal.',
    invalid: 'Use hasta 64 caracteres visibles.',
  },
  key: {
    label: 'Clave de presentación',
    hint: 'En este hub solo presenta quien conoce su clave. Su dueño puede decírsela.',
    missing: 'Aquí hace falta la clave.',
  },
  source: {
    label: 'Qué muestra',
    camera: 'Cámara',
    screen: 'Pantalla o ventana',
    changeScreen: 'Mostrar otra pantalla',
  },
  setup: {
    title: 'Salir al aire',
    lead: 'Compruebe su imagen y su sonido. Nadie le ve antes de que pulse el botón.',
    start: 'Salir al aire',
    again: 'Salir al aire otra vez',
  },
  live: {
    title: (channel) => `En el aire: ${channel}`,
    onAir: 'En el aire',
    starting: 'Saliendo al aire…',
    you: 'Lo que ven sus espectadores',
    viewers: (count) => (count === 1 ? '1 espectador' : `${count} espectadores`),
    viewersUnknown: 'Contando espectadores…',
    share: 'Invitar',
    stop: 'Terminar la emisión',
    stopShort: 'Terminar',
    soundOnly: 'Solo sonido',
    interrupted: 'Su emisión está interrumpida',
    stayedOn: 'Su cámara sigue encendida; la emisión continúa sola.',
    stayedOnScreen: 'Su pantalla sigue compartida; la emisión continúa sola.',
    waitingForHub: 'Esperando al hub…',
    waitingForMedia: 'Esperando al servidor de medios…',
    outgoing: 'Saliente',
  },
  ended: {
    title: 'La emisión ha terminado',
    lasted: (duration) => `Estuvo en el aire ${duration}.`,
  },
  watch: {
    title: (channel) => `Mirando: ${channel}`,
    connecting: 'Trayendo la imagen…',
    connectingLong: 'La imagen tarda más de lo normal…',
    waiting: 'Todavía no presenta nadie',
    waitingAdvice: 'Quédese aquí: la imagen aparece sola cuando alguien salga al aire.',
    over: 'La emisión ha terminado',
    overAdvice: 'Si alguien vuelve a salir al aire, la imagen aparece sola.',
    interrupted: 'La imagen está interrumpida',
    recovering: 'Recuperando la imagen…',
    soundOnly: 'Esta emisión solo tiene sonido',
    live: 'En directo',
    volume: 'Volumen',
    silence: 'Quitar el sonido',
    sound: 'Poner el sonido',
    fullScreen: 'Pantalla completa',
    leaveFullScreen: 'Salir de pantalla completa',
    leave: 'Salir',
    again: 'Volver a intentarlo',
    others: 'Todas las emisiones',
    otherChannels: 'También en el aire',
  },
};

export const invite: Texts['invite'] = {
  title: 'Invitar a mirar',
  link: 'Enlace para espectadores',
  links: 'Direcciones de este equipo',
  linksHint: 'La primera suele funcionar. Si no se abre, pruebe la siguiente.',
  explain: 'Se abre en cualquier navegador de la misma red; no hay que instalar nada.',
  certificate:
    'La primera vez, el navegador avisa del certificado propio de este equipo. Elija «Avanzado» y continúe.',
  qr: 'Código QR del enlace',
  scan: 'Apunte con la cámara de un teléfono.',
  off: 'Por ahora solo puede mirar este equipo',
  offAdvice: 'Comparta el hub y otros podrán abrirlo desde su red.',
  on: 'Compartido en su red',
  start: 'Compartir en esta red',
  stop: 'Dejar de compartir',
  none: 'Este equipo no está en ninguna red ahora mismo',
  noneAdvice: 'Conéctese a una; la dirección aparece aquí sola.',
  localPage: 'Esta dirección solo sirve en este equipo',
  localPageAdvice:
    'Arranque el hub con --as_uri=https://0.0.0.0:8443/ para que otros puedan entrar, y abra esta página por la dirección que indica.',
  failed: 'No se pudo compartir el hub',
};

export const screen: Texts['screen'] = {
  share: 'Compartir pantalla',
  stop: 'Dejar de compartir',
  sharing: 'Está compartiendo su pantalla',
  sharingWithSound: 'Está compartiendo su pantalla y su sonido',
  pickTitle: '¿Qué quiere mostrar?',
  pickScreens: 'Pantallas',
  pickWindows: 'Ventanas',
  pickNone: 'Ahora mismo no hay nada que compartir.',
  failures: {
    unsupported: {
      title: 'Este navegador no puede compartir una pantalla',
      advice: 'Un Chrome, Edge, Firefox o Safari actual en un ordenador sí puede.',
    },
    'denied-by-system': {
      title: 'El sistema no permite compartir la pantalla',
      advice: 'Permita grabar la pantalla en los ajustes de privacidad de su equipo y vuelva a intentarlo.',
    },
    unknown: {
      title: 'No se pudo compartir la pantalla',
      advice: 'Vuelva a intentarlo o elija otra ventana.',
    },
  },
};
