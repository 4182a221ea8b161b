import { readdirSync, readFileSync } from 'node:fs'

/** Returns the ids of the child processes of this process. Empty on systems other than Linux. */
export function childProcesses(): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && field(pid, 'PPid') === process.pid)
}

/** Returns the resident memory of this process and its children in MB. */
function residentMegabytes(): number {
  const children = childProcesses().map((pid) => (field(pid, 'VmRSS') ?? 0) * 1024)
  return children.reduce((sum, bytes) => sum + bytes, process.memoryUsage.rss()) / 1e6
}

/** Returns the peak of resident memory during `run`, in MB. */
export async function peakMegabytes(run: () => Promise<unknown>): Promise<number> {
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, residentMegabytes())
  }, 10)
  await run()
  clearInterval(timer)
  return Math.max(peak, residentMegabytes())
}

function field(pid: number, name: string): number | undefined {
  try {
    const [, value] = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return value === undefined ? undefined : Number(value)
  } catch {
    // The process has just exited.
    return undefined
  }
}
