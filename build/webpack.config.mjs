/**
 * The bundles, as webpack configurations:
 *   main      dist/main/main.cjs            Electron's main process
 *   preload   dist/preload/preload.cjs      one file, as the sandbox demands
 *   hub, media-server                       the two servers as processes of their own (dist/hub, dist/media-server)
 *   renderer  dist/renderer                 the UI for app://, for the Chromium that Electron brings
 *   web       dist/web                      the UI for browsers, served by the hub: hashed names, older syntax
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import HtmlWebpackPlugin from 'html-webpack-plugin';
import MiniCssExtractPlugin from 'mini-css-extract-plugin';
import webpack from 'webpack';
import { MinifyWithSwc } from './minify.mjs';
import {
  at,
  dist,
  faceModels,
  hubEntries,
  ignoredPackages,
  mediaServerEntries,
  nativePackages,
  overlayImages,
  trayIcons,
} from './layout.mjs';

/** @typedef {'production' | 'development'} Mode */

const require = createRequire(import.meta.url);

/**
 * @param {Mode} mode
 * @returns {import('webpack').Configuration[]}
 */
export function configurations(mode) {
  return [main(mode), preload(mode), hub(mode), mediaServer(mode), renderer(mode), web(mode)];
}

/** @param {Mode} mode @returns {import('webpack').Configuration} */
function main(mode) {
  return {
    ...nodeSide(mode, 'main', 'electron33-main', [
      copyFiles('icons', at('build/icons/256x256.png'), ...trayIcons()),
      copyFiles('overlays', ...overlayImages()),
    ]),
    entry: { 'main/main': at('main/main.ts') },
  };
}

/** @param {Mode} mode @returns {import('webpack').Configuration} */
function preload(mode) {
  return {
    ...shared(mode, 'preload'),
    target: 'electron33-preload',
    entry: { 'preload/preload': at('preload/preload.ts') },
    output: { path: dist, filename: '[name].cjs' },
    module: { rules: [typescript('chrome130')] },
    optimization: { minimize: false },
  };
}

/** @param {Mode} mode @returns {import('webpack').Configuration} */
function hub(mode) {
  return { ...nodeSide(mode, 'hub', 'node20.18'), entry: hubEntries };
}

/** @param {Mode} mode @returns {import('webpack').Configuration} */
function mediaServer(mode) {
  const models = copyFiles('media-server', ...faceModels());
  return { ...nodeSide(mode, 'media-server', 'node20.18', [models]), entry: mediaServerEntries() };
}

/** @param {Mode} mode @returns {import('webpack').Configuration} */
function renderer(mode) {
  return ui(mode, 'renderer', 'chrome130', false);
}

/** @param {Mode} mode @returns {import('webpack').Configuration} */
function web(mode) {
  return ui(mode, 'web', 'chrome100, firefox102, safari15.4', true);
}

/**
 * What all bundles share. Source maps are files of their own, never `eval`: the pages' content security policy forbids it.
 * @param {Mode} mode @param {string} name @returns {import('webpack').Configuration}
 */
