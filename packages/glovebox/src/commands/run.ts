import { readFile } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import { text as readStream } from 'node:stream/consumers'
import { inspect } from 'node:util'
import type { BackendName } from '@glovebox/backends'
import { type ExecuteResult, type Limits, type PolicyRule, toModelOutput } from '@glovebox/core'
import { cutUrls } from '@glovebox/core/framework'
import { EXIT, type ExitCode, exitCodeOf, UsageError } from '../exit-codes.ts'
import { Reporter, safe } from '../reporter.ts'
import { type ServerOptions, withCodeMode } from '../session.ts'
import { createTerminalApproval } from '../terminal-approval.ts'

/** Options of `glovebox run`. */
export interface RunOptions extends ServerOptions {
  readonly limit?: Limits
  readonly sandbox?: BackendName
  readonly json?: boolean
  readonly quiet?: boolean
  readonly ask?: readonly string[]
  readonly deny?: readonly string[]
}

/** Runs one program and prints its value. */
export async function run(file: string, options: RunOptions, signal: AbortSignal): Promise<ExitCode> {
  const reporter = new Reporter(process.stderr, options.quiet === true)
  const code = await readProgram(file, signal)
  if (code.trim() === '')
    throw new UsageError(`The program is empty${file === '-' ? ': pass it on standard input' : ''}.`)
  const [result, sandbox] = await withCodeMode(
    {
      ...options,
      limits: options.limit ?? {},
      policy: policyOf(options),
      onAsk: createTerminalApproval(code, process.stdin, process.stderr),
    },
    reporter,
    signal,
    async (codeMode, { name }) => {
      reporter.progress(`Running in ${name} …`)
      return [await codeMode.execute(code, { signal, onEvent: reporter.event }), name] as const
    },
  )
  if (options.json === true) console.log(toJson({ ...result, sandbox }))
  else if (result.ok) console.log(show(result.value))
  else reporter.failure(result.error)
  return result.ok ? EXIT.ok : exitCodeOf(result.error.code)
}

const policyOf = ({ ask = [], deny = [] }: RunOptions): PolicyRule[] => [
  ...(ask.length === 0 ? [] : [{ tools: ask, effect: 'ask' as const }]),
  ...(deny.length === 0 ? [] : [{ tools: deny, effect: 'deny' as const }]),
]

async function readProgram(file: string, signal: AbortSignal): Promise<string> {
  if (file === '-') return readStream(addAbortSignal(signal, process.stdin))
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(
      `Cannot read the program ${cutUrls(file)}: ${code === 'ENOENT' ? 'there is no such file' : code}`,
      {
        cause: error,
      },
    )
  }
}

function show(value: unknown): string {
  const { isTTY } = process.stdout
  if (typeof value === 'string') return isTTY ? safe(value) : value
  // A pipe or a file receives all of the value.
  const bounds = isTTY
    ? { depth: 8, maxArrayLength: 1_000 }
    : { depth: null, maxArrayLength: null, maxStringLength: null }
  return inspect(value, { colors: isTTY && process.stdout.hasColors(), ...bounds })
}

/** Output bounds. `resultBytes` bounds the size of the value; these bound how often circular parts are repeated. */
const WHOLE = { text: Number.POSITIVE_INFINITY, nodes: 4_000_000, depth: 1_000 }

/** Returns the result as JSON, with its value converted to plain JSON. Bytes become base64. */
function toJson(result: ExecuteResult & { readonly sandbox: string }): string {
  if (!result.ok) return JSON.stringify(result)
  const output = toModelOutput(result, WHOLE, (bytes) => Buffer.from(bytes).toString('base64'))
  return JSON.stringify({ ...result, value: 'result' in output ? output.result : null })
}
