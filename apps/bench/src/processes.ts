import { readdirSync, readFileSync } from 'node:fs'

/** Returns the ids of a process and all its descendants. Empty on systems other than Linux. */
function processTree(root: number): number[] {
  if (process.platform !== 'linux') return []
  const parents = new Map<number, number | undefined>()
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), field(`/proc/${name}/status`, 'PPid'))
  }
  const tree = [root]
  for (const id of tree) for (const [child, parent] of parents) if (parent === id) tree.push(child)
  return tree
}

/** Returns the proportional set size of a process and its descendants in MB: memory that is shared counts once. */
export function memoryOf(root: number): number {
  const kilobytes = processTree(root).map((id) => field(`/proc/${id}/smaps_rollup`, 'Pss') ?? 0)
  return (kilobytes.reduce((sum, each) => sum + each, 0) * 1_024) / 1e6
}

function field(file: string, name: string): number | undefined {
  try {
    const [, value] = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(file, 'latin1')) ?? []
    return value === undefined ? undefined : Number(value)
  } catch {
    // The process has just exited.
    return undefined
  }
}
