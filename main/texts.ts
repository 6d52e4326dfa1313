/** What the main process itself says: menu and dialogs. The pages' texts are in renderer/texts. */

export interface Texts {
  readonly menu: {
    readonly file: string;
    readonly edit: string;
    readonly view: string;
    readonly window: string;
    readonly help: string;
    readonly quit: string;
    readonly about: string;
    readonly hide: string;
    readonly hideOthers: string;
    readonly showAll: string;
    readonly undo: string;
    readonly redo: string;
    readonly cut: string;
    readonly copy: string;
    readonly paste: string;
    readonly selectAll: string;
    readonly actualSize: string;
    readonly zoomIn: string;
    readonly zoomOut: string;
    readonly fullScreen: string;
    readonly minimize: string;
    readonly close: string;
    readonly reload: string;
    readonly developerTools: string;
    readonly settings: string;
    readonly diagnosis: string;
    readonly showLog: string;
  };
  /** Another computer's hub shows another certificate than before. */
  readonly certificateChanged: (host: string) => string;
  readonly chooseFile: { readonly certificate: string; readonly key: string; readonly pem: string };
  readonly about: (version: string) => string;
  readonly openLink: {
    readonly question: string;
    readonly open: string;
    readonly cancel: string;
  };
}

const en: Texts = {
  menu: {
    file: '&File',
    edit: '&Edit',
    view: '&View',
    window: '&Window',
    help: '&Help',
    quit: 'Quit Callcast',
    about: 'About Callcast',
    hide: 'Hide Callcast',
    hideOthers: 'Hide others',
    showAll: 'Show all',
    undo: 'Undo',
    redo: 'Redo',
    cut: 'Cut',
    copy: 'Copy',
    paste: 'Paste',
    selectAll: 'Select all',
    actualSize: 'Actual size',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    fullScreen: 'Full screen',
    minimize: 'Minimize',
    close: 'Close window',
    reload: 'Reload',
    developerTools: 'Developer tools',
    settings: 'Settings …',
    diagnosis: 'Diagnosis',
    showLog: 'Show log',
  },
  certificateChanged: (host) =>
    `The hub at ${host} shows another certificate than the one you trusted. Somebody may be in between, or the hub was set up anew. Ask whoever runs it, then look at the certificate again under Settings, Hub.`,
  chooseFile: { certificate: 'Choose the certificate', key: 'Choose the key', pem: 'PEM files' },
  about: (version) => `Version ${version}\nCalls and broadcasts over WebRTC, with a media server inside.`,
  openLink: { question: 'Open this link in your browser?', open: 'Open', cancel: 'Cancel' },
};

const es: Texts = {
  menu: {
    file: '&Archivo',
    edit: '&Editar',
    view: '&Ver',
    window: 'Ve&ntana',
    help: 'Ay&uda',
    quit: 'Salir de Callcast',
    about: 'Acerca de Callcast',
    hide: 'Ocultar Callcast',
    hideOthers: 'Ocultar los demás',
    showAll: 'Mostrar todo',
    undo: 'Deshacer',
    redo: 'Rehacer',
    cut: 'Cortar',
    copy: 'Copiar',
    paste: 'Pegar',
    selectAll: 'Seleccionar todo',
    actualSize: 'Tamaño real',
    zoomIn: 'Acercar',
    zoomOut: 'Alejar',
    fullScreen: 'Pantalla completa',
    minimize: 'Minimizar',
    close: 'Cerrar ventana',
    reload: 'Recargar',
    developerTools: 'Herramientas de desarrollo',
    settings: 'Ajustes …',
    diagnosis: 'Diagnóstico',
    showLog: 'Mostrar el registro',
  },
  certificateChanged: (host) =>
    `El hub de ${host} muestra un certificado distinto del que usted aceptó. Puede que alguien esté en medio, o que el hub se haya instalado de nuevo. Pregunte a quien lo administra y vuelva a revisar el certificado en Ajustes, Hub.`,
  chooseFile: { certificate: 'Elegir el certificado', key: 'Elegir la clave', pem: 'Archivos PEM' },
  about: (version) =>
    `Versión ${version}\nLlamadas y transmisiones por WebRTC, con un servidor de medios incluido.`,
  openLink: { question: '¿Abrir este enlace en el navegador?', open: 'Abrir', cancel: 'Cancelar' },
};

/** `locale` is a language tag such as `es-AR`. */
export function textsFor(locale: string): Texts {
  return locale.toLowerCase().split('-')[0] === 'es' ? es : en;
}
