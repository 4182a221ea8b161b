/** Entry point of a host that kills itself at a position of its run's log, as a crash does. */
import { BACKENDS, type BackendName } from '@glovebox/backends'
import type { RunStore } from '@glovebox/core'
import { driveToEnd } from './drive.ts'
import { openStore, type Place } from './stores.ts'

/** Task of a host, as JSON in its first argument. */
export interface HostOrder {
  readonly backend: BackendName
  readonly store: Place
  readonly run: string
  readonly code: string
  readonly ledger: string
  /** Position of the entry at which the host ends. */
  readonly at: number
  /** Whether the store has that entry. */
  readonly when: 'before' | 'after'
}

const { backend, store, at, when, ...order } = JSON.parse(process.argv[2] as string) as HostOrder

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}

function mortal(kept: RunStore): RunStore {
  return {
    create: (run, claim) => kept.create(run, claim),
    load: (run) => kept.load(run),
    claim: (run, claim) => kept.claim(run, claim),
    release: (lease) => kept.release(lease),
    list: (filter) => kept.list(filter),
    delete: (run) => kept.delete(run),
    scope: (tenant) => mortal(kept.scope(tenant)),
    close: () => kept.close(),
    append: async (lease, append) => {
      const { from, entries, status } = append
      const count = at - from + 1
      if (count < 1 || count > entries.length) return kept.append(lease, append)
      if (when === 'before') return die()
      const isWhole = count === entries.length
      await kept.append(lease, { from, entries: entries.slice(0, count), status: isWhole ? status : 'running' })
      return die()
    },
  }
}

await using sandbox = BACKENDS[backend]()
await using opened = openStore(store)
await driveToEnd({ sandbox, store: mortal(opened.store), ...order })
