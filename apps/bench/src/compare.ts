import { isMissing, type Results } from './results.ts'
import { median } from './stats.ts'
import { ROWS } from './workload.ts'

/**
 * Figures of our sandboxes as multiples of the round trip of a pipe in the same run, so that those of two machines can be
 * compared. The smallest median of the rounds stands for a row, since a virtual machine has slow phases.
 */
function ratiosOf({ rows, contenders, floor }: Results): Map<string, number | undefined> {
  const pipe = Math.min(...floor.pipe)
  const floors = { µs: pipe, ms: pipe / 1_000, '×': 1 }
  const ratios = new Map<string, number | undefined>()
  for (const { id } of contenders.filter(({ kind }) => kind === 'ours')) {
    for (const [row, figures] of Object.entries(rows)) {
      const medians = figures[id]
      const isMeasured = medians !== undefined && !isMissing(medians) && medians.length > 0
      const unit = ROWS.find((each) => each.id === row)?.unit ?? 'ms'
      const least = isMeasured && (unit === '×' ? median(medians) : Math.min(...medians))
      ratios.set(`${id}, ${row}`, least === false ? undefined : least / floors[unit])
    }
  }
  return ratios
}

/** Prints the ratios of two runs. Returns whether any has grown by more than the factor, or has no figure any more. */
export function compareResults(before: Results, after: Results, factor: number): boolean {
  const earlier = ratiosOf(before)
  const show = (ratio: number | undefined) => (ratio?.toFixed(1) ?? 'none').padStart(9)
  let isWorse = false
  for (const [name, ratio] of ratiosOf(after)) {
    const old = earlier.get(name)
    if (old === undefined) continue
    const growth = (ratio ?? Number.POSITIVE_INFINITY) / old
    const isBad = growth > factor
    isWorse ||= isBad
    console.log(`${isBad ? '✗' : '✓'} ${name.padEnd(32)}${show(old)} ${show(ratio)} ${growth.toFixed(2).padStart(7)} ×`)
  }
  return isWorse
}
