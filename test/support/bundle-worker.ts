/** Worker threads as files that Node can run, bundled for tests and benchmarks that run the sources. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'vite';

const root = path.resolve(import.meta.dirname, '../..');

export interface BundledWorker {
  readonly file: string;
  /** Deletes the bundle. */
  close(): Promise<void>;
}

/** `source` relative to the checkout. */
export async function bundleWorker(source: string): Promise<BundledWorker> {
  // Inside the checkout, so that the bundle finds the packages that stay outside of it.
  const cache = path.join(root, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, 'worker-'));
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: path.join(root, source),
      outDir: folder,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rollupOptions: { output: { format: 'es', entryFileNames: 'worker.mjs' } },
    },
  });
  return { file: path.join(folder, 'worker.mjs'), close: () => rm(folder, { recursive: true, force: true }) };
}
