import type { BackendName } from '@glovebox/backends/load'
import { type Replay, replay, rerun } from '@glovebox/core'
import { EXIT, type ExitCode, UsageError } from '../exit-codes.ts'
import { Reporter } from '../reporter.ts'
import { principal, type StoreOption, withRuns } from '../run-store.ts'
import { openSandbox } from '../sandboxes.ts'
import { type Printing, printResult } from './run.ts'
import { parseJson } from './runs.ts'

/** Options of `glovebox replay`. */
export interface ReplayOptions extends StoreOption, Printing {
  readonly sandbox?: BackendName
  readonly edit?: readonly string[]
}

/** Repeats a stored run without calling tools, and prints the first difference; or what other outputs would change. */
export async function replayCommand(run: string, options: ReplayOptions): Promise<ExitCode> {
  const reporter = new Reporter(process.stderr, options.quiet === true)
  const outputs = Object.fromEntries((options.edit ?? []).map(parseEdit))
  const details = await withRuns(options, (runs) => runs.get(run, { principal: principal() }))
  await using sandbox = await openSandbox(options.sandbox)
  if (options.edit !== undefined)
    return printResult({ ...(await rerun(sandbox, details, { outputs })), sandbox: sandbox.name }, options, reporter)
  const replayed = await replay(sandbox, details)
  if (options.json === true) console.log(JSON.stringify({ ...replayed, sandbox: sandbox.name }))
  else console.log(replayed.isSame ? `${sandbox.name} repeats the run exactly` : describe(replayed))
  return replayed.isSame ? EXIT.ok : EXIT.program
}

function parseEdit(text: string): [call: number, output: unknown] {
  const [, call, output] = /^([1-9]\d{0,8})=(.*)$/s.exec(text) ?? []
  if (call === undefined || output === undefined)
    throw new UsageError(`--edit must be call=json, such as 2=[]; got ${text}`)
  return [Number(call), parseJson('--edit', output)]
}

function describe(replayed: Extract<Replay, { isSame: false }>): string {
  const [expected, received] =
    replayed.at === 'end'
      ? [replayed.expected, replayed.received]
      : [replayed.divergence.expected, replayed.divergence.received].map((entry) => entry && JSON.stringify(entry))
  return `The program did something else.\n  recorded: ${expected ?? 'nothing'}\n  now:      ${received ?? 'nothing'}`
}
