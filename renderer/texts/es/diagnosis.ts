/** Spanish: diagnosis. */
import type { Texts } from '../en';

export const diagnosis: Texts['diagnosis'] = {
  title: 'Diagnóstico',
  lead: 'Comprueba todo lo que necesita una llamada, de la cámara a la red. Tarda unos segundos; mientras tanto la cámara y el micrófono están encendidos.',
  run: 'Empezar',
  again: 'Repetir',
  running: 'Comprobando …',
  allGood: 'Todo funciona',
  allGoodAdvice: 'Si aun así algo va mal, envíe el informe a quien le ayude.',
  someBad: 'Hay algo que estorba',
  someBadAdvice: 'Las comprobaciones marcadas abajo dicen qué hacer. Empiece por la primera.',
  copy: 'Copiar el informe',
  report: 'Informe',
  reportHint: 'No contiene nombres, direcciones ni contraseñas: esto es todo.',
  status: { good: 'Bien', note: 'Nota', bad: 'Problema', waiting: 'En espera', running: 'Comprobando' },
  checks: {
    camera: 'Cámara',
    microphone: 'Micrófono',
    permissions: 'Permisos',
    hub: 'Hub',
    'media-server': 'Servidor de medios',
    udp: 'Sonido e imagen (UDP)',
    servers: 'Servidores STUN y TURN',
  },
  camera: (width, height) => `Funciona, con ${width} × ${height} píxeles.`,
  works: 'Funciona.',
  permissions: {
    granted: 'La cámara y el micrófono están permitidos.',
    prompt: 'Se le preguntará cuando haga falta la cámara o el micrófono.',
    denied:
      'La cámara o el micrófono no está permitido. Permítalo en los ajustes del sitio o en los de privacidad de su equipo.',
    unknown: 'Este navegador no lo dice. Si le pregunta, permítalo.',
  },
  hub: { ok: 'Conectado.' },
  mediaServer: {
    ok: 'Responde.',
    measured: (version, milliseconds) => `Responde: versión ${version}, ${milliseconds} ms.`,
    unasked: 'Solo el hub lo conoce: resuelva primero lo del hub.',
    connecting: 'Aún no está listo. Espere un momento y repita.',
  },
  udp: {
    ok: 'Una imagen fue al servidor de medios y volvió.',
    measured: (milliseconds) => `Una imagen fue al servidor de medios y volvió, en ${milliseconds} ms.`,
    unasked: 'No hay adónde enviar: resuelva primero lo del hub y el servidor de medios.',
  },
  servers: {
    none: 'No hay ninguno. En una misma red, o con un servidor de medios al alcance, no hacen falta.',
  },
};
