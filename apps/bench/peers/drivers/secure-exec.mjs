import { packageVersion } from '../package-version.mjs'

/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

const MB = 1024 * 1024

export default {
  name: 'secure-exec',
  version: packageVersion('secure-exec'),
  containment: 'contained',
  engine: 'v8',
  note: 'A VM per run without its default software, in one sidecar process; disposals of VMs are not awaited, as some take their deadline of five seconds; an answer of a tool over 256 KiB fails; version 0.3.3 does not install, since its core package is not in the registry.',
  nodeFlags: [],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs, memoryBytes }) {
    // Its sidecar process writes each phase of each run to stderr otherwise.
    process.env.AGENTOS_LOG_LEVEL ??= 'error'
    const [{ createVm, shutdown }, { z }] = await Promise.all([import('secure-exec'), import('zod')])
    // It accepts no schema for any value, so each input is wrapped into a property of an open object.
    const inputSchema = z.looseObject({})
    const options = {
      defaultSoftware: false,
      hostFunctions: {
        host: Object.fromEntries(
          Object.entries(tools).map(([name, call]) => [
            name,
            {
              inputSchema,
              execute: async (/** @type {any} */ { input }) => ({ value: await call(input) }),
            },
          ]),
        ),
      },
      limits: {
        // A call of a host function is a process in the VM, with its input as an argument.
        resources: {
          maxProcesses: 2000,
          maxOpenFds: 20_000,
          maxPipes: 20_000,
          maxProcessArgvBytes: 16 * MB,
          maxFdWriteBytes: 16 * MB,
        },
        process: { pendingEventCount: 20_000, pendingEventBytes: 64 * MB, pendingStdinBytes: 16 * MB },
        hostFunctions: { defaultTimeoutMs: timeoutMs, maxTimeoutMs: timeoutMs },
        jsRuntime: {
          v8HeapLimitMb: Math.max(8, Math.floor(memoryBytes / MB)),
          capturedOutputLimitBytes: 16 * MB,
          eventPayloadLimitBytes: 16 * MB,
          v8IpcMaxFrameBytes: 64 * MB,
        },
      },
    }
    const toolsOfProgram = Object.keys(tools)
      .map((name) => `${name}: async (input) => (await host.${name}({ input })).value`)
      .join(', ')
    /** @type {Set<Promise<void>>} */
    const disposals = new Set()
    return {
      /** @param {string} body */
      async run(body) {
        const vm = await createVm(options)
        try {
          const result = await vm.javascript.evaluate(
            `(async () => { const tools = { ${toolsOfProgram} };${body}\n})()`,
            { timeoutMs },
          )
          if (result.outcome !== 'succeeded') {
            throw Object.assign(new Error(result.error?.message ?? `The run is ${result.outcome}.`), {
              name: result.error?.name ?? 'Error',
            })
          }
          return result.value
        } finally {
          // The disposal of a VM may take its deadline of five seconds, so a run does not wait for it.
          const disposal = vm.dispose().catch(() => {})
          disposals.add(disposal)
          disposal.then(() => disposals.delete(disposal))
        }
      },
      async close() {
        await Promise.all(disposals)
        await shutdown()
      },
    }
  },
}
