import type { RunStore } from '@glovebox/core'
import { postgresStore } from '@glovebox/store-postgres'
import { sqliteStore } from '@glovebox/store-sqlite'
import { Pool } from 'pg'

/** Where runs are kept: a file of SQLite, or an address of PostgreSQL. */
export interface Place {
  readonly kind: 'sqlite' | 'postgres'
  readonly at: string
}

/** A store with what belongs to it. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: RunStore
}

export function openStore({ kind, at }: Place): OpenedStore {
  if (kind === 'sqlite') {
    const store = sqliteStore(at, { synchronous: 'normal' })
    return { store, [Symbol.asyncDispose]: () => store.close() }
  }
  const pool = new Pool({ connectionString: at })
  return { store: postgresStore(pool), [Symbol.asyncDispose]: () => pool.end() }
}
