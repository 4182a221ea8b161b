import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import lockfile from 'proper-lockfile'
import type { TokenStore } from '../contract/auth.ts'

/** Waits for another process for up to about a minute, which includes its request for a token. */
const LOCK = {
  realpath: false,
  stale: 30_000,
  retries: { retries: 60, factor: 1.2, minTimeout: 50, maxTimeout: 2_000 },
}

/** Implements `fileTokenStore()`. */
export function openTokenFile(path: string): Required<TokenStore> {
  const file = resolve(path)
  const read = async (): Promise<Record<string, string>> => {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}'
      throw error
    })
    return JSON.parse(text) as Record<string, string>
  }
  const locked = async <Result>(lock: string, work: () => Promise<Result>): Promise<Result> => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const release = await lockfile.lock(lock, LOCK)
    try {
      return await work()
    } finally {
      await release()
    }
  }
  const change = (work: (values: Record<string, string>) => void): Promise<void> =>
    locked(file, async () => {
      const values = await read()
      work(values)
      const temporary = `${file}.${randomUUID()}`
      try {
        await writeFile(temporary, JSON.stringify(values, undefined, 2), { mode: 0o600, flush: true })
        await rename(temporary, file)
      } finally {
        await rm(temporary, { force: true })
      }
    })
  return {
    get: async (key) => (await read())[key],
    set: (key, value) =>
      change((values) => {
        values[key] = value
      }),
    delete: (key) =>
      change((values) => {
        delete values[key]
      }),
    // One lock for all keys: refreshing is rare.
    exclusive: (_key, work) => locked(`${file}.refresh`, work),
  }
}
