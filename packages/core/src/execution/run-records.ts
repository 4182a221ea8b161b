import { RunError } from '../contract/errors.ts'
import type { Limits } from '../contract/limits.ts'
import { assertKnownOptions } from '../contract/options.ts'
import type { Lease, RunFilter, RunStore, RunSummary } from '../contract/run-store.ts'
import { encode } from '../protocol/codec.ts'
import { isExpired, type PendingCall, pendingCalls, type Resolution } from './call-approval.ts'
import { assertDecision, type Decision } from './call-rules.ts'
import { type RunEntry, RunLog } from './run-log.ts'
import type { RecordedTool } from './tool-changes.ts'

/** Action of a principal on a stored run. */
export type RunAction = 'resume' | 'decide' | 'read' | 'delete'

/** A request to do something with a stored run. */
export interface RunAccess {
  readonly action: RunAction
  readonly run: RunSummary
  /** User or service that asks, as the host named it. */
  readonly principal: string | undefined
}

/** Options for {@link openRuns}. */
export interface RunRecordsOptions {
  /** Where runs are kept. The caller closes it. */
  readonly store: RunStore
  /** Decides who may do what. Default: a run that has a principal belongs to it, and other runs to everybody. */
  readonly authorize?: ((access: RunAccess) => boolean | Promise<boolean>) | undefined
}

/** A decision on a call of a suspended run. It comes from a person or the host, never from the model. */
export interface CallDecision {
  /** Number of the call. */
  readonly call: number
  /** Digest of the {@link PendingCall} that was shown. */
  readonly digest: string
  /** A `Decision` for a call that is `asked`, a `Resolution` for one that is `uncertain`. */
  readonly decision: Decision | Resolution
  /** Remark for the log. Default: none */
  readonly note?: string
}

/** Who asks. */
export interface PrincipalOptions {
  /** User or service, as the host authenticated it. Default: none */
  readonly principal?: string | undefined
}

/** First part of a stored run. */
export interface RunHeader {
  /** Version of the format. */
  readonly version: 1
  readonly run: string
  /** Text of the program. */
  readonly code: string
  /** Build of the guest runtime. */
  readonly runtime: string
  /** Build of the sandbox's engine. */
  readonly engine: string
  /** Digest of the tools. */
  readonly catalog: string
  /** The tools that the program mentions, by path. Absent in runs of earlier versions. */
  readonly tools?: Readonly<Record<string, RecordedTool>>
  readonly limits: Required<Limits>
  /** Start of the run in milliseconds since the epoch. */
  readonly startedAt: number
  /** Time at which the run fails if it has not ended, in milliseconds since the epoch. Absent: never. */
  readonly deadline?: number
  readonly principal?: string
  /** Identifies the span that traced the start of the run. */
  readonly link?: string
  /** Texts that the host gave. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** A stored run with everything that happened in it. */
export interface RunDetails extends RunSummary, Pick<RunHeader, 'code' | 'engine' | 'runtime' | 'limits' | 'metadata'> {
  readonly entries: readonly RunEntry[]
  /** Calls that wait for a decision. Empty unless the run is suspended, or its host ended. */
  readonly pending: readonly PendingCall[]
}

/** The stored runs of a host. Each method takes the principal that asks. */
export interface Runs {
  /** @throws `RunError` `RUN_NOT_FOUND` or `RUN_FORBIDDEN` */
  get(run: string, as?: PrincipalOptions): Promise<RunDetails>
  /** Lists the runs that the principal may read, most recently started first. */
  list(filter?: RunFilter, as?: PrincipalOptions): AsyncIterable<RunSummary>
  /**
   * Records decisions on calls of a suspended run. The run continues when it is resumed. A decision that was recorded
   * before is accepted again.
   *
   * @throws `RunError` `RUN_DECISION_INVALID` for a call that does not wait, another input than the call has, or a
   *   second, different decision; `RUN_CLAIMED` while the run is driven; `RUN_NOT_FOUND` or `RUN_FORBIDDEN`
   */
  decide(run: string, decisions: readonly CallDecision[], as?: PrincipalOptions): Promise<void>
  /** @throws `RunError` `RUN_NOT_FOUND` or `RUN_FORBIDDEN` */
  delete(run: string, as?: PrincipalOptions): Promise<void>
  /** Deletes the ended runs that were updated before a time, in milliseconds since the epoch. Resolves to their number. */
  deleteEnded(updatedBefore: number, as?: PrincipalOptions): Promise<number>
}

/** A run as the store has it. */
export interface LoadedRun {
  readonly summary: RunSummary
  readonly header: RunHeader
  readonly log: RunLog
}

/** Time for which a claim holds that only records decisions, in milliseconds. */
const DECIDE_MS = 10_000

/**
 * Opens the stored runs of a host, to look at them and to decide on their calls.
 *
 * @example
 * ```ts
 * const runs = openRuns({ store })
 * const { pending } = await runs.get(id, { principal: 'ada' })
 * await runs.decide(id, pending.map(({ call, digest }) => ({ call, digest, decision: 'allow' })), { principal: 'ada' })
 * ```
 *
 * @throws `TypeError` for an unknown option
 */
export function openRuns(options: RunRecordsOptions): Runs {
  assertKnownOptions('openRuns()', options, ['store', 'authorize'])
  return new RunRecords(options)
}

/** Reads and changes stored runs without driving them. */
export class RunRecords implements Runs {
  readonly #store: RunStore
  readonly #authorize: NonNullable<RunRecordsOptions['authorize']>