function shared(mode, name) {
  return {
    name,
    mode,
    context: at(),
    devtool: mode === 'development' ? 'source-map' : false,
    resolve: { extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'] },
    cache: {
      type: 'filesystem',
      name: `${name}-${mode}`,
      cacheDirectory: at('node_modules/.cache/webpack'),
      buildDependencies: {
        config: [
          import.meta.filename,
          at('build/layout.mjs'),
          at('build/minify.mjs'),
          at('package-lock.json'),
        ],
      },
    },
    // A softphone is no web page on a slow line: the whole UI is loaded from this computer or the LAN.
    performance: false,
    infrastructureLogging: { level: 'error' },
    stats: 'errors-warnings',
  };
}

/**
 * @param {Mode} mode @param {string} name @param {string} target @param {import('webpack').WebpackPluginInstance[]} [plugins]
 * @returns {import('webpack').Configuration}
 */
function nodeSide(mode, name, target, plugins = []) {
  return {
    ...shared(mode, name),
    target,
    output: {
      path: dist,
      filename: '[name].cjs',
      chunkFilename: `${name}/[name].cjs`,
      library: { type: 'commonjs2' },
    },
    module: { rules: [typescript('node20.18')] },
    externals: Object.fromEntries(nativePackages.map(({ name }) => [name, `commonjs ${name}`])),
    plugins: [new webpack.IgnorePlugin({ resourceRegExp: exactly(ignoredPackages) }), ...plugins],
    node: { __dirname: false, __filename: false },
    // Readable stack traces in the user's log are worth more than the bytes.
    optimization: { minimize: false, nodeEnv: mode },
  };
}

/** @param {Mode} mode @param {'renderer' | 'web'} name @param {string} target @param {boolean} hashed */
function ui(mode, name, target, hashed) {
  const file = hashed ? '[name].[contenthash:12]' : '[name]';
  /** @type {import('webpack').Configuration} */
  const configuration = {
    ...shared(mode, name),
    target: ['web', target.startsWith('chrome130') ? 'es2022' : 'es2021'],
    entry: { app: at('renderer/main.tsx') },
    output: {
      path: `${dist}/${name}`,
      filename: `${file}.js`,
      chunkFilename: `${file}.js`,
      assetModuleFilename: `assets/${file}[ext]`,
      publicPath: '/',
    },
    resolve: {
      extensions: ['.tsx', '.ts', '.mjs', '.js', '.json'],
      // An optional Chrome extension for screen sharing, from before browsers had it; found empty, nobody warns of it.
      alias: { 'kurento-browser-extensions': false },
      // kurento-utils is written for Node's `events`; webpack has the browser's version of it among its own dependencies.
      fallback: { events: createRequire(require.resolve('webpack/package.json')).resolve('events/') },
    },
    module: {
      // `new Worker(new URL(…))` is known by default; the level meter's worklet is loaded in the same manner.
      parser: { javascript: { worker: ['*context.audioWorklet.addModule()', '...'] } },
      rules: [
        typescript(target),
        {
          test: /\.css$/,
          use: [
            MiniCssExtractPlugin.loader,
            {
              loader: 'css-loader',
              options: {
                modules: {
                  auto: true,
                  namedExport: false,
                  exportLocalsConvention: 'as-is',
                  localIdentName: mode === 'development' ? '[name]__[local]' : '[hash:base64:8]',
                },
              },
            },
          ],
        },
        { test: /\.(svg|png|jpg|webp|avif|woff2|mp3|ogg|wav)$/, type: 'asset/resource' },
      ],
    },
    optimization: { minimizer: [new MinifyWithSwc()] },
    plugins: [
      new MiniCssExtractPlugin({ filename: `${file}.css`, chunkFilename: `${file}.css` }),
      new HtmlWebpackPlugin({ template: at('renderer/index.html'), scriptLoading: 'defer', minify: false }),
      new webpack.DefinePlugin({ __DEVELOPMENT__: JSON.stringify(mode === 'development') }),
    ],
  };
  return configuration;
}

/** @param {string} target browserslist queries, or a Node version */
function typescript(target) {
  return {
    test: /\.tsx?$/,
    exclude: /node_modules/,
    loader: 'swc-loader',
    options: {
      sourceMaps: true,
      env: {
        targets: target.startsWith('node')
          ? { node: target.slice(4) }
          : target.replace(/([a-z])(\d)/g, '$1 $2'),
      },
      jsc: {
        parser: { syntax: 'typescript', tsx: true },
        transform: { react: { runtime: 'automatic' } },
      },
    },
  };
}

/**
 * Takes files along unchanged, into a folder of the output.
 * @param {string} folder @param {...string} files @returns {import('webpack').WebpackPluginInstance}
 */
function copyFiles(folder, ...files) {
  return {
    apply(compiler) {
      compiler.hooks.thisCompilation.tap('CopyFiles', (compilation) => {
        const stage = webpack.Compilation.PROCESS_ASSETS_STAGE_ADDITIONAL;
        compilation.hooks.processAssets.tapPromise({ name: 'CopyFiles', stage }, async () => {
          for (const file of files) {
            compilation.fileDependencies.add(file);
            compilation.emitAsset(
              `${folder}/${path.basename(file)}`,
              new webpack.sources.RawSource(await readFile(file)),
            );
          }
        });
      });
    },
  };
}

/** @param {string[]} names */
function exactly(names) {
  return new RegExp(`^(${names.map((name) => name.replace(/[^\w]/g, '\\$&')).join('|')})$`);
}
