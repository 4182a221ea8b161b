import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Environment variable that identifies the processes of this run. Child processes inherit it. */
const VARIABLE = 'REAL_SERVERS_RUN'
const ENTRY = { name: VARIABLE, value: randomUUID() }

export const marker = { [ENTRY.name]: ENTRY.value }

/** Returns the ids of all running processes that have the marker in their environment. Empty except on Linux. */
function markedProcesses() {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${VARIABLE}=${ENTRY.value}`)
      } catch {
        // The process has exited in the meantime, or belongs to another user.
        return false
      }
    })
    .map(Number)
}

/** Kills all marked processes and returns their number. Synchronous, for exit handlers. */
export function killMarkedProcesses() {
  const pids = markedProcesses()
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // The process has exited in the meantime.
    }
  }
  return pids.length
}

/** Returns the number of marked processes that are still running after `maxMs`, and kills them. */
export async function countLeftProcesses(maxMs) {
  for (let waited = 0; waited < maxMs && markedProcesses().length > 0; waited += 20) await sleep(20)
  return killMarkedProcesses()
}
