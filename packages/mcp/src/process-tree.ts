import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Set for a server, and so for whatever it starts in turn. */
export const SERVER_ID = 'GLOVEBOX_SERVER_ID'

/**
 * Ends a server by what its client does for it, and then what is left of it: `npx` and `uvx` are ended by that, and leave
 * the server running that they were asked for.
 *
 * @param id the value of {@link SERVER_ID} in its environment
 */
export async function endWithDescendants(pid: number | null, id: string, close: () => Promise<void>): Promise<void> {
  const before = process.platform === 'linux' || pid === null ? [] : await descendantsOf(pid)
  await close()
  for (const left of process.platform === 'linux' ? await processesOf(id) : before) kill(left)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended by itself.
  }
}

/** Wherever they stand in the tree of processes by now. Another user's environment is not to be read. */
async function processesOf(id: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')))
  return pids.filter((_, index) => environments[index]?.split('\0').includes(`${SERVER_ID}=${id}`))
}

/** None where nobody tells, as on Windows. */
async function descendantsOf(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']).catch(() => ({ stdout: '' }))
  const running = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  const below = (parent: number): number[] =>
    running.flatMap(([child, its]) => (its === parent && child !== undefined ? [child, ...below(child)] : []))
  return below(pid)
}
