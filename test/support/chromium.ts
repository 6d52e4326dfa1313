/**
 * A real Chromium with a fake camera and microphone. Where there is none, `chromiumPath()` answers undefined and the
 * tests that need it name themselves as skipped.
 */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const CANDIDATES = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

export function chromiumPath(): string | undefined {
  return CANDIDATES.find((path) => path !== undefined && existsSync(path));
}

export interface ChromiumOptions {
  /** Y4M or MJPEG file shown by the fake camera instead of Chromium's test pattern. */
  readonly camera?: string;
  /** WAV file played by the fake microphone instead of Chromium's beeps. */
  readonly microphone?: string;
  /** False: no camera and no microphone at all. */
  readonly devices?: boolean;
  /** False: permission prompts are denied as by a user who clicks "Block". */
  readonly allow?: boolean;
  readonly args?: readonly string[];
  /** A program that runs it, such as one that puts it on another network; else `chromiumPath()`. */
  readonly executable?: string;
}

export async function launchChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const executablePath = options.executable ?? chromiumPath();
  if (executablePath === undefined) throw new Error('no Chromium: set CHROMIUM_PATH');
  const { devices = true, allow = true, camera, microphone } = options;
  const args = [
    '--no-sandbox', // tests run as root on build machines
    '--disable-gpu',
    '--disable-quic',
    '--disable-sync',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-background-timer-throttling',
    '--disable-renderer-backgrounding',
    '--autoplay-policy=no-user-gesture-required',
    ...(allow ? ['--use-fake-ui-for-media-stream'] : ['--deny-permission-prompts']),
    ...(devices ? ['--use-fake-device-for-media-stream=fps=30'] : []),
    ...(camera ? [`--use-file-for-fake-video-capture=${camera}`] : []),
    ...(microphone ? [`--use-file-for-fake-audio-capture=${microphone}`] : []),
    ...(options.args ?? []),
  ];
  return chromium.launch({ executablePath, args, headless: true });
}
