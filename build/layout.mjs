/**
 * Where things are, for everything under build/: sources, outputs, entries. Product code learns its places from the
 * composition roots instead, so this is the only list.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..');
export const dist = path.join(root, 'dist');

/** @param {...string} parts */
export const at = (...parts) => path.join(root, ...parts);

/** Folders whose files end up in a bundle; a change in one of them makes the build stale. */
export const sourceFolders = [
  'protocol',
  'main',
  'preload',
  'renderer',
  'signaling-server',
  'media-server',
  'build',
];

/**
 * Packages that stay in node_modules, because they carry native code, which a bundle cannot hold; `binary`: how the names of
 * the packages begin that hold it, one for each system and processor. The same list decides what the installer takes along.
 */
export const nativePackages = [
  { name: '@napi-rs/canvas', binary: '@napi-rs/canvas' },
  { name: '@napi-rs/webcodecs', binary: '@napi-rs/webcodecs' },
  { name: 'koffi', binary: '@koromix/koffi' },
];

/** Optional accelerators of ws: not needed with small frames and no masking on the server's side. */
export const ignoredPackages = ['bufferutil', 'utf-8-validate'];

/** The hub as a process of its own. */
export const hubEntries = { 'hub/cli': at('signaling-server/cli.ts') };

/** The media server as a process of its own, and its worker threads: output name → source. */
export function mediaServerEntries() {
  /** @type {Record<string, string>} */
  const entries = { 'media-server/cli': at('media-server/cli.ts') };
  // A thread needs a file to start from: each media-server/**/NAME-worker.ts becomes dist/media-server/NAME-worker.cjs.
  for (const file of readdirSync(at('media-server'), { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('-worker.ts'))
      entries[`media-server/${path.basename(file, '.ts')}`] = at('media-server', file);
  }
  return entries;
}

/** What the hub serves as /overlays/NAME.png. */
export function overlayImages() {
  const folder = at('build/overlays');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.png'))
    .map((file) => path.join(folder, file));
}

/** The models that find faces; the face overlay's worker reads them from the folder it lies in. */
export function faceModels() {
  const folder = at('node_modules/@mediapipe/face_detection');
  return ['face_detection_full_range.tflite', 'face_detection_short_range.tflite'].map((file) =>
    path.join(folder, file),
  );
}

/** One per state of a session, in the sizes of ordinary and of dense screens. */
export function trayIcons() {
  return readdirSync(at('build/tray')).map((file) => at('build/tray', file));
}
