import type { Append, Claim, Lease, NewRun, RunFilter, RunStore, RunSummary, StoredRun } from '../contract/run-store.ts'
import { appendRefusal, runExists } from './store-helpers.ts'

interface MemoryRun {
  summary: RunSummary
  readonly header: string
  readonly entries: string[]
  epoch: number
  /** Undefined after a release. */
  lease: { readonly owner: string; readonly expires: number } | undefined
}

type Tenants = Map<string, Map<string, MemoryRun>>

/**
 * Keeps runs in the memory of this process. They end with it, so suspended runs can be resumed in this process only.
 *
 * @example
 * ```ts
 * await using sandbox = quickjs()
 * await using codeMode = await createCodeMode({ sandbox, tools, runs: { store: memoryStore() } })
 * ```
 */
export function memoryStore(): RunStore {
  return new MemoryStore(new Map(), '')
}

class MemoryStore implements RunStore {
  readonly #tenants: Tenants
  readonly #runs: Map<string, MemoryRun>

  constructor(tenants: Tenants, tenant: string) {
    this.#tenants = tenants
    this.#runs = tenants.get(tenant) ?? new Map()
    tenants.set(tenant, this.#runs)
  }

  async create({ run, principal, startedAt, header }: NewRun, { owner, ttlMs }: Claim): Promise<Lease> {
    if (this.#runs.has(run)) throw runExists(run)
    const by = principal === undefined ? {} : { principal }
    this.#runs.set(run, {
      summary: { run, status: 'running', ...by, startedAt, updatedAt: startedAt },
      header,
      entries: [],
      epoch: 1,
      lease: { owner, expires: Date.now() + ttlMs },
    })
    return { run, owner, epoch: 1 }
  }

  async append(lease: Lease, { from, entries, status, dueAt }: Append): Promise<void> {
    const stored = this.#runs.get(lease.run)
    if (stored?.epoch !== lease.epoch || stored.entries.length !== from)
      throw appendRefusal(lease, from, stored && { epoch: stored.epoch, position: stored.entries.length })
    for (const entry of entries) stored.entries.push(entry)
    const { dueAt: _, ...summary } = stored.summary
    stored.summary = { ...summary, status, updatedAt: Date.now(), ...(dueAt !== undefined && { dueAt }) }
  }

  async load(run: string): Promise<StoredRun | undefined> {
    const stored = this.#runs.get(run)
    return stored && { summary: stored.summary, header: stored.header, entries: [...stored.entries] }
  }

  async claim(run: string, { owner, ttlMs }: Claim): Promise<Lease | undefined> {
    const stored = this.#runs.get(run)
    if (stored === undefined) return undefined
    const isOwn = stored.lease?.owner === owner
    if (!isOwn && isClaimed(stored)) return undefined
    if (!isOwn) stored.epoch++
    stored.lease = { owner, expires: Date.now() + ttlMs }
    return { run, owner, epoch: stored.epoch }
  }

  async release({ run, epoch }: Lease): Promise<void> {
    const stored = this.#runs.get(run)
    if (stored?.epoch === epoch) stored.lease = undefined
  }

  async *list(filter: RunFilter = {}): AsyncIterable<RunSummary> {
    const found = [...this.#runs.values()].filter(
      (stored) => matchesFilter(stored.summary, filter) && !(filter.unclaimed === true && isClaimed(stored)),
    )
    for (const { summary } of found.sort((a, b) => b.summary.startedAt - a.summary.startedAt)) yield summary
  }

  async delete(run: string): Promise<boolean> {
    return this.#runs.delete(run)
  }

  scope(tenant: string): RunStore {
    return new MemoryStore(this.#tenants, tenant)
  }

  async close(): Promise<void> {
    this.#tenants.clear()
    this.#runs.clear()
  }
}

const isClaimed = ({ lease }: MemoryRun): boolean => lease !== undefined && lease.expires > Date.now()

/** Returns whether a run is one of those to list, apart from its lease. */
function matchesFilter(summary: RunSummary, filter: RunFilter): boolean {
  const { status, principal, dueBefore, updatedBefore } = filter
  return (
    (status === undefined || [status].flat().includes(summary.status)) &&
    (principal === undefined || summary.principal === principal) &&
    (dueBefore === undefined || (summary.dueAt !== undefined && summary.dueAt <= dueBefore)) &&
    (updatedBefore === undefined || summary.updatedAt < updatedBefore)
  )
}
