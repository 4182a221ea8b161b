import { readFile } from 'node:fs/promises'
import { packageVersion } from '../package-version.mjs'

/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

export default {
  name: 'quickjs-emscripten',
  version: packageVersion('quickjs-emscripten'),
  containment: 'in-process',
  engine: 'quickjs',
  note: 'A floor: a new WASM instance (of one compiled module) and a new context per run; calls are deferred promises, and values cross as JSON.',
  nodeFlags: [],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs, memoryBytes }) {
    const [
      { newQuickJSWASMModuleFromVariant, newVariant, shouldInterruptAfterDeadline },
      { default: base },
      wasmModule,
    ] = await Promise.all([
      import('quickjs-emscripten'),
      import('@jitl/quickjs-wasmfile-release-sync'),
      readFile(new URL(import.meta.resolve('@jitl/quickjs-wasmfile-release-sync/wasm'))).then((bytes) =>
        WebAssembly.compile(bytes),
      ),
    ])
    const variant = newVariant(base, { wasmModule })
    const setup = `globalThis.tools = {}
for (const name of ${JSON.stringify(Object.keys(tools))}) {
  const call = globalThis.__call
  tools[name] = async (input) => {
    const json = await call(name, JSON.stringify(input))
    return json === undefined ? undefined : JSON.parse(json)
  }
}
delete globalThis.__call`
    return {
      /** @param {string} body */
      async run(body) {
        const quickjs = await newQuickJSWASMModuleFromVariant(variant)
        const runtime = quickjs.newRuntime()
        runtime.setMemoryLimit(memoryBytes)
        runtime.setInterruptHandler(shouldInterruptAfterDeadline(Date.now() + timeoutMs))
        const context = runtime.newContext()
        let ended = false
        /** @type {NodeJS.Timeout | undefined} */
        let timer
        try {
          return await new Promise((resolve, reject) => {
            timer = setTimeout(() => reject(new Error(`The run took over ${timeoutMs} ms.`)), timeoutMs)
            const pump = () => {
              const jobs = runtime.executePendingJobs()
              if (jobs.error) {
                const error = context.dump(jobs.error)
                jobs.error.dispose()
                reject(new Error(error?.message ?? String(error)))
              }
            }
            const call = context.newFunction('call', (nameHandle, inputHandle) => {
              const name = context.getString(nameHandle)
              const json = context.dump(inputHandle)
              const deferred = context.newPromise()
              const answer = (/** @type {'resolve' | 'reject'} */ how, /** @type {any} */ value) => {
                deferred[how](value)
                if (value !== context.undefined) value.dispose()
                deferred.dispose()
                pump()
              }
              Promise.resolve(json === undefined ? undefined : JSON.parse(json))
                .then((input) => tools[name](input))
                .then(
                  (value) => {
                    if (ended) return
                    const result = JSON.stringify(value)
                    answer('resolve', result === undefined ? context.undefined : context.newString(result))
                  },
                  (error) => {
                    if (!ended) answer('reject', context.newError(error?.message ?? String(error)))
                  },
                )
                .catch(reject)
              return deferred.handle
            })
            context.setProp(context.global, '__call', call)
            call.dispose()
            const done = context.newFunction('done', (failed, value) => {
              const json = context.dump(value)
              if (context.dump(failed)) reject(new Error(json))
              else resolve(json === undefined ? undefined : JSON.parse(json))
            })
            context.setProp(context.global, '__done', done)
            done.dispose()
            context.unwrapResult(context.evalCode(setup)).dispose()
            const program = context.evalCode(`{
  const done = globalThis.__done
  delete globalThis.__done;
  (async () => {${body}\n})().then(
    (value) => done(false, JSON.stringify(value)),
    (error) => done(true, String(error?.message ?? error)),
  )
}`)
            context.unwrapResult(program).dispose()
            pump()
          })
        } finally {
          clearTimeout(timer)
          // The whole instance is dropped, so nothing in it is disposed of.
          ended = true
        }
      },
      async close() {},
    }
  },
}
