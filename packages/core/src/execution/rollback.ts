import type { Catalog } from '../catalog/catalog.ts'
import type { CatalogTool } from '../catalog/namespace.ts'
import { RunError } from '../contract/errors.ts'
import { DEFAULT_LIMITS } from '../contract/limits.ts'
import { isBuiltin } from '../discovery/builtin-namespace.ts'
import { decode } from '../protocol/codec.ts'
import { messageOf } from '../values/message-of.ts'
import { measureValue } from '../values/value-size.ts'
import type { Decision } from './call-rules.ts'
import { type Redact, redactFailure } from './redact.ts'
import type { CallState, RunLog } from './run-log.ts'

/**
 * Outcome of the rollback of a call. `kept`: its tool has no `revert`. `uncertain`: the host ended while the call was
 * undone, so it is not known whether it was.
 */
export type RollbackOutcome = 'reverted' | 'failed' | 'kept' | 'uncertain'

/** Result of a rollback for one call. */
export interface RolledBackCall {
  readonly call: number
  /** Tool that was called, as `namespace.tool`. */
  readonly tool: string
  readonly outcome: RollbackOutcome
  /** Why a call could not be undone. */
  readonly message?: string
}

interface RollbackOptions {
  readonly run: string
  readonly log: RunLog
  readonly catalog: Catalog
  readonly signal: AbortSignal
  readonly context: unknown
  /** Filters the messages of calls that could not be undone. */
  readonly redact: false | Redact
}

/**
 * Undoes the calls of an ended run that returned, the last one first, each at most once. Continues after calls that
 * cannot be undone. Calls of read-only tools are left out.
 *
 * @throws `RunError` `RUN_CONFLICT` for a run that has not ended, or the signal's reason
 */
export async function rollBack({
  run,
  log,
  catalog,
  signal,
  context,
  redact,
}: RollbackOptions): Promise<RolledBackCall[]> {
  if (log.end === undefined) throw new RunError('RUN_CONFLICT', `The run ${run} has not ended, so it cannot be undone`)
  const returned = log.calls.filter(({ settled }) => settled?.outcome.ok === true)
  const order = new Map(log.entries.flatMap((entry, index) => (entry.type === 'settled' ? [[entry.call, index]] : [])))
  returned.sort((a, b) => (order.get(b.made.call) ?? 0) - (order.get(a.made.call) ?? 0))
  const results: RolledBackCall[] = []
  for (const state of returned) {
    signal.throwIfAborted()
    const { call, tool } = state.made
    const entry = catalog.find(tool)
    if (isBuiltin(tool) || entry?.tool.annotations?.readOnlyHint === true) continue
    const toolContext = { signal, callId: call, context, idempotencyKey: `${run}.${call}.revert` }
    results.push({ call, tool, ...(await revert(state, entry, log, redact, toolContext)) })
  }
  return results
}

async function revert(
  { made, settled, decided, isReverting, reverted }: CallState,
  entry: CatalogTool | undefined,
  log: RunLog,
  redact: false | Redact,
  context: Parameters<NonNullable<CatalogTool['tool']['revert']>>[2],
): Promise<Pick<RolledBackCall, 'outcome' | 'message'>> {
  const { call } = made
  if (reverted?.ok === true) return { outcome: 'reverted' }
  if (entry?.tool.revert === undefined) return { outcome: 'kept' }
  if (isReverting === true && reverted === undefined && entry.tool.annotations?.idempotentHint !== true)
    return { outcome: 'uncertain' }
  const decision = decided && (decode(decided.decision) as Decision)
  const given = typeof decision === 'object' && 'edit' in decision ? decision.edit : log.decode(made.input)
  const output = settled?.outcome.ok === true ? log.decode(settled.outcome.payload) : undefined
  log.add({ type: 'reverting', call })
  await log.flush()
  let result: Pick<RolledBackCall, 'outcome' | 'message'>
  try {
    await entry.tool.revert(await validated(entry, given), output, context)
    result = { outcome: 'reverted' }
  } catch (error) {
    result = { outcome: 'failed', message: messageOf(redactFailure(error, made.tool, redact)) }
  }
  const why = result.message === undefined ? {} : { message: result.message }
  log.add({ type: 'reverted', call, ok: result.outcome === 'reverted', ...why })
  await log.flush()
  return result
}

/** Returns an input as the tool received it, with its defaults. */
async function validated({ path, parseInput }: CatalogTool, input: unknown): Promise<unknown> {
  if (parseInput === undefined) return input
  const size = measureValue(input)
  const parsed = await parseInput(input, { size, maxCharacters: DEFAULT_LIMITS.messageBytes })
  if ('value' in parsed) return parsed.value
  throw new TypeError(`The input of ${path} is not valid any more: ${parsed.problems.join('; ')}`)
}
