/**
 * How an installer is made, for electron-builder. `build/package.mjs` hands it over; what cannot be tried on Linux is
 * listed as untried in docs/packaging.md.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Arch } from 'electron-builder';
import { at, nativePackages } from './layout.mjs';

/** An Electron that is on this machine already (the same variable as Electron's own npm package reads). */
const localElectron = process.env.ELECTRON_OVERRIDE_DIST_PATH;

/** Where updates come from; without it the app never asks for any. */
const updateUrl = process.env.CALLCAST_UPDATE_URL;

/** deb and rpm have to name a page; whoever publishes an installer puts in the real one. */
const homepage = process.env.CALLCAST_HOMEPAGE ?? 'https://callcast.example/';

/**
 * Native packages come in two: what is common, and the binary for one system and processor, such as
 * `@napi-rs/canvas-linux-x64-gnu`. electron-builder puts in the system and the processor that it packages for.
 */
const nativeFolders = nativePackages.flatMap(({ name, binary }) => [
  `node_modules/${name}`,
  `node_modules/${binary}-\${platform}-\${arch}{,-gnu,-msvc}`,
]);

/** @param {string} name */
const topFolder = (name) => name.split('/')[0];

/**
 * npm installs the binaries of the system that it runs on: packaging for another one needs those.
 * @param {string} system as Node names it @param {string | undefined} arch
 */
function checkBinaries(system, arch) {
  const missing = nativePackages.filter(({ binary }) => {
    const [scope = '', own = ''] = binary.split('/');
    const siblings = existsSync(at('node_modules', scope)) ? readdirSync(at('node_modules', scope)) : [];
    return !siblings.some((folder) => folder.startsWith(`${own}-${system}-${arch}`));
  });
  if (missing.length > 0)
    throw new Error(
      `${missing.map(({ name }) => name).join(' and ')} for ${system} ${arch} is not installed: npm install --no-save --os=${system} --cpu=${arch}`,
    );
}

/** @type {import('electron-builder').Configuration} */
export const configuration = {
  appId: 'app.callcast',
  productName: 'Callcast',
  copyright: 'Callcast, Apache License 2.0',
  // By the name of its desktop file the desktop knows which program a window belongs to.
  extraMetadata: { homepage, desktopName: 'callcast.desktop' },
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
    ...nativeFolders.map((folder) => `${folder}/**/*`),
    // Its sources and manual, and what is for other C libraries than Electron's.
    '!node_modules/koffi/{doc,lib,vendor}/**',
    '!node_modules/koffi/**/{*.{cc,hh,inc,def,S,asm},CMakeLists.txt,cnoke.cjs}',
    '!node_modules/@koromix/**/musl_*/**',
    '!**/*.{md,d.ts,cdx.json}',
  ],
  asar: true,
  // The media server is a process of its own that loads native modules and reads the overlays: real files, not an archive.
  asarUnpack: [
    'dist/media-server/**',
    'dist/overlays/**',
    ...[...new Set(nativePackages.flatMap(({ name, binary }) => [name, binary].map(topFolder)))].map(
      (folder) => `node_modules/${folder}/**`,
    ),
  ],
  // The native packages come ready-made for Node's stable interface; there is nothing to compile.
  npmRebuild: false,
  nodeGypRebuild: false,
  beforePack: ({ packager, arch }) => {
    checkBinaries(packager.platform.nodeName, Arch[arch]);
  },
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
    syncDesktopName: true,
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
