/** What tray, notifications and dialogs around the window say. */
import type { SessionKind } from '../protocol/desktop';
import type { TrayTexts } from './tray-menu';

export interface DesktopTexts {
  readonly tray: TrayTexts;
  readonly notification: {
    readonly calls: (peer: string) => string;
    readonly body: string;
    readonly accept: string;
    readonly decline: string;
    /** The window was closed, the session goes on. */
    readonly stays: { readonly title: string; readonly body: string };
  };
  /** Asked before a session is cut off. */
  readonly quit: {
    readonly question: string;
    readonly details: Readonly<Record<SessionKind, string>>;
    readonly quit: string;
    readonly stay: string;
  };
}

const en: DesktopTexts = {
  tray: {
    show: 'Show Callcast',
    quit: 'Quit Callcast',
    doNotDisturb: 'Do not disturb',
    ready: 'Ready',
    ringing: (peer) => `${peer} is calling`,
    accept: 'Accept',
    decline: 'Decline',
    mute: 'Mute microphone',
    unmute: 'Unmute microphone',
    muted: 'muted',
    running: {
      mirror: () => 'Mirror is on',
      magic: () => 'Magic mirror is on',
      present: (channel) => (channel === null ? 'On air' : `On air: ${channel}`),
      watch: (channel) => (channel === null ? 'Watching' : `Watching ${channel}`),
      call: (peer) => (peer === null ? 'In a call' : `In a call with ${peer}`),
      room: (room) => (room === null ? 'In a room' : `In room ${room}`),
    },
    end: {
      mirror: 'Stop the mirror',
      magic: 'Stop the mirror',
      present: 'Stop broadcasting',
      watch: 'Stop watching',
      call: 'Hang up',
      room: 'Leave the room',
    },
    go: { call: 'Call somebody …', broadcast: 'Broadcasts …', room: 'Enter a room …' },
  },
  notification: {
    calls: (peer) => `${peer} is calling`,
    body: 'Open Callcast to answer.',
    accept: 'Accept',
    decline: 'Decline',
    stays: {
      title: 'Callcast goes on',
      body: 'The window is closed, but not the session. Its icon in the tray brings it back.',
    },
  },
  quit: {
    question: 'Quit Callcast?',
    details: {
      call: 'You are in a call. It ends when Callcast quits.',
      present: 'You are on air. The broadcast ends for everybody who watches.',
      room: 'You are in a room with somebody. The conversation ends when Callcast quits.',
      watch: 'You are watching a broadcast.',
      mirror: 'The mirror is on.',
      magic: 'The magic mirror is on.',
    },
    quit: 'Quit',
    stay: 'Stay',
  },
};

const es: DesktopTexts = {
  tray: {
    show: 'Mostrar Callcast',
    quit: 'Salir de Callcast',
    doNotDisturb: 'No molestar',
    ready: 'En espera',
    ringing: (peer) => `Llama ${peer}`,
    accept: 'Aceptar',
    decline: 'Rechazar',
    mute: 'Silenciar el micrófono',
    unmute: 'Activar el micrófono',
    muted: 'en silencio',
    running: {
      mirror: () => 'El espejo está encendido',
      magic: () => 'El espejo mágico está encendido',
      present: (channel) => (channel === null ? 'En el aire' : `En el aire: ${channel}`),
      watch: (channel) => (channel === null ? 'Viendo una transmisión' : `Viendo ${channel}`),
      call: (peer) => (peer === null ? 'En una llamada' : `En una llamada con ${peer}`),
      room: (room) => (room === null ? 'En una sala' : `En la sala ${room}`),
    },
    end: {
      mirror: 'Apagar el espejo',
      magic: 'Apagar el espejo',
      present: 'Terminar la transmisión',
      watch: 'Dejar de ver',
      call: 'Colgar',
      room: 'Salir de la sala',
    },
    go: { call: 'Llamar a alguien …', broadcast: 'Transmisiones …', room: 'Entrar en una sala …' },
  },
  notification: {
    calls: (peer) => `Llama ${peer}`,
    body: 'Abra Callcast para contestar.',
    accept: 'Aceptar',
    decline: 'Rechazar',
    stays: {
      title: 'Callcast sigue en marcha',
      body: 'La ventana se cerró, pero la sesión continúa. Su icono en la bandeja la trae de vuelta.',
    },
  },
  quit: {
    question: '¿Salir de Callcast?',
    details: {
      call: 'Está en una llamada. Termina si sale de Callcast.',
      present: 'Está en el aire. La transmisión termina para todos los que miran.',
      room: 'Está en una sala con alguien. La conversación termina si sale de Callcast.',
      watch: 'Está viendo una transmisión.',
      mirror: 'El espejo está encendido.',
      magic: 'El espejo mágico está encendido.',
    },
    quit: 'Salir',
    stay: 'Quedarse',
  },
};

/** `locale` is a language tag such as `es-AR`. */
export function desktopTextsFor(locale: string): DesktopTexts {
  return locale.toLowerCase().split(/[-_]/)[0] === 'es' ? es : en;
}
