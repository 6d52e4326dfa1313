/** Every text of the UI, in Spanish. */
import type { Texts } from './en';
import { broadcast, invite, screen } from './es/broadcast';
import { call } from './es/call';
import { desktop } from './es/desktop';
import { diagnosis } from './es/diagnosis';
import { magic } from './es/magic';
import { room } from './es/room';
import { settings } from './es/settings';
import { shell } from './es/shell';

export const es: Texts = {
  app: {
    name: 'Callcast',
    home: ', inicio',
    back: ', volver a todos los modos',
    skip: 'Ir al contenido',
    theme: { label: 'Tema', system: 'Automático', light: 'Claro', dark: 'Oscuro' },
    language: { label: 'Idioma', system: 'Automático' },
    notFound: {
      title: 'Aquí no hay nada',
      advice: 'Puede que el enlace esté incompleto. Todos los modos están en la pantalla de inicio.',
      action: 'Ir a la pantalla de inicio',
    },
    crashed: {
      title: 'Esta pantalla dejó de funcionar',
      advice: 'La cámara y el micrófono están apagados. Suele bastar con empezar de nuevo.',
      action: 'Empezar de nuevo',
    },
    dismiss: 'Descartar',
    close: 'Cerrar',
    retry: 'Probar ahora',
    copy: 'Copiar',
    copied: 'Copiado',
    copyFailed: 'Aquí no se permite copiar. Seleccione el texto y cópielo a mano.',
    onItsWay: 'En camino',
  },
  status: {
    label: 'Estado de la conexión',
    starting: 'Iniciando',
    connecting: 'Conectando',
    ready: 'Listo',
    unreachable: 'No se alcanza el hub',
    failed: 'El hub no arrancó',
    mediaConnecting: 'El servidor de medios está arrancando',
    mediaUnavailable: 'Sin servidor de medios',
    hub: 'Hub',
    mediaServer: 'Servidor de medios',
    hubReady: 'Conectado',
    hubLost: 'No se alcanza; se vuelve a intentar',
    mediaReady: 'Listo',
    mediaStarting: 'Conectando',
    mediaLost: 'No se alcanza; se vuelve a intentar',
    unreachableAdvice:
      'Compruebe que el equipo que ejecuta el hub está encendido y en la misma red. Callcast sigue intentándolo.',
    mediaAdvice:
      'Lo necesitan las llamadas y las emisiones; las salas, no. Si usted indicó un Kurento Media Server, compruebe que está en marcha y que su dirección es correcta. Callcast sigue intentándolo.',
    mediaTroubles: {
      'udp-ports-taken': {
        short: 'Los puertos UDP están ocupados',
        advice:
          'Otro programa, quizá un segundo Callcast, usa los puertos UDP del servidor de medios. Ciérrelo, o elija otros puertos en Ajustes, Servidor de medios. Callcast sigue intentándolo.',
      },
    },
    readyAdvice: 'Todo lo que lleva sonido e imagen está en marcha.',
  },
  home: {
    title: 'Cara a cara, o en el aire.',
    lead: 'Elija un modo. La cámara espera su permiso, y nada sale de esta red si usted no lo comparte.',
    modes: 'Modos',
  },
  modes: {
    mirror: {
      name: 'Espejo',
      summary: 'Véase como le verán',
      detail: 'Su imagen viaja al servidor de medios y vuelve: un ensayo con todo menos el público.',
    },
    magic: {
      name: 'Espejo mágico',
      summary: 'Un sombrero para cada cara',
      detail: 'El servidor de medios encuentra las caras de su imagen y las viste mientras usted mira.',
    },
    broadcast: {
      name: 'Emisión',
      summary: 'Uno en el aire, todos mirando',
      detail: 'Presente su cámara o su pantalla y comparta un enlace que se abre en cualquier navegador.',
    },
    call: {
      name: 'Llamada',
      summary: 'Llame a alguien por su nombre',
      detail: 'Elija un nombre, vea quién está y hable. Con timbre, rechazo y despedida.',
    },
    room: {
      name: 'Sala',
      summary: 'Dos personas, una puerta',
      detail:
        'Acuerden el nombre de una sala y encuéntrense allí. Sonido e imagen van directamente de uno a otro.',
    },
  },
  devices: {
    heading: 'Cámara y sonido',
    camera: 'Cámara',
    microphone: 'Micrófono',
    speaker: 'Altavoz',
    systemChoice: 'El del sistema',
    none: 'Ninguno encontrado',
    unnamed: (kind, index) => `${kind} ${index}`,
    level: 'Nivel del micrófono',
    preview: 'Vista previa de la cámara',
    starting: 'Abriendo la cámara… Si se le pregunta, permítalo.',
    cameraIsOff: 'La cámara está apagada',
    turnCameraOn: 'Encender la cámara',
    turnCameraOff: 'Apagar la cámara',
    mute: 'Silenciar el micrófono',
    unmute: 'Activar el micrófono',
    tryAgain: 'Volver a intentarlo',
    speakerFixed: 'Este navegador suena por el altavoz del sistema.',
    testSound: 'Reproducir un sonido de prueba',
    microphoneOnly: 'Puede seguir solo con el micrófono.',
    cameraOnly: 'Puede seguir solo con la cámara.',
    neither: 'Hace falta una cámara o un micrófono para empezar.',
    changes: {
      camera: {
        lost: 'La cámara se desconectó. Usted sigue sin imagen.',
        replaced: 'La cámara se desconectó. Otra ocupa su lugar.',
        returned: 'Su cámara ha vuelto.',
      },
      microphone: {
        lost: 'El micrófono se desconectó. Ahora no le oye nadie.',
        replaced: 'El micrófono se desconectó. Otro ocupa su lugar.',
        returned: 'Su micrófono ha vuelto.',
      },
      speaker: {
        replaced: 'El altavoz se desconectó. Suena el que elige el sistema.',
        returned: 'Su altavoz ha vuelto.',
      },
      ringDevice: {
        replaced: 'El dispositivo de timbre se desconectó. Las llamadas suenan en el altavoz.',
        returned: 'Las llamadas vuelven a sonar en su dispositivo de timbre.',
      },
    },
    cameraFailures: {
      none: { title: 'No se encontró ninguna cámara', advice: 'Conecte una; se detecta sola.' },
      denied: {
        title: 'Aquí no se permite la cámara',
        advice: 'Permítala en los ajustes del sitio, junto a la dirección, y vuelva a intentarlo.',
      },
      'denied-by-system': {
        title: 'El sistema tiene bloqueada la cámara',
        advice: 'Permítala en los ajustes de privacidad de su equipo y vuelva a intentarlo.',
      },
      dismissed: {
        title: 'La cámara aún no tiene permiso',
        advice: 'Vuelva a intentarlo y elija «Permitir».',
      },
      busy: {
        title: 'Otro programa está usando la cámara',
        advice: 'Cierre el programa que muestra su imagen y vuelva a intentarlo.',
      },
      unplugged: { title: 'La cámara se desconectó', advice: 'Conéctela de nuevo o elija otra.' },
      insecure: {
        title: 'La cámara solo funciona en páginas seguras',
        advice: 'Abra esta página con una dirección que empiece por https.',
      },
      unsupported: {
        title: 'Este navegador no puede usar una cámara',
        advice: 'Sí pueden Chrome, Edge, Firefox y Safari actuales.',
      },
      unknown: {
        title: 'La cámara no se abrió',
        advice: 'Desconéctela y vuelva a conectarla, o elija otra, y vuelva a intentarlo.',
      },
    },
    microphoneFailures: {
      none: { title: 'No se encontró ningún micrófono', advice: 'Conecte uno; se detecta solo.' },
      denied: {
        title: 'Aquí no se permite el micrófono',
        advice: 'Permítalo en los ajustes del sitio, junto a la dirección, y vuelva a intentarlo.',
      },
      'denied-by-system': {
        title: 'El sistema tiene bloqueado el micrófono',
        advice: 'Permítalo en los ajustes de privacidad de su equipo y vuelva a intentarlo.',
      },
      dismissed: {
        title: 'El micrófono aún no tiene permiso',
        advice: 'Vuelva a intentarlo y elija «Permitir».',
      },
      busy: {
        title: 'Otro programa está usando el micrófono',
        advice: 'Cierre el programa que escucha y vuelva a intentarlo.',
      },
      unplugged: { title: 'El micrófono se desconectó', advice: 'Conéctelo de nuevo o elija otro.' },
      insecure: {
        title: 'El micrófono solo funciona en páginas seguras',
        advice: 'Abra esta página con una dirección que empiece por https.',
      },
      unsupported: {
        title: 'Este navegador no puede usar un micrófono',
        advice: 'Sí pueden Chrome, Edge, Firefox y Safari actuales.',
      },
      unknown: {
        title: 'El micrófono no se abrió',
        advice: 'Desconéctelo y vuelva a conectarlo, o elija otro, y vuelva a intentarlo.',
      },
    },
  },
  media: {
    you: 'Usted',
    muted: 'Silenciado',
    cameraOff: 'Cámara apagada',
    controls: 'Controles',
    mute: 'Silenciar',
    unmute: 'Activar sonido',
    cameraTurnOff: 'Apagar cámara',
    cameraTurnOn: 'Encender cámara',
    connection: 'Conexión',
    devices: 'Dispositivos',
    fullScreen: 'Pantalla completa',
    pictureInPicture: 'Imagen en imagen',
    playBlocked: 'Haga clic para oír el sonido',
  },
  connection: {
    heading: 'Conexión',
    measuring: 'Midiendo…',
    roundTrip: 'Ida y vuelta',
    outgoing: 'Salida',
    incoming: 'Entrada',
    bitrate: 'Caudal',
    resolution: 'Resolución',
    frameRate: 'Fotogramas',
    codec: 'Códec',
    loss: 'Pérdida',
    path: 'Camino',
    freezes: 'Parones',
    unknown: '–',
    fps: (value) => `${value} fps`,
    milliseconds: (value) => `${value} ms`,
    megabits: (value) => `${value} Mbit/s`,
    kilobits: (value) => `${value} kbit/s`,
    candidate: {
      host: 'directo',
      srflx: 'a través de un rúter',
      prflx: 'a través de un rúter',
      relay: 'con repetidor',
    },
    pathOf: (local, remote, protocol) =>
      local === remote ? `${local}, ${protocol}` : `de ${local} a ${remote}, ${protocol}`,
    quality: { good: 'Buena conexión', fair: 'Conexión regular', poor: 'Mala conexión', unknown: 'Midiendo' },
  },
  mirror: {
    title: 'Espejo',
    lead: 'Compruebe cómo se le ve y se le oye. Después envíe su imagen al servidor de medios y vea cómo vuelve.',
    start: 'Poner en marcha el espejo',
    stop: 'Parar',
    local: 'Usted, aquí',
    returned: 'Usted, de vuelta',
    connecting: 'Enviando su imagen…',
    recovering: 'Recuperando su imagen…',
    live: 'En marcha',
    waitingForHub: 'Esperando al hub…',
    waitingForMedia: 'Esperando al servidor de medios…',
    soundOnly: 'Solo sonido',
    headphones: 'También vuelve su voz. Use auriculares o baje el volumen para evitar el eco.',
    hearYourself: 'Oírse',
    stayedOn: 'Su cámara sigue encendida mientras tanto.',
    again: 'Empezar de nuevo',
    adjust: 'Volver a la vista previa',
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
      title: 'El hub no entendió a esta aplicación',
      advice: 'Actualice Callcast en ambos lados y vuelva a intentarlo.',
    },
    'unknown-message': {
      title: 'El hub no conoce esta petición',
      advice: 'Actualice Callcast en ambos lados y vuelva a intentarlo.',
    },
    'too-large': { title: 'Lo enviado es demasiado largo', advice: 'Acórtelo y vuelva a intentarlo.' },
    'too-many-messages': { title: 'Demasiado a la vez', advice: 'Espere un momento y vuelva a intentarlo.' },
    'too-many-candidates': {
      title: 'Este equipo tiene demasiados caminos de red',
      advice: 'Apague las conexiones que no necesite, como una VPN sin usar, y vuelva a intentarlo.',
    },
    'too-many-connections': {
      title: 'El hub está lleno',
      advice: 'Vuelva a intentarlo cuando alguien se haya ido.',
    },
    'wrong-state': { title: 'Eso no es posible en este momento', advice: 'Vuelva a intentarlo enseguida.' },
    'forbidden-origin': {
      title: 'El hub no acepta esta página',
      advice: 'Abra la dirección que muestra el propio hub.',
    },
    'presenter-busy': {
      title: 'Otra persona está presentando en este canal',
      advice: 'Espere a que termine o elija otro canal.',
    },
    'no-presenter': {
      title: 'Todavía no presenta nadie',
      advice: 'La imagen aparece sola cuando alguien empiece.',
    },
    'presenter-key-wrong': {
      title: 'La clave de presentación no es correcta',
      advice: 'Compruébela y vuelva a intentarlo.',
    },
    'too-many-guesses': {
      title: 'Demasiadas claves incorrectas',
      advice: 'Espere un minuto y escriba la clave tal como se la dieron.',
    },
    'name-invalid': { title: 'Este nombre no se puede usar', advice: 'Elija uno de 1 a 64 caracteres.' },
    'name-taken': { title: 'Alguien ya tiene este nombre', advice: 'Elija otro.' },
    'not-registered': { title: 'Aún no tiene nombre', advice: 'Elija primero un nombre.' },
    'unknown-user': {
      title: 'Nadie aquí se llama así',
      advice: 'Compruebe cómo se escribe o elija a alguien de la lista.',
    },
    'self-call': { title: 'Ese es su propio nombre', advice: 'Llame a otra persona.' },
    'user-busy': { title: 'Está en otra llamada', advice: 'Vuelva a intentarlo más tarde.' },
    'call-declined': { title: 'La llamada fue rechazada', advice: 'Vuelva a intentarlo más tarde.' },
    'call-unanswered': { title: 'Sin respuesta', advice: 'Vuelva a intentarlo más tarde.' },
    'room-full': { title: 'Ya hay dos personas en esta sala', advice: 'Elija otro nombre de sala.' },
    'peer-lost': { title: 'La otra parte perdió la conexión', advice: 'Llame de nuevo cuando haya vuelto.' },
    'filter-unavailable': {
      title: 'Este servidor de medios no tiene sombreros',
      advice: 'Use el servidor de medios incluido, o un Kurento Media Server con el filtro de caras.',
    },
    'sdp-rejected': {
      title: 'El servidor de medios no puede con la oferta de este navegador',
      advice: 'Pruebe con un Chrome, Edge, Firefox o Safari actual.',
    },
    'media-server-unavailable': {
      title: 'No se alcanza el servidor de medios',
      advice:
        'Callcast sigue intentándolo y continúa solo. Si tarda, compruebe que el servidor está en marcha.',
    },
    'media-server-timeout': {
      title: 'El servidor de medios tarda demasiado',
      advice: 'Callcast vuelve a intentarlo solo. Si ocurre a menudo, puede que el equipo esté sobrecargado.',
    },
    'media-failed': {
      title: 'El sonido y la imagen no llegan',
      advice: 'Puede que un cortafuegos bloquee UDP entre este equipo y el servidor de medios.',
    },
    'hub-unreachable': {
      title: 'No se alcanza el hub',
      advice: 'Callcast sigue intentándolo y continúa solo.',
    },
    'shutting-down': { title: 'El hub se está cerrando', advice: 'Vuelva a ponerlo en marcha para seguir.' },
    internal: {
      title: 'Algo falló por dentro',
      advice: 'Vuelva a intentarlo. Si sigue, el registro dice la causa.',
    },
  },
  reference: (ref) => `Referencia ${ref}`,
};
