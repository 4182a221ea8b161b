import type { RunStore } from '@glovebox/core'
import { sqliteStore } from '@glovebox/store-sqlite'

/** A store for runs that a host of its own process can open: its kind, and its file or address. */
export interface Place {
  readonly kind: keyof typeof STORES
  readonly at: string
}

const STORES = {
  sqlite: (path: string): RunStore => sqliteStore(path, { synchronous: 'normal' }),
}

export const openStore = ({ kind, at }: Place): RunStore => STORES[kind](at)
