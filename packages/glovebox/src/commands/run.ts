import { readFile } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import { text as readStream } from 'node:stream/consumers'
import { inspect } from 'node:util'
import type { BackendName } from '@glovebox/backends/load'
import {
  type CodeMode,
  type CodeModeOptions,
  type ExecuteOptions,
  type ExecuteResult,
  type Limits,
  type RunDetails,
  toModelOutput,
} from '@glovebox/core'
import { cutUrls } from '@glovebox/core/framework'
import type { ServerOptions } from '../configured-servers.ts'
import { EXIT, type ExitCode, exitCodeOf, UsageError } from '../exit-codes.ts'
import { type PolicyFlags, policyOf } from '../policy-flags.ts'
import { Reporter, safe } from '../reporter.ts'
import { openStore, principal, type StoreOption, withRuns } from '../run-store.ts'
import { withCodeMode } from '../session.ts'
import type { ShapeOptions } from '../shape-file.ts'
import { createTerminalApproval } from '../terminal-approval.ts'

/** Options of `glovebox run`. */
export interface RunOptions extends ServerOptions, ShapeOptions, StoreOption, Printing, PolicyFlags {
  readonly limit?: Limits
  readonly sandbox?: BackendName
  /** Whether to check the types of the program first. */
  readonly check?: boolean
}

/** Options that choose what is printed. */
export interface Printing {
  readonly json?: boolean
  readonly quiet?: boolean
}

/** Runs one program and prints its value. */
export async function run(file: string, options: RunOptions, signal: AbortSignal): Promise<ExitCode> {
  const reporter = new Reporter(process.stderr, options.quiet === true)
  const code = await readProgram(file, signal)
  if (code.trim() === '')
    throw new UsageError(`The program is empty${file === '-' ? ': pass it on standard input' : ''}.`)
  return execute(code, options, reporter, signal, (codeMode, executeOptions) =>
    codeMode.execute(code, { ...executeOptions, ...(options.store !== undefined && { metadata: rulesOf(options) }) }),
  )
}

/** Resumes a stored run, and prints its value. */
export async function resume(run: string, options: RunOptions, signal: AbortSignal): Promise<ExitCode> {
  const reporter = new Reporter(process.stderr, options.quiet === true)
  const stored = { ...options, store: options.store ?? true } as const
  const { code, metadata } = await withRuns(stored, (runs) => runs.get(run, { principal: principal() }))
  const resumed = { ...withRules(stored, metadata), needsEveryServer: true }
  return execute(code, resumed, reporter, signal, (codeMode, executeOptions) => codeMode.resume(run, executeOptions))
}

async function execute(
  code: string,
  options: RunOptions,
  reporter: Reporter,
  signal: AbortSignal,
  start: (
    codeMode: CodeMode,
    options: Pick<ExecuteOptions, 'signal' | 'onEvent' | 'principal'>,
  ) => Promise<ExecuteResult>,
): Promise<ExitCode> {
  await using store = options.store === undefined ? undefined : await openStore(options.store)
  const [result, sandbox] = await withCodeMode(
    {
      ...options,
      limits: options.limit ?? {},
      policy: policyOf(options),
      onAsk: onAskOf(code, store !== undefined),
      runs: store && { store },
      opened: store,
    },
    reporter,
    signal,
    async (codeMode, { name }) => {
      reporter.progress(`Running in ${name} …`)
      const owner = store === undefined ? {} : { principal: principal() }
      return [await start(codeMode, { signal, onEvent: reporter.event, ...owner }), name] as const
    },
  )
  return printResult({ ...result, sandbox }, options, reporter)
}

/** Returns a function that asks on the terminal. Without one, a stored run waits for `glovebox runs approve`. */
function onAskOf(code: string, isStored: boolean): CodeModeOptions['onAsk'] {
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY
  return isStored && !isTerminal ? undefined : createTerminalApproval(code, process.stdin, process.stderr)
}

/** Prints a result. Returns the exit code for it. */
export function printResult(
  result: ExecuteResult & { readonly sandbox: string },
  { json, store }: Printing & StoreOption,
  reporter: Reporter,
): ExitCode {
  if (json === true) console.log(toJson(result))
  else if (result.ok) console.log(show(result.value))
  else if (result.status === 'suspended') reporter.suspension(result, store)
  else reporter.failure(result.error)
  return result.ok ? EXIT.ok : exitCodeOf(result.error.code)
}

/** Rules of a run as texts, so that they apply again when it is resumed. */
const rulesOf = ({ ask = [], deny = [] }: RunOptions) => ({ ask: JSON.stringify(ask), deny: JSON.stringify(deny) })

/** Adds the rules with which a run began. */
function withRules<Options extends RunOptions>(options: Options, metadata: RunDetails['metadata']): Options {
  const kept = (name: 'ask' | 'deny') => JSON.parse(metadata?.[name] ?? '[]') as string[]
  return {
    ...options,
    ask: [...new Set([...kept('ask'), ...(options.ask ?? [])])],
    deny: [...new Set([...kept('deny'), ...(options.deny ?? [])])],
  }
}

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
