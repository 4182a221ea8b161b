import { readFileSync } from 'node:fs'

const GROUPS = '/sys/fs/cgroup'

/** Memory kills that are accounted for: the count when a child was last started, plus those claimed since. */
let seen: number | undefined

/** Records the count before a child is started, so that an earlier kill is not taken for the end of this child. */
export function noteMemoryKills(): void {
  seen = countMemoryKills() ?? seen
}

/** Returns whether the memory killer has killed a process that is not accounted for yet, and accounts for it. */
export function claimMemoryKill(): boolean {
  const count = countMemoryKills()
  if (count === undefined || seen === undefined || count <= seen) return false
  seen++
  return true
}

/** Returns the kills in this process's own control group or, if they are not counted there, in the whole system. */
function countMemoryKills(): number | undefined {
  if (process.platform !== 'linux') return undefined
  return memoryEventFiles(read('/proc/self/cgroup') ?? '')
    .map((path) => parseMemoryKills(read(path) ?? ''))
    .find((count) => count !== undefined)
}

/**
 * Returns the files that may count memory kills, the most specific first: those of the process's control group, in
 * versions 1 and 2, as seen from outside and from inside a container.
 *
 * @param groups the contents of `/proc/self/cgroup`
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

/**
 * Returns the number of memory kills, or undefined if the text does not contain it.
 *
 * @param text the contents of `memory.events`, `memory.oom_control` or `/proc/vmstat`: a name and a number in each line
 */
export function parseMemoryKills(text: string): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(text)?.[1]
  return count === undefined ? undefined : Number(count)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The group does not exist, or no file can be opened at present.
    return undefined
  }
}
