import { RunError } from '../contract/errors.ts'
import type { Lease, RunFilter, RunStatus, RunSummary } from '../contract/run-store.ts'

/** Columns of a run that every SQL store has. */
export interface RunRow {
  /** Number of the row. PostgreSQL's 64-bit integers arrive as texts. */
  readonly id: number | string
  readonly run: string
  readonly principal: string | null
  readonly status: RunStatus
  readonly started_at: number
  readonly updated_at: number
  readonly due_at: number | null
  readonly position: number
  readonly epoch: number
}

/** Number of runs that one query lists. */
export const RUNS_PER_PAGE = 200

/** Returns the summary of a run. */
export function summaryFromRow({ run, principal, status, started_at, updated_at, due_at }: RunRow): RunSummary {
  const times = { startedAt: started_at, updatedAt: updated_at, ...(due_at !== null && { dueAt: due_at }) }
  return { run, status, ...(principal !== null && { principal }), ...times }
}

/**
 * Lists runs page by page.
 *
 * @param read reads up to {@link RUNS_PER_PAGE} rows after the given one, most recently started first
 */
export async function* listPages<Row extends RunRow>(
  read: (last: Row | undefined) => readonly Row[] | Promise<readonly Row[]>,
): AsyncIterable<RunSummary> {
  let last: Row | undefined
  do {
    const page = await read(last)
    for (const row of page) yield summaryFromRow(row)
    last = page.length < RUNS_PER_PAGE ? undefined : page.at(-1)
  } while (last !== undefined)
}

/**
 * Returns the condition for a filter as SQL, in which `?` stands for the values in order.
 *
 * @param last row after which the page begins
 * @param now SQL expression of the current time, in milliseconds since the epoch
 */
export function runConditions(
  tenant: string,
  { status, principal, dueBefore, updatedBefore, unclaimed }: RunFilter,
  last: RunRow | undefined,
  now: string,
): { readonly conditions: string; readonly values: (string | number)[] } {
  const conditions: string[] = []
  const values: (string | number)[] = []
  const require = (condition: string, ...given: readonly (string | number)[]) => {
    conditions.push(condition)
    values.push(...given)
  }
  require('tenant = ?', tenant)
  if (status !== undefined) {
    // A query of a Durable Object has at most 100 parameters.
    const statuses = new Set([status].flat())
    require(`status IN (${Array.from(statuses, () => '?').join(', ')})`, ...statuses)
  }
  if (principal !== undefined) require('principal = ?', principal)
  if (dueBefore !== undefined) require('due_at <= ?', dueBefore)
  if (updatedBefore !== undefined) require('updated_at < ?', updatedBefore)
  if (unclaimed === true) require(`(owner IS NULL OR expires_at <= ${now})`)
  if (last !== undefined) require('(started_at, id) < (?, ?)', last.started_at, last.id)
  return { conditions: conditions.join(' AND '), values }
}

/** Returns the error for a second run with the same id. */
export const runExists = (run: string): RunError => new RunError('RUN_CONFLICT', `The run ${run} exists already`)

/** Returns the error for a write with a lease that another claim followed. */
export const leaseLost = (run: string): RunError =>
  new RunError('RUN_LEASE_LOST', `Another host continues the run ${run}`)

/** Returns the error for an append that found this run, or none. */
export function appendRefusal(
  { run, epoch }: Lease,
  from: number,
  found: Pick<RunRow, 'epoch' | 'position'> | undefined,
): RunError {
  if (found === undefined) return new RunError('RUN_NOT_FOUND', `There is no run ${run}`)
  if (found.epoch !== epoch) return leaseLost(run)
  return new RunError('RUN_CONFLICT', `The run ${run} has ${found.position} entries, not ${from}`)
}
