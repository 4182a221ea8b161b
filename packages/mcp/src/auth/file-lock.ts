import { mkdir, open, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Time after which a lock counts as left behind by a process that has ended, in milliseconds. */
const STALE_MS = 30_000
const RENEW_MS = 5_000
const MAX_WAIT_MS = 60_000
const MIN_PAUSE_MS = 20
const MAX_PAUSE_MS = 500

/**
 * Runs work while no other process does so for the same file. The lock is a file that its owner renews. Kept libraries
 * such as `proper-lockfile` install handlers for signals, which end a host that handles them itself.
 *
 * @throws `Error` if the lock is not free within a minute, or `work` throws
 */
export async function withFileLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const deadline = Date.now() + MAX_WAIT_MS
  for (let pause = MIN_PAUSE_MS; !(await take(file)); pause = Math.min(pause * 1.5, MAX_PAUSE_MS)) {
    if (Date.now() > deadline) throw new Error(`The lock ${file} was not free within ${MAX_WAIT_MS} ms`)
    await delay(pause * (0.5 + Math.random() / 2))
  }
  const renewing = setInterval(() => {
    const now = new Date()
    // If another process has taken a lock that was not renewed in time, there is nothing to renew.
    utimes(file, now, now).catch(() => clearInterval(renewing))
  }, RENEW_MS)
  renewing.unref()
  try {
    return await work()
  } finally {
    clearInterval(renewing)
    await rm(file, { force: true })
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600)
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const age = await stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  )
  if (age > STALE_MS) await rm(file, { force: true })
  return false
}
