import { readdirSync, readFileSync } from 'node:fs'

/** A process with its data from `/proc`. */
export interface ProcessInfo {
  readonly pid: number
  readonly command: string
  readonly residentBytes: number
  /** CPU time of all threads in ms. */
  readonly cpuTimeMs: number
}

const TICKS_PER_SECOND = 100

/** Returns a process and its descendants. Empty on systems without `/proc`. */
export function processTree(root: number = process.pid): ProcessInfo[] {
  const parents = new Map<number, number>()
  for (const name of listProcesses()) {
    const [, parent] = /^PPid:\s+(\d+)/m.exec(read(`/proc/${name}/status`)) ?? []
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid !== 0 && (pid === root || isBelow(parents.get(pid)))
  return [...parents.keys()].filter(isBelow).map(describeProcess)
}

const listProcesses = (): string[] =>
  process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []

function describeProcess(pid: number): ProcessInfo {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`)) ?? []
  // The command name may contain spaces and parentheses, so fields are read after its last parenthesis.
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? []
  return {
    pid,
    command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '),
    residentBytes: Number(kilobytes ?? 0) * 1024,
    cpuTimeMs: ((Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 1_000) / TICKS_PER_SECOND,
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // The process has exited in the meantime.
    return ''
  }
}
