/** Spanish: the room. */
import type { Texts } from '../en';

export const room: Texts['room'] = {
  title: 'Sala',
  titleOf: (room) => `Sala ${room}`,
  lead: 'Acuerden un nombre, abra la puerta y la otra persona le encontrará allí. Sonido e imagen van directamente de uno a otro.',
  name: {
    label: 'Nombre de la sala',
    hint: 'Quien sepa el nombre puede entrar: elija uno que nadie adivine.',
    suggest: 'Proponer un nombre',
    invalid: 'Elija un nombre de 1 a 64 caracteres visibles.',
    words:
      'abeto abril acacia alba alga almendra anillo arce arena avena azafrán bahía bambú barca bosque brisa cactus campo canela canoa cedro cerezo ciruela cobre cometa coral delta duna eco encina faro flor fresa gaviota glaciar granja grillo helecho higo isla jazmín laguna laurel lila limón loto mango mármol menta miel mirto nácar nube oliva ópalo orilla palma perla pino prado roble rocío romero salvia',
  },
  enter: 'Entrar en la sala',
  again: 'Entrar de nuevo',
  joining: 'Abriendo la puerta…',
  waiting: {
    title: 'Ha llegado antes que nadie',
    titleAgain: 'La otra persona se ha ido',
    advice: 'Envíe el enlace a una persona. La puerta se abre sola cuando llegue.',
    adviceAgain: 'La sala sigue abierta: puede volver, o puede venir otra persona.',
    invite: 'Invitar a alguien',
    link: 'Enlace a esta sala',
  },
  other: 'La otra persona',
  otherCameraOff: 'Su cámara está apagada',
  connecting: 'Ya hay alguien. Conectando…',
  slow: {
    title: 'Todavía no se alcanzan',
    advice:
      'Los dos ordenadores deberían estar en la misma red. Entre redes ayudan servidores STUN y TURN. Callcast sigue intentándolo.',
  },
  interrupted: {
    title: 'La conexión está interrumpida',
    advice: 'Se busca otro camino; continúa solo.',
  },
  offline: {
    title: 'No se alcanza el hub',
    advice: 'Callcast vuelve a la sala en cuanto el hub responda.',
  },
  arrived: 'Ha entrado alguien.',
  left: 'La otra persona se ha ido.',
  live: 'Conectado',
  leave: 'Salir',
  full: {
    title: 'Esta sala está llena',
    advice: 'Ya hay dos personas dentro. Pruebe cuando salga una, o elija otro nombre.',
    action: 'Probar de nuevo',
  },
  chat: {
    title: 'Chat',
    open: 'Chat',
    unread: (count) => (count === 1 ? '1 mensaje sin leer' : `${count} mensajes sin leer`),
    empty: 'Aún no hay nada escrito',
    emptyAdvice: 'Lo que escriba aquí va directamente a la otra persona y no se guarda en ningún sitio.',
    none: 'La otra persona no tiene chat en este momento.',
    label: 'Mensaje',
    placeholder: 'Escriba un mensaje',
    send: 'Enviar',
    me: 'Usted',
    them: 'La otra persona',
    tooLong: (over) => `Sobran ${over} caracteres`,
    failed: 'No se pudo enviar el mensaje. Pruebe de nuevo en un momento.',
  },
  servers: {
    title: 'Servidores STUN y TURN',
    action: 'Encontrarse entre redes',
    advice:
      'En una misma red no hace falta nada. Si no, nombre aquí servidores, uno por línea: «stun:host:puerto» o «turn:host:puerto usuario contraseña». Se guardan solo en este ordenador.',
    label: 'Servidores',
    wrong: (line) => `La línea ${line} no es un servidor STUN o TURN.`,
    save: 'Guardar',
    count: (count) => (count === 0 ? 'Ninguno' : String(count)),
  },
};
