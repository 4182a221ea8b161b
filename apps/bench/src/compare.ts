import { isMissing, type Results } from './results.ts'
import { median } from './stats.ts'
import { ROWS } from './workload.ts'

interface Ratio {
  readonly name: string
  readonly ratio: number
}

/**
 * Figures of our sandboxes as multiples of the round trip of a pipe in the same run, so that those of two machines can be
 * compared. The smallest median of the rounds stands for a row, since a virtual machine has slow phases.
 */
function ratiosOf({ rows, contenders, floor }: Results): Ratio[] {
  const pipe = Math.min(...floor.pipe)
  const floors = { µs: pipe, ms: pipe / 1_000, '×': 1 }
  return contenders
    .filter(({ kind }) => kind === 'ours')
    .flatMap(({ id }) =>
      Object.entries(rows).flatMap(([row, figures]) => {
        const medians = figures[id]
        if (medians === undefined || isMissing(medians) || medians.length === 0) return []
        const unit = ROWS.find((each) => each.id === row)?.unit ?? 'ms'
        return [
          { name: `${id}, ${row}`, ratio: (unit === '×' ? median(medians) : Math.min(...medians)) / floors[unit] },
        ]
      }),
    )
}

/** Prints the ratios of two runs. Returns whether any has grown by more than the factor. */
export function compareResults(before: Results, after: Results, factor: number): boolean {
  const earlier = new Map(ratiosOf(before).map(({ name, ratio }) => [name, ratio]))
  let isWorse = false
  for (const { name, ratio } of ratiosOf(after)) {
    const old = earlier.get(name)
    if (old === undefined) continue
    const growth = ratio / old
    const isBad = growth > factor
    isWorse ||= isBad
    const mark = isBad ? '✗' : '✓'
    console.log(
      `${mark} ${name.padEnd(32)}${old.toFixed(1).padStart(9)} ${ratio.toFixed(1).padStart(9)} ${growth.toFixed(2).padStart(7)} ×`,
    )
  }
  return isWorse
}
