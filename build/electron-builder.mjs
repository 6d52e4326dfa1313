/**
 * How an installer is made, for electron-builder. `build/package.mjs` hands it over; what cannot be tried on Linux is
 * listed as untried in docs/packaging.md.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { at, externalPackages } from './layout.mjs';

/** An Electron that is on this machine already (the same variable as Electron's own npm package reads). */
const localElectron = process.env.ELECTRON_OVERRIDE_DIST_PATH;

/** Where updates come from; without it the app never asks for any. */
const updateUrl = process.env.CALLCAST_UPDATE_URL;

/** deb and rpm have to name a page; whoever publishes an installer puts in the real one. */
const homepage = process.env.CALLCAST_HOMEPAGE ?? 'https://callcast.example/';

/** Native packages name their binaries after system and processor: `@napi-rs/canvas-linux-x64-gnu`. */
const nativeScopes = [...new Set(externalPackages.map((name) => name.split('/')[0]))];

/** @type {import('electron-builder').Configuration} */
export const configuration = {
  appId: 'app.callcast',
  productName: 'Callcast',
  copyright: 'Callcast, Apache License 2.0',
  extraMetadata: { homepage },
  directories: { output: at('out'), buildResources: at('build') },

  // Bundles hold all JavaScript; node_modules gives the native packages only. The hub's own command line stays home: the
  // app has the hub inside.
  files: [
    'package.json',
    'LICENSE',
    'dist/**/*',
    '!dist/.built',
    '!dist/hub',
    '!dist/**/*.map',
    '!node_modules',
    ...nativeScopes.map((scope) => `node_modules/${scope}/**/*`),
    '!**/*.{md,d.ts,cdx.json}',
  ],
  asar: true,
  // The media server is a process of its own that loads native modules and reads the overlays: real files, not an archive.
  asarUnpack: [
    'dist/media-server/**',
    'dist/overlays/**',
    ...nativeScopes.map((scope) => `node_modules/${scope}/**`),
  ],
  // The native packages come ready-made for Node's stable interface; there is nothing to compile.
  npmRebuild: false,
  nodeGypRebuild: false,
  // Electron's own start screen is no part of the app.
  afterPack: ({ appOutDir, packager }) => {
    rmSync(path.join(packager.getResourcesDir(appOutDir), 'default_app.asar'), { force: true });
  },
  electronLanguages: ['en', 'en-US', 'es', 'es-419'],
  ...(localElectron && existsSync(localElectron)
    ? {
        electronDist: localElectron,
        electronVersion: readFileSync(path.join(localElectron, 'version'), 'utf8').trim().replace(/^v/, ''),
      }
    : {}),

  electronFuses: {
    // The app is no Node for whoever can start programs as this user.
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    // Only the archive that was signed along with the program, unchanged (checked on macOS and Windows).
    onlyLoadAppFromAsar: true,
    enableEmbeddedAsarIntegrityValidation: true,
    // Pages come from app://; file:// has no business here.
    grantFileProtocolExtraPrivileges: false,
    loadBrowserProcessSpecificV8Snapshot: false,
    // There are no cookies to protect, and the system's key ring would ask for a password at the first start.
    enableCookieEncryption: false,
    // Changing the fuses breaks the signature of an arm64 Mac's program: sign it anew, if only for this machine.
    resetAdHocDarwinSignature: true,
  },

  protocols: [{ name: 'Callcast link', schemes: ['callcast'], role: 'Viewer' }],
  publish: updateUrl ? [{ provider: 'generic', url: updateUrl }] : null,
  artifactName: '${productName}-${version}-${os}-${arch}.${ext}',

  linux: {
    target: ['AppImage', 'deb', 'rpm', 'tar.gz'],
    icon: at('build/icons'),
    executableName: 'callcast',
    category: 'AudioVideo;Network;VideoConference',
    synopsis: 'Calls and broadcasts, with a media server inside',
    maintainer: 'Callcast',
  },
  deb: { priority: 'optional' },

  mac: {
    target: [
      { target: 'dmg', arch: ['x64', 'arm64'] },
      { target: 'zip', arch: ['x64', 'arm64'] },
    ],
    icon: at('build/icons/icon.icns'),
    category: 'public.app-category.video',
    hardenedRuntime: true,
    gatekeeperAssess: false,
    entitlements: at('build/entitlements.mac.plist'),
    entitlementsInherit: at('build/entitlements.mac.plist'),
    extendInfo: {
      NSCameraUsageDescription: 'Callcast shows your camera to the people you call or broadcast to.',
      NSMicrophoneUsageDescription: 'Callcast lets the people you call or broadcast to hear you.',
      NSLocalNetworkUsageDescription:
        'Callcast connects to other computers in your network for calls and broadcasts.',
    },
  },

  win: {
    target: [
      { target: 'nsis', arch: ['x64'] },
      { target: 'portable', arch: ['x64'] },
    ],
    icon: at('build/icons/icon.ico'),
  },
  nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
  portable: { artifactName: '${productName}-${version}-portable.${ext}' },
};
