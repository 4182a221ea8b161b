import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'

export interface StartedWorker {
  readonly url: URL
  stop(): Promise<void>
}

/** Durable Objects of a Worker. */
export interface WorkerObjects {
  /** Names of the exported classes, by binding. They have SQLite storage. */
  readonly classes: Readonly<Record<string, string>>
  /** Folder in which their storage outlives the Worker. */
  readonly folder: string
}

const NAME = 'tested'
const COMPATIBILITY_DATE = '2026-08-01'

/** Bundles a Worker like wrangler and serves it on loopback with a Worker Loader binding. Default: no objects. */
export async function startWorker(
  entry: URL,
  env: Readonly<Record<string, string>> = {},
  objects?: WorkerObjects,
): Promise<StartedWorker> {
  const { outputFiles } = await build({
    entryPoints: { worker: fileURLToPath(entry) },
    entryNames: '[name]',
    assetNames: '[name]-[hash]',
    outdir: '/',
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*', 'cloudflare:*'],
    loader: { '.wasm': 'copy' },
    logLevel: 'error',
  })
  const modules = outputFiles.map(({ path, contents, text }) =>
    path.endsWith('.wasm')
      ? ([path.slice(1), { type: 'wasm', contents }] as const)
      : ([path.slice(1), { type: 'esm', contents: text }] as const),
  )
  const texts = Object.entries(env).map(([name, value]) => [name, { type: 'text', value }] as const)
  const classes = Object.entries(objects?.classes ?? {})
  const bindings = classes.map(
    ([binding, exportName]) => [binding, { type: 'durable-object', worker: NAME, exportName }] as const,
  )
  const exports = classes.map(([, exportName]) => [exportName, { type: 'durable-object', storage: 'sqlite' }] as const)
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    logRequests: false,
    ...(objects !== undefined && { resourcePersistencePath: objects.folder }),
    workers: [
      {
        config: {
          name: NAME,
          compatibilityDate: COMPATIBILITY_DATE,
          compatibilityFlags: ['nodejs_compat'],
          manifest: { mainModule: 'worker.js', modulesRoot: '/', modules: Object.fromEntries(modules) },
          env: { LOADER: { type: 'worker-loader' }, ...Object.fromEntries([...texts, ...bindings]) },
          exports: Object.fromEntries(exports),
        },
        dev: {},
      },
    ],
  })
  return { url: await miniflare.ready, stop: () => miniflare.dispose() }
}
