/** Spanish: what concerns the desktop around the page: links, screens to share, recordings. */
import type { Texts } from '../en';

export const desktop: Texts['desktop'] = {
  link: {
    title: '¿Abrir este enlace?',
    to: {
      call: (name) => `Lleva a la pantalla de llamadas, con ${name} a punto de ser llamado.`,
      watch: (channel) => `Lleva a la transmisión ${channel}.`,
      room: (room) => `Lleva a la sala ${room}.`,
    },
    mainChannel: 'Lleva a la transmisión del canal principal.',
    otherHub: (host) => `Es para otro hub: ${host}.`,
    otherHubMeans:
      'Todavía no se ha enviado nada allí. Si va allí, Callcast usará ese hub para todo, hasta que elija otro en los ajustes.',
    lookAtHub: 'Consultar este hub',
    useHub: 'Usar este hub',
    trustHub: 'Confiar y usar este hub',
    endsSession: 'Lo que está en marcha terminará.',
    open: 'Abrir',
    cancel: 'Ahora no',
  },
  screens: {
    title: '¿Qué desea compartir?',
    screens: 'Pantallas',
    windows: 'Ventanas',
    sound: 'Con el sonido del equipo',
    share: 'Compartir',
    cancel: 'Cancelar',
  },
  updates: {
    ready: (version: string) => `Callcast ${version} ya está aquí. Se instala al salir.`,
    restart: 'Reiniciar ahora',
    later: 'Más tarde',
    busy: 'Termine antes lo que está en curso. La nueva versión se instala al salir.',
  },
  recording: {
    record: 'Grabar',
    stop: 'Detener la grabación',
    megabytes: (size) => `${size}\u00A0MB`,
    saved: (name) => `Grabado: ${name}`,
    show: 'Mostrar en la carpeta',
    kept: (name) => `Lo grabado hasta entonces está en ${name}.`,
    failures: {
      'disk-full': 'El disco está lleno. Libere espacio y vuelva a grabar.',
      'not-writable': 'No se puede escribir la grabación. Compruebe la carpeta Vídeos/Callcast.',
      'too-many': 'Hay demasiadas grabaciones a la vez. Detenga una primero.',
      gone: 'El archivo de la grabación ya no está. Vuelva a grabar.',
      'too-long':
        'La grabación es demasiado larga para este navegador. Use la aplicación para las más largas.',
      'too-slow':
        'El disco es demasiado lento para grabar ahora. Cierre lo que esté escribiendo y vuelva a grabar.',
      unsupported: 'Este navegador no graba archivos WebM. Use la aplicación u otro navegador.',
    },
  },
};
