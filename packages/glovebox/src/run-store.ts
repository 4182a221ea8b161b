import { mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { openRuns, type Runs } from '@glovebox/core'
import type { SqliteStore } from '@glovebox/store-sqlite'
import { dataFile } from './data-folder.ts'
import { UsageError } from './exit-codes.ts'

/** Option that selects the file of the stored runs. */
export interface StoreOption {
  /** File, or `true` for the default one. */
  readonly store?: string | true
}

/** The user of the operating system, to whom runs of the command belong. */
export const principal = (): string => userInfo().username

/** Opens the file of the stored runs, and creates it if it does not exist. */
export async function openStore(store: string | true = true): Promise<SqliteStore> {
  const path = store === true ? dataFile('runs.db') : store
  if (store === true) mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // Loaded on demand: older versions of Node warn that SQLite is experimental.
  const { sqliteStore } = await import('@glovebox/store-sqlite')
  try {
    return sqliteStore(path)
  } catch (error) {
    throw new UsageError(`The runs in ${path} cannot be opened: ${(error as Error).message}`, { cause: error })
  }
}

/** Calls `use` with the stored runs, and closes their file in any case. */
export async function withRuns<Result>({ store }: StoreOption, use: (runs: Runs) => Promise<Result>): Promise<Result> {
  await using opened = await openStore(store)
  return await use(openRuns({ store: opened }))
}
