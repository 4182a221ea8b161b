import { packageVersion } from '../package-version.mjs'

/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

const FAILURE = '[ERROR] Code execution failed: '
const LOG_LINES = /^(\[DirectCommunicationProtocol\]|Calling tool '|Successfully registered manual|UTCP Client)/
let manuals = 0

/** Drops the lines that the client writes to the console at each call. It has no option for that. */
const silence = () => {
  const { log } = console
  console.log = (...values) => {
    if (typeof values[0] !== 'string' || !LOG_LINES.test(values[0])) log(...values)
  }
}

export default {
  name: '@utcp/code-mode',
  version: packageVersion('@utcp/code-mode'),
  containment: 'in-process',
  engine: 'isolated-vm',
  note: 'A call of a tool blocks the program until the host has answered, so calls in a Promise.all run one after another; tools are registered by @utcp/direct-call, and its log lines are dropped.',
  nodeFlags: ['--no-node-snapshot'],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs, memoryBytes }) {
    const [{ CodeModeUtcpClient }, { addFunctionToUtcpDirectCall }] = await Promise.all([
      import('@utcp/code-mode'),
      import('@utcp/direct-call'),
    ])
    if (manuals === 0) silence()
    // Functions are registered for the whole process, so their names carry a number.
    const prefix = `bench${++manuals}`
    const names = Object.keys(tools)
    // The plugin spreads the values of the input's properties, so each input is wrapped into one property.
    for (const name of names) {
      addFunctionToUtcpDirectCall(`${prefix}_${name}`, async (/** @type {unknown} */ input) => tools[name](input))
    }
    addFunctionToUtcpDirectCall(`${prefix}_manual`, async () => ({
      utcp_version: '1.0.0',
      manual_version: '1.0.0',
      tools: names.map((name) => ({
        name,
        description: name,
        inputs: { type: 'object', properties: { input: {} } },
        outputs: {},
        tags: [],
        tool_call_template: { call_template_type: 'direct-call', callable_name: `${prefix}_${name}` },
      })),
    }))
    const client = await CodeModeUtcpClient.create()
    const registered = await client.registerManual({
      name: 'host',
      call_template_type: 'direct-call',
      callable_name: `${prefix}_manual`,
    })
    if (!registered.success) throw new Error(`The tools could not be registered: ${registered.errors?.join(', ')}`)
    const toolsOfProgram = names.map((name) => `${name}: (input) => host.${name}({ input })`).join(', ')
    const memoryMb = Math.max(8, Math.floor(memoryBytes / (1024 * 1024)))
    return {
      /** @param {string} body */
      async run(body) {
        const { result, logs } = await client.callToolChain(
          `const tools = { ${toolsOfProgram} };${body}`,
          timeoutMs,
          memoryMb,
        )
        const last = logs.at(-1)
        if (result === null && last?.startsWith(FAILURE)) throw new Error(last.slice(FAILURE.length))
        return result
      },
      async close() {
        await client.close()
      },
    }
  },
}
