import { styleText } from 'node:util'
import type { CallDecision, PendingCall, RunDetails, RunEntry, RunFilter, RunStatus, RunSummary } from '@glovebox/core'
import { EXIT, type ExitCode, UsageError } from '../exit-codes.ts'
import { safe, storeFlag } from '../reporter.ts'
import { principal, type StoreOption, withRuns } from '../run-store.ts'
import { shownInput } from '../terminal-approval.ts'

/** Options of `glovebox runs list`. */
export interface ListOptions extends StoreOption {
  readonly json?: boolean
  readonly status?: RunStatus
}

/** Options of `glovebox runs show`. */
export interface ShowOptions extends StoreOption {
  readonly json?: boolean
}

/** Options of the commands that decide on a call. */
export interface DecideOptions extends StoreOption {
  readonly note?: string
  /** Input to use instead, as JSON. */
  readonly edit?: string
  readonly reason?: string
  /** Output of a call whose outcome is not known, as JSON. */
  readonly output?: string
  readonly error?: string
  readonly retry?: boolean
}

const style = (format: Parameters<typeof styleText>[0], text: string) =>
  styleText(format, text, { stream: process.stdout })

/** Prints the stored runs, the latest first. */
export async function listRuns({ json, status, ...options }: ListOptions): Promise<ExitCode> {
  return withRuns(options, async (runs) => {
    const filter: RunFilter = status === undefined ? {} : { status }
    let count = 0
    for await (const run of runs.list(filter, { principal: principal() })) {
      count++
      console.log(json === true ? JSON.stringify(run) : line(run))
    }
    if (count === 0 && json !== true) console.error('There are no runs. `glovebox run --store` keeps them.')
    return EXIT.ok
  })
}

const STYLES = { running: 'yellow', suspended: 'cyan', succeeded: 'green', failed: 'red' } as const

function line({ run, status, startedAt }: RunSummary): string {
  return `${style(STYLES[status], status.padEnd('succeeded'.length))}  ${new Date(startedAt).toISOString()}  ${safe(run)}`
}

/** Prints one run: its program, what happened in it, and the calls that wait. */
export async function showRun(run: string, { json, ...options }: ShowOptions): Promise<ExitCode> {
  return withRuns(options, async (runs) => {
    const details = await runs.get(run, { principal: principal() })
    console.log(json === true ? JSON.stringify(details) : describe(details, storeFlag(options.store)))
    return EXIT.ok
  })
}

function describe(details: RunDetails, where: string): string {
  const { run, code, engine, entries, pending } = details
  const happened = entries.map(describeEntry).filter((text) => text !== undefined)
  return [
    line(details),
    style('dim', `engine ${safe(engine)}`),
    '',
    safe(code.trimEnd()).replace(/^/gm, '    '),
    '',
    ...happened,
    ...pending.flatMap((call) => ['', describePending(run, call, where)]),
  ].join('\n')
}

function describeEntry(entry: RunEntry): string | undefined {
  switch (entry.type) {
    case 'call':
      return `${style('dim', `${time(entry.timeMs)} →`)} ${entry.call} ${safe(entry.tool)}`
    case 'settled': {
      const { ok } = entry.outcome
      const why = entry.outcome.ok ? '' : ` ${entry.outcome.code}: ${entry.outcome.message}`
      return `${style('dim', time(entry.timeMs))} ${ok ? '✓' : '✗'} ${entry.call}${safe(why)}`
    }
    case 'asked':
      return `         ? ${entry.call} ${safe(entry.reasons.join('; '))}`.trimEnd()
    case 'decided':
      return `         ! ${entry.call} decided${signature(entry)}`
    case 'resolved':
      return `         ! ${entry.call} resolved${signature(entry)}`
    case 'log':
      return `${style('dim', `${time(entry.timeMs)} ${entry.level}`)} ${safe(entry.text)}`
    case 'suspended':
      return style('dim', `${time(entry.timeMs)} suspended`)
    case 'resumed':
      return style('dim', `         resumed on ${safe(entry.engine)}`)
    case 'ended':
      return style('dim', `${time(entry.timeMs)} ${entry.status}`)
    case 'reverted':
      return `         ${entry.ok ? '↶' : '✗'} ${entry.call} ${safe(entry.ok ? 'undone' : `not undone: ${entry.message}`)}`
    case 'in':
    case 'started':
    case 'reverting':
      return undefined
    default:
      return entry satisfies never
  }
}

const time = (ms: number): string => `${(ms / 1_000).toFixed(3)} s`.padStart(9)

const signature = ({ by, note }: { readonly by?: string; readonly note?: string }): string =>
  `${by === undefined ? '' : ` by ${safe(by)}`}${note === undefined ? '' : `: ${safe(note)}`}`

function describePending(run: string, { call, tool, state, input, reasons }: PendingCall, where: string): string {
  const head = `${style('yellow', '?')} ${call} ${style('bold', safe(tool))}`
  if (state === 'asked') {
    const why = reasons.length === 0 ? '' : ` (${safe(reasons.join('; '))})`
    return `${head}${why}\n${shownInput(input)}\n  glovebox runs approve ${run} ${call}${where}\n  glovebox runs deny ${run} ${call}${where}`
  }
  return `${head} was called, and its host ended before it returned\n${shownInput(input)}
  glovebox runs resolve ${run} ${call}${where} --retry | --output <json> | --error <text>`
}

/** Allows a call, possibly with another input. */
export function approve(run: string, call: number, options: DecideOptions): Promise<ExitCode> {
  const { edit } = options
  return decide(run, call, options, edit === undefined ? 'allow' : { edit: parseJson('--edit', edit) })
}

/** Refuses a call. */
export function deny(run: string, call: number, options: DecideOptions): Promise<ExitCode> {
  return decide(run, call, options, options.reason === undefined ? 'deny' : { deny: options.reason })
}

/** Says what became of a call whose outcome is not known. */
export function resolveCall(run: string, call: number, options: DecideOptions): Promise<ExitCode> {
  const { retry, output, error } = options
  const given = [retry, output, error].filter((each) => each !== undefined)
  if (given.length !== 1) throw new UsageError('Pass one of --retry, --output <json> and --error <text>.')
  if (output !== undefined) return decide(run, call, options, { output: parseJson('--output', output) })
  return decide(run, call, options, error === undefined ? 'retry' : { error })
}

async function decide(
  run: string,
  call: number,
  { note, ...options }: DecideOptions,
  decision: CallDecision['decision'],
): Promise<ExitCode> {
  return withRuns(options, async (runs) => {
    const as = { principal: principal() }
    const { pending } = await runs.get(run, as)
    const waiting = pending.find((each) => each.call === call)
    if (waiting === undefined) {
      const calls = pending.map((each) => `${each.call} (${each.tool})`).join(', ')
      throw new UsageError(
        `Call ${call} does not wait for a decision; ${calls === '' ? 'none does' : `these do: ${calls}`}.`,
      )
    }
    const noted = note === undefined ? {} : { note }
    await runs.decide(run, [{ call, digest: waiting.digest, decision, ...noted }], as)
    console.error(`Recorded. To continue: glovebox resume ${run}${storeFlag(options.store)}`)
    return EXIT.ok
  })
}

/** Deletes runs. */
export async function deleteRuns(ids: readonly string[], options: StoreOption): Promise<ExitCode> {
  return withRuns(options, async (runs) => {
    for (const run of ids) await runs.delete(run, { principal: principal() })
    return EXIT.ok
  })
}

export function parseJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${option} must be JSON: ${(error as Error).message}`)
  }
}
