import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Environment variable that identifies a server's processes. Child processes inherit it. */
export const SERVER_ID = 'GLOVEBOX_SERVER_ID'

/**
 * Ends a server and its descendants. Closing the client only ends the started process; `npx` and `uvx` then leave the
 * actual server running.
 *
 * @param id value of {@link SERVER_ID} in the server's environment
 * @param close closes the client
 */
export async function endWithDescendants(pid: number | null, id: string, close: () => Promise<void>): Promise<void> {
  const before = process.platform === 'linux' || pid === null ? [] : await descendantsOf(pid)
  await close()
  const left = process.platform === 'linux' ? await processesOf(id) : before
  for (const each of left) signal(each, 'SIGKILL')
  const deadline = Date.now() + MAX_DEATH_MS
  while (left.some((each) => signal(each, 0)) && Date.now() < deadline) await delay(DEATH_POLL_MS)
}

/** Time in which killed processes are waited for, in milliseconds. */
const MAX_DEATH_MS = 2_000
const DEATH_POLL_MS = 10

/** Returns whether the process exists. */
function signal(pid: number, name: 'SIGKILL' | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

/** Returns the processes with this id, wherever they are in the process tree. Those of other users are not readable. */
async function processesOf(id: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')))
  return pids.filter((_, index) => environments[index]?.split('\0').includes(`${SERVER_ID}=${id}`))
}

/** Returns the descendants of a process, or none where `ps` is missing, as on Windows. */
async function descendantsOf(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']).catch(() => ({ stdout: '' }))
  const running = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  const below = (parent: number): number[] =>
    running.flatMap(([child, its]) => (its === parent && child !== undefined ? [child, ...below(child)] : []))
  return below(pid)
}
