/** State of a stored run. `running`: a host drives it, or did so until it ended without a word. */
export type RunStatus = 'running' | 'suspended' | 'succeeded' | 'failed'

export const RUN_STATUSES: readonly RunStatus[] = ['running', 'suspended', 'succeeded', 'failed']

/** Properties of a run that a store knows without reading its contents. */
export interface RunSummary {
  /** Id of the run. */
  readonly run: string
  readonly status: RunStatus
  /** User or service that started the run, as the host named it. */
  readonly principal?: string
  /** Start of the run in milliseconds since the epoch. */
  readonly startedAt: number
  /** Time of the last append in milliseconds since the epoch. */
  readonly updatedAt: number
  /** When the run should be resumed without a decision, in milliseconds since the epoch. Absent if it waits for one. */
  readonly dueAt?: number
}

/** A stored run. The texts are opaque to stores: they may be encrypted. */
export interface StoredRun {
  readonly summary: RunSummary
  readonly header: string
  /** Entries in order. */
  readonly entries: readonly string[]
}

/** The right to append to a run. Each claim of a run has a higher epoch than the one before. */
export interface Lease {
  readonly run: string
  readonly owner: string
  readonly epoch: number
}

/** A run to create. */
export interface NewRun {
  readonly run: string
  readonly principal?: string
  readonly startedAt: number
  readonly header: string
}

/** Entries to append. */
export interface Append {
  /** Position of the first of these entries. Must be the number of entries that the run has. */
  readonly from: number
  readonly entries: readonly string[]
  /** State of the run after these entries. */
  readonly status: RunStatus
  readonly dueAt?: number | undefined
}

/** Which runs to list. Default: all. */
export interface RunFilter {
  readonly status?: RunStatus | readonly RunStatus[] | undefined
  readonly principal?: string | undefined
  /** Only runs whose `dueAt` is at most this time, in milliseconds since the epoch. */
  readonly dueBefore?: number | undefined
  /** Only runs that were updated before this time, in milliseconds since the epoch. */
  readonly updatedBefore?: number | undefined
  /** Only runs without a valid lease. */
  readonly unclaimed?: boolean | undefined
}

/** How a run is claimed. */
export interface Claim {
  /** Identifies the claimant. A claim by the owner of the current lease renews it and keeps its epoch. */
  readonly owner: string
  /** Duration of the lease in milliseconds. */
  readonly ttlMs: number
}

/** The runs of one tenant. Tenants cannot see each other's runs, and may use the same ids. */
export interface RunStore {
  /**
   * Adds a run and claims it.
   *
   * @throws `RunError` `RUN_CONFLICT` if the run exists
   */
  create(run: NewRun, claim: Claim): Promise<Lease>
  /**
   * Appends entries, all or none.
   *
   * @throws `RunError` `RUN_LEASE_LOST` if another claim followed this lease; `RUN_CONFLICT` if `from` is not the number
   *   of entries; `RUN_NOT_FOUND`
   */
  append(lease: Lease, append: Append): Promise<void>
  /** Resolves to a run, or to undefined if there is no such run. */
  load(run: string): Promise<StoredRun | undefined>
  /** Claims a run. Resolves to undefined if another owner's lease is valid, or if there is no such run. */
  claim(run: string, claim: Claim): Promise<Lease | undefined>
  /** Ends a lease. Does nothing if it has been lost. */
  release(lease: Lease): Promise<void>
  /** Lists runs, most recently started first. Runs that are added or removed meanwhile may be missing. */
  list(filter?: RunFilter): AsyncIterable<RunSummary>
  /** Removes a run with everything that belongs to it. Resolves to whether there was one. */
  delete(run: string): Promise<boolean>
  /** Returns the runs of a tenant. The default tenant has the empty name. */
  scope(tenant: string): RunStore
  /** Releases what the store holds, such as its file. The scopes of a store are closed with it. Idempotent. */
  close(): Promise<void>
}
