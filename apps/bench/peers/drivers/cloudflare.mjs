import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { packageVersion } from '../package-version.mjs'

/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

const version = packageVersion('@cloudflare/codemode')
const folder = new URL('../', import.meta.url)
const bundle = new URL(`node_modules/.cache/bench/cloudflare-codemode-${version}.mjs`, folder)

/** The Worker around the executor. The tools are in the host's Node.js process, behind a service binding. */
const worker = (/** @type {string[]} */ names, /** @type {number} */ timeoutMs) => `
import { DynamicWorkerExecutor } from './codemode.mjs'

const names = ${JSON.stringify(names)}

export default {
  async fetch(request, env) {
    const executor = new DynamicWorkerExecutor({ loader: env.LOADER, timeout: ${timeoutMs} })
    const fns = {}
    for (const name of names) {
      fns[name] = async (input) => {
        const response = await env.TOOLS.fetch('http://tools/' + name, { method: 'POST', body: JSON.stringify(input ?? null) })
        const answer = await response.json()
        if ('error' in answer) throw new Error(answer.error)
        return answer.value
      }
    }
    const { result, error } = await executor.execute(await request.text(), [{ name: 'codemode', fns }])
    return Response.json(error === undefined ? { value: result } : { error })
  },
}
`

/** Bundles the package for the Worker, once per version. */
const codemode = async () => {
  if (!existsSync(bundle)) {
    const { build } = await import('esbuild')
    const { outputFiles } = await build({
      stdin: {
        contents: "export { DynamicWorkerExecutor } from '@cloudflare/codemode'",
        resolveDir: new URL('.', folder).pathname,
      },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      target: 'esnext',
      external: ['cloudflare:*', 'node:*'],
    })
    await mkdir(new URL('.', bundle), { recursive: true })
    const temporary = new URL(`${bundle.href}.${process.pid}`)
    await writeFile(temporary, outputFiles[0].text)
    await rename(temporary, bundle)
  }
  return readFile(bundle, 'utf8')
}

export default {
  name: '@cloudflare/codemode',
  version,
  containment: 'contained',
  engine: 'workerd',
  note: `On miniflare ${packageVersion('miniflare')}; the tools are in the host's Node.js process, so each call crosses loopback HTTP; it has no option for memory; workerd limits no CPU time locally, so an endless loop holds all runs until close.`,
  nodeFlags: [],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs }) {
    const [{ Miniflare, Response }, script] = await Promise.all([import('miniflare'), codemode()])
    const callTool = async (/** @type {any} */ request) => {
      try {
        const name = new URL(request.url).pathname.slice(1)
        return Response.json({ value: (await tools[name](await request.json())) ?? null })
      } catch (error) {
        return Response.json({ error: String(error instanceof Error ? error.message : error) })
      }
    }
    const miniflare = new Miniflare({
      host: '127.0.0.1',
      logRequests: false,
      workers: [
        {
          config: {
            name: 'bench',
            compatibilityDate: '2026-08-01',
            compatibilityFlags: ['nodejs_compat'],
            manifest: {
              mainModule: 'worker.mjs',
              modulesRoot: '/',
              modules: {
                'worker.mjs': { type: 'esm', contents: worker(Object.keys(tools), timeoutMs) },
                'codemode.mjs': { type: 'esm', contents: script },
              },
            },
            env: {
              LOADER: { type: 'worker-loader' },
              TOOLS: { type: 'fetcher', handler: callTool },
            },
          },
          dev: {},
        },
      ],
    })
    await miniflare.ready
    return {
      /** @param {string} body */
      async run(body) {
        const response = await miniflare.dispatchFetch('http://bench/', {
          method: 'POST',
          // An endless loop holds workerd, whose own timeout then never comes.
          signal: AbortSignal.timeout(timeoutMs + 1000),
          body: `async () => { const tools = codemode;${body}\n}`,
        })
        if (!response.ok) throw new Error(await response.text())
        const answer = /** @type {any} */ (await response.json())
        if ('error' in answer) throw new Error(answer.error)
        return answer.value
      },
      async close() {
        await miniflare.dispose()
      },
    }
  },
}
