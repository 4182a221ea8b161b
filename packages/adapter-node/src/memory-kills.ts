import { readFileSync } from 'node:fs'

const GROUPS = '/sys/fs/cgroup'

/** How many processes the system's memory killer had killed when a child was started last, less those accounted for. */
let seen: number | undefined

/** Notes what was killed before a child is started, so that it is not taken for the child's end. */
export function noteMemoryKills(): void {
  seen = countMemoryKills() ?? seen
}

/** Whether the memory killer has killed a process that is not accounted for, such as one that has ended by SIGKILL. */
export function claimMemoryKill(): boolean {
  const count = countMemoryKills()
  if (count === undefined || seen === undefined || count <= seen) return false
  seen++
  return true
}

/** Kills in this process's own control group where the system counts them there, otherwise in the whole system. */
function countMemoryKills(): number | undefined {
  if (process.platform !== 'linux') return undefined
  return memoryEventFiles(read('/proc/self/cgroup') ?? '')
    .map((path) => parseMemoryKills(read(path) ?? ''))
    .find((count) => count !== undefined)
}

/**
 * The files that may count memory kills, the most specific first: those of the process's control group, in version 2
 * and 1, as they are seen from outside and from inside a container.
 *
 * @param groups the text of `/proc/self/cgroup`
 */
export function memoryEventFiles(groups: string): string[] {
  const unified = /^0::(\/.*)$/m.exec(groups)?.[1]
  const legacy = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(\/.*)$/m.exec(groups)?.[1]
  return [
    ...(legacy === undefined ? [] : [`${GROUPS}/memory${legacy}/memory.oom_control`]),
    ...(legacy === undefined ? [] : [`${GROUPS}/memory/memory.oom_control`]),
    ...(unified === undefined ? [] : [`${GROUPS}${unified}/memory.events`]),
    `${GROUPS}/memory.events`,
    '/proc/vmstat',
  ]
}

/** @param text of `memory.events`, `memory.oom_control` or `/proc/vmstat`: a name and a number in each line */
export function parseMemoryKills(text: string): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(text)?.[1]
  return count === undefined ? undefined : Number(count)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // There is no such group here, or no file can be opened at present.
    return undefined
  }
}
