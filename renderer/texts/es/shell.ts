/** Spanish: what the frame around every screen says of a call, of leaving and beginning, and of being reachable. */
import type { Texts } from '../en';

export const shell: Texts['shell'] = {
  call: {
    region: 'Su llamada',
    back: 'Volver a la llamada',
    interrupted: 'Conexión interrumpida',
  },
  ring: {
    ends: {
      mirror: 'Si contesta, el espejo se apaga.',
      magic: 'Si contesta, el espejo mágico se apaga.',
      present: 'Está en el aire. Si contesta, su transmisión termina.',
      room: 'Está en una sala. Si contesta, sale de ella.',
    },
    endAndAnswer: 'Terminar y contestar',
    notYet: 'Todavía no',
  },
  leaving: {
    mirror: {
      title: '¿Dejar el espejo?',
      advice: 'Se apaga al salir de esta pantalla.',
      leave: 'Salir y apagar',
    },
    magic: {
      title: '¿Dejar el espejo mágico?',
      advice: 'Se apaga al salir de esta pantalla.',
      leave: 'Salir y apagar',
    },
    present: {
      title: '¿Terminar la transmisión?',
      advice: 'Está en el aire. Al salir de esta pantalla termina para todos los que miran.',
      leave: 'Salir y terminar',
    },
    room: {
      title: '¿Salir de la sala?',
      advice: 'La conversación termina al salir de esta pantalla.',
      leave: 'Salir de la sala',
    },
    stay: 'Quedarse',
  },
  beginning: {
    title: '¿Terminar antes la llamada?',
    advice: {
      mirror: (peer) => `Está en una llamada con ${peer}. Termina al encender el espejo.`,
      magic: (peer) => `Está en una llamada con ${peer}. Termina al encender el espejo mágico.`,
      present: (peer) => `Está en una llamada con ${peer}. Termina al salir al aire.`,
      room: (peer) => `Está en una llamada con ${peer}. Termina al entrar en la sala.`,
    },
    instead: {
      mirror: 'Terminar la llamada y empezar',
      magic: 'Terminar la llamada y empezar',
      present: 'Terminar la llamada y salir al aire',
      room: 'Terminar la llamada y entrar',
    },
    keep: 'Seguir en la llamada',
  },
  presence: {
    label: 'Llamadas',
    states: {
      available: 'Disponible para llamadas',
      silent: 'No molestar',
      connecting: 'Conectando',
      taken: 'Nombre en uso',
      off: 'No disponible para llamadas',
      busy: 'En una llamada',
    },
    as: (name) => `Los demás le llaman ${name}.`,
    takenAdvice: 'Otra persona, u otra ventana suya, usa este nombre. Elija otro.',
    available: 'Disponible para llamadas',
    availableHint: 'Las llamadas suenan en cualquier pantalla mientras Callcast esté abierto.',
    silent: 'No molestar',
    silentHint: 'Las llamadas no suenan ni aparecen. Quien llama oye que usted no contesta.',
    people: 'Quién está',
  },
};