  constructor({ store, authorize = ownsRun }: RunRecordsOptions) {
    this.#store = store
    this.#authorize = authorize
  }

  async get(run: string, as: PrincipalOptions = {}): Promise<RunDetails> {
    const { summary, header, log } = await this.load(run, 'read', as)
    const { code, engine, runtime, limits, metadata } = header
    const kept = metadata === undefined ? {} : { metadata }
    const pending = await pendingCalls(log)
    return { ...summary, ...kept, code, engine, runtime, limits, entries: log.entries, pending }
  }

  async *list(filter: RunFilter = {}, { principal }: PrincipalOptions = {}): AsyncIterable<RunSummary> {
    for await (const run of this.#store.list(filter))
      if (await this.#authorize({ action: 'read', run, principal })) yield run
  }

  async decide(run: string, decisions: readonly CallDecision[], as: PrincipalOptions = {}): Promise<void> {
    await this.load(run, 'decide', as)
    const lease = await this.claim(run, `decision ${crypto.randomUUID()}`, DECIDE_MS)
    try {
      const { log } = await this.load(run, 'decide', as)
      const pending = await pendingCalls(log)
      const entries = decisions.flatMap((decision) => decisionEntry(decision, pending, log, as) ?? [])
      if (entries.length === 0) return
      await this.#store.append(lease, {
        from: log.entries.length,
        entries: entries.map((entry) => JSON.stringify(entry)),
        status: 'suspended',
        dueAt: Date.now(),
      })
    } finally {
      await this.#store.release(lease)
    }
  }

  async delete(run: string, as: PrincipalOptions = {}): Promise<void> {
    await this.load(run, 'delete', as)
    await this.#store.delete(run)
  }

  async deleteEnded(updatedBefore: number, { principal }: PrincipalOptions = {}): Promise<number> {
    let count = 0
    for await (const run of this.#store.list({ status: ['succeeded', 'failed'], updatedBefore })) {
      if (!(await this.#authorize({ action: 'delete', run, principal }))) continue
      if (await this.#store.delete(run.run)) count++
    }
    return count
  }

  /** @throws `RunError` `RUN_NOT_FOUND` or `RUN_FORBIDDEN` */
  async load(run: string, action: RunAction, { principal }: PrincipalOptions): Promise<LoadedRun> {
    const stored = await this.#store.load(run)
    if (stored === undefined) throw new RunError('RUN_NOT_FOUND', `There is no run ${run}`)
    const { summary } = stored
    if (!(await this.#authorize({ action, run: summary, principal })))
      throw new RunError('RUN_FORBIDDEN', `${principal ?? 'An unnamed principal'} may not ${action} the run ${run}`)
    const header = JSON.parse(stored.header) as RunHeader
    return { summary, header, log: new RunLog(stored.entries.map((entry) => JSON.parse(entry) as RunEntry)) }
  }

  /** @throws `RunError` `RUN_CLAIMED` while another owner drives the run */
  async claim(run: string, owner: string, ttlMs: number): Promise<Lease> {
    const lease = await this.#store.claim(run, { owner, ttlMs })
    if (lease !== undefined) return lease
    throw new RunError('RUN_CLAIMED', `Another host drives the run ${run}: try again when it has suspended or ended`)
  }
}

const ownsRun: NonNullable<RunRecordsOptions['authorize']> = ({ run, principal }) =>
  run.principal === undefined || run.principal === principal

/**
 * Returns the entry that records a decision, or undefined if it is recorded already.
 *
 * @throws `RunError` `RUN_DECISION_INVALID`
 */
function decisionEntry(
  { call, digest, decision, note }: CallDecision,
  pending: readonly PendingCall[],
  log: RunLog,
  { principal }: PrincipalOptions,
): RunEntry | undefined {
  const encoded = encode(decision)
  const signed = { ...(principal !== undefined && { by: principal }), ...(note !== undefined && { note }) }
  const waiting = pending.find((each) => each.call === call)
  if (waiting === undefined) {
    const { decided, resolved, asked } = log.calls[call - 1] ?? {}
    const recorded = decided?.decision ?? resolved?.resolution
    if (recorded === encoded && (asked === undefined || asked.digest === digest)) return undefined
    const why = recorded === undefined ? 'does not wait for a decision' : 'was decided differently'
    throw new RunError('RUN_DECISION_INVALID', `Call ${call} ${why}`)
  }
  if (waiting.digest !== digest)
    throw new RunError('RUN_DECISION_INVALID', `The decision on call ${call} is for another input than it has`)
  if (waiting.state === 'uncertain') {
    assertResolution(call, decision)
    return { type: 'resolved', call, resolution: encoded, ...signed }
  }
  if (isExpired(waiting)) throw new RunError('RUN_DECISION_INVALID', `The time for a decision on call ${call} is over`)
  try {
    assertDecision(decision)
  } catch (error) {
    throw new RunError('RUN_DECISION_INVALID', `Call ${call}: ${(error as Error).message}`, { cause: error })
  }
  return { type: 'decided', call, decision: encoded, ...signed }
}

function assertResolution(call: number, value: unknown): asserts value is Resolution {
  if (value === 'retry') return
  if (typeof value === 'object' && value !== null) {
    if ('output' in value) return
    if ('error' in value && typeof value.error === 'string') return
  }
  throw new RunError(
    'RUN_DECISION_INVALID',
    `Call ${call} was made and its outcome is not known: say 'retry', { output } or { error: message }`,
  )
}
