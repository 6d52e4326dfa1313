/**
 * Answers the page's getDisplayMedia: shows the page what there is, and gives it what the user chose there. Where the
 * system has a picker of its own (the portal on Wayland, macOS 15), that one asks, and nothing is chosen twice.
 */
import { desktopCapturer, type DesktopCapturerSource, type Session, type Streams } from 'electron';
import {
  MAX_SCREEN_SOURCES,
  type ScreenChoice,
  type ScreenQuestion,
  type ScreenSource,
} from '../protocol/desktop';
import type { Logger } from '../protocol/log';
import { isAppUrl } from './app-origin';

export interface ScreenShareOptions {
  readonly platform: NodeJS.Platform;
  /** The portal asks the user as soon as sources are asked for, and only gives the chosen one. */
  readonly portal: boolean;
  readonly ask: (question: ScreenQuestion) => void;
  readonly logger: Logger;
}

/** Two in a row fit a dialog on a small window; drawn at twice that for dense screens. */
const THUMBNAIL = { width: 400, height: 225 };
const QUALITY = 70;
/** Nobody ponders longer over which window to share; then the page is told that nothing was chosen. */
const PATIENCE_MS = 5 * 60_000;

export class ScreenShare {
  readonly #options: ScreenShareOptions;
  #question = 0;
  #pending: { readonly number: number; readonly answer: (choice: ScreenChoice) => void } | null = null;

  constructor(options: ScreenShareOptions) {
    this.#options = options;
  }

  /** Windows alone gives programs the sound of the whole computer. */
  get sound(): boolean {
    return this.#options.platform === 'win32';
  }

  serve(session: Pick<Session, 'setDisplayMediaRequestHandler'>): void {
    session.setDisplayMediaRequestHandler(
      (request, callback) => {
        if (request.frame === null || !isAppUrl(request.frame.url) || !request.videoRequested) {
          refuse(callback);
          return;
        }
        this.#choose(request.audioRequested).then(
          (streams) => {
            if (streams === null) refuse(callback);
            else callback(streams);
          },
          (error: unknown) => {
            this.#options.logger.warn({ err: error }, 'no screens to share');
            refuse(callback);
          },
        );
      },
      // Only macOS has one that Electron knows.
      { useSystemPicker: this.#options.platform === 'darwin' },
    );
  }

  /** The page's answer; one to an older question, or to something that was not offered, counts as none. */
  answer(question: number, choice: ScreenChoice): void {
    if (this.#pending?.number === question) this.#pending.answer(choice);
  }

  async #choose(wantsSound: boolean): Promise<Streams | null> {
    this.#pending?.answer(null);
    const found = await desktopCapturer.getSources({
      types: ['screen', 'window'],
      thumbnailSize: this.#options.portal ? { width: 0, height: 0 } : THUMBNAIL,
      fetchWindowIcons: !this.#options.portal,
    });
    const [first] = found;
    if (first === undefined) return null;
    if (this.#options.portal) return { video: first };
    const offered = found.slice(0, MAX_SCREEN_SOURCES);
    const sound = wantsSound && this.sound;
    const choice = await this.#asked(offered, sound);
    const chosen = offered.find((each) => each.id === choice?.id);
    if (choice === null || chosen === undefined) return null;
    return { video: chosen, ...(sound && choice.sound ? { audio: 'loopback' as const } : {}) };
  }

  #asked(sources: readonly DesktopCapturerSource[], sound: boolean): Promise<ScreenChoice> {
    this.#question += 1;
    const number = this.#question;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.answer(number, null);
      }, PATIENCE_MS);
      this.#pending = {
        number,
        answer: (choice) => {
          clearTimeout(timer);
          if (this.#pending?.number === number) this.#pending = null;
          resolve(choice);
        },
      };
      this.#options.ask({ question: number, sources: sources.map(describe), sound });
    });
  }
}

function describe(source: DesktopCapturerSource): ScreenSource {
  const { id, name, thumbnail, appIcon } = source;
  const icon = appIcon as typeof appIcon | null;
  return {
    id,
    kind: id.startsWith('screen:') ? 'screen' : 'window',
    name: name.slice(0, 200),
    thumbnail: thumbnail.isEmpty()
      ? null
      : `data:image/jpeg;base64,${thumbnail.toJPEG(QUALITY).toString('base64')}`,
    icon: icon === null || icon.isEmpty() ? null : icon.resize({ width: 32 }).toDataURL(),
  };
}

/** Electron throws in the handler where nothing is given; the page hears that its request was refused, as it should. */
function refuse(callback: (streams: Streams | null) => void): void {
  try {
    callback(null);
  } catch {
    // It has answered all the same.
  }
}

/** Whether screens are chosen in the desktop portal's dialog. */
export function usesPortal(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): boolean {
  return platform === 'linux' && env['XDG_SESSION_TYPE'] === 'wayland';
}
