import type { Catalog } from '../catalog/catalog.ts'
import type { GuestNames } from '../catalog/mentioned-names.ts'
import type { CatalogTool, Namespace } from '../catalog/namespace.ts'
import { RunError } from '../contract/errors.ts'
import { assertKnownOptions, atLeast } from '../contract/options.ts'
import type { Lease, RunStore } from '../contract/run-store.ts'
import { encode } from '../protocol/codec.ts'
import { isExpired, pendingCalls } from './call-approval.ts'
import { digestOf } from './digest.ts'
import type { ExecuteOptions } from './execute-options.ts'
import { RunLog } from './run-log.ts'
import {
  type LoadedRun,
  type PrincipalOptions,
  type RunHeader,
  RunRecords,
  type RunRecordsOptions,
} from './run-records.ts'
import { RunWriter } from './run-writer.ts'
import type { ExecutionSpan } from './telemetry.ts'
import { recordTools } from './tool-changes.ts'

/** Options for the stored runs of a code mode. */
export interface StoredRunsOptions extends RunRecordsOptions {
  /**
   * Time after which another host may continue a run whose host has stopped, in milliseconds. A running host renews
   * its claim three times in this time.
   *
   * @default 30_000
   */
  readonly leaseMs?: number
  /** Time after which a call counts as denied for which a suspended run waits, in milliseconds. Default: never */
  readonly approvalExpireMs?: number
  /**
   * Time after its start at which a run fails with `LIMIT_WALL_TIME`, in milliseconds. Unlike the wall time, it passes
   * while the run is suspended. Default: never
   */
  readonly deadlineMs?: number
  /**
   * Time after which a program that only waits for tools or timers gives up its guest, in milliseconds. A fresh guest
   * repeats the run when something arrives. Default: never
   */
  readonly hibernateAfterMs?: number
}

/** Parts of the header of a new run. */
interface NewRunHeader
  extends Pick<RunHeader, 'code' | 'engine' | 'runtime' | 'limits'>,
    Pick<ExecutionSpan, 'link'>,
    Pick<ExecuteOptions, 'principal' | 'metadata'> {
  readonly catalog: Catalog
  /** Names that the program mentions. */
  readonly names: GuestNames
}

/** A run that this host drives. */
export interface ClaimedRun {
  readonly run: string
  readonly log: RunLog
  /** Time at which the run fails, in milliseconds since the epoch. */
  readonly deadline: number | undefined
  /** Calls back once with a `RunError` if another host claimed the run, or the store failed. */
  onLost(lost: (error: RunError) => void): void
  /** Writes what is left and releases the run. */
  close(): Promise<void>
}

const LEASE_MS = 30_000

/** Creates and claims the stored runs of one code mode. */
export class StoredRuns {
  readonly records: RunRecords
  readonly approvalExpireMs: number | undefined
  readonly hibernateAfterMs: number | undefined
  readonly store: RunStore
  readonly #leaseMs: number
  readonly #deadlineMs: number | undefined
  /** Digests of catalogs and of their namespaces. */
  readonly #digests = new WeakMap<Catalog | Namespace, Promise<string>>()

  /** @throws `TypeError` for an invalid option */
  constructor(options: StoredRunsOptions) {
    const known = ['store', 'authorize', 'leaseMs', 'approvalExpireMs', 'deadlineMs', 'hibernateAfterMs']
    assertKnownOptions('`runs`', options, known)
    const { leaseMs = LEASE_MS, approvalExpireMs, deadlineMs, hibernateAfterMs } = options
    for (const [name, value] of Object.entries({ leaseMs, approvalExpireMs, deadlineMs, hibernateAfterMs }))
      if (value !== undefined) atLeast(`runs.${name}`, value, 1)
    this.records = new RunRecords(options)
    this.approvalExpireMs = approvalExpireMs
    this.hibernateAfterMs = hibernateAfterMs
    this.store = options.store
    this.#leaseMs = leaseMs
    this.#deadlineMs = deadlineMs
  }

  /**
   * Creates a run and claims it.
   *
   * @throws `RunError` `RUN_CONFLICT` if there is a run with this id, or the store's error
   */
  async create(run: string, { catalog, names, principal, metadata, link, ...what }: NewRunHeader): Promise<ClaimedRun> {
    const startedAt = Date.now()
    const by = principal === undefined ? {} : { principal }
    const kept = { ...(metadata !== undefined && { metadata }), ...(link !== undefined && { link }) }
    const deadline = this.#deadlineMs === undefined ? undefined : startedAt + this.#deadlineMs
    const header: RunHeader = {
      version: 1,
      run,
      ...what,
      catalog: await this.#digestOf(catalog),
      tools: await recordTools(catalog, names),
      startedAt,
      ...(deadline !== undefined && { deadline }),
      ...by,
      ...kept,
    }
    const claim = { owner: crypto.randomUUID(), ttlMs: this.#leaseMs }
    const lease = await this.store.create({ run, startedAt, header: JSON.stringify(header), ...by }, claim)
    return this.#open(lease, new RunLog(), deadline)
  }

  /**
   * Claims a run to continue it.
   *
   * @throws `RunError`
   */
  async claim(run: string, as: PrincipalOptions): Promise<ClaimedRun> {
    const lease = await this.records.claim(run, crypto.randomUUID(), this.#leaseMs)
    try {
      const { log, header } = await this.records.load(run, 'resume', as)
      if (log.isWhole) return this.#open(lease, log, header.deadline)
      throw new RunError('REPLAY_DIVERGED', `The run ${run} was too long to record and repeat`)
    } catch (error) {
      await this.store.release(lease)
      throw error
    }
  }

  #open(lease: Lease, log: RunLog, deadline: number | undefined): ClaimedRun {
    const writer = new RunWriter({
      store: this.store,
      lease,
      position: log.entries.length,
      ended: log.end?.status,
      leaseMs: this.#leaseMs,
    })
    log.writeTo(writer)
    return { run: lease.run, log, deadline, onLost: (lost) => writer.onLost(lost), close: () => writer.close() }
  }

  /** Digest of everything that the tools declare. Namespaces are read one by one, since a catalog may be large. */
  #digestOf(catalog: Catalog): Promise<string> {
    return this.#once(catalog, async () => {
      const digests: string[] = []
      for (const namespace of catalog.namespaces)
        digests.push(await this.#once(namespace, () => digestOf(encode(namespace.tools.map(declared)))))
      return await digestOf(digests.join('\n'))
    })
  }

  #once(part: Catalog | Namespace, make: () => Promise<string>): Promise<string> {
    const known = this.#digests.get(part)
    if (known !== undefined) return known
    const digest = make()
    this.#digests.set(part, digest)
    digest.catch(() => this.#digests.delete(part))
    return digest
  }
}

const declared = ({ path, tool: { inputSchema, outputSchema } }: CatalogTool) => [path, inputSchema, outputSchema]

/** Returns whether a suspended run would only wait again. */
export async function stillWaits({ summary: { status, dueAt }, log }: LoadedRun): Promise<boolean> {
  if (status !== 'suspended' || (dueAt !== undefined && dueAt <= Date.now())) return false
  const pending = await pendingCalls(log)
  const open = log.calls.filter(({ settled }) => settled === undefined)
  return open.length === pending.length && !pending.some(isExpired)
}
