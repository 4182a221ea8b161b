import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'

export interface StartedWorker {
  readonly url: URL
  stop(): Promise<void>
}

const COMPATIBILITY_DATE = '2026-08-01'

/** Bundles a Worker like wrangler and serves it on loopback with a Worker Loader binding. */
export async function startWorker(entry: URL, env: Readonly<Record<string, string>> = {}): Promise<StartedWorker> {
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
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    logRequests: false,
    workers: [
      {
        config: {
          name: 'tested',
          compatibilityDate: COMPATIBILITY_DATE,
          compatibilityFlags: ['nodejs_compat'],
          manifest: { mainModule: 'worker.js', modulesRoot: '/', modules: Object.fromEntries(modules) },
          env: { LOADER: { type: 'worker-loader' }, ...Object.fromEntries(texts) },
        },
        dev: {},
      },
    ],
  })
  return { url: await miniflare.ready, stop: () => miniflare.dispose() }
}
