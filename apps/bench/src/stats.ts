/** Summary of samples, in the unit of the samples. */
export interface Spread {
  readonly p50: number
  readonly p95: number
  readonly min: number
  readonly samples: number
}

export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((left, right) => left - right)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95), min: at(0), samples: sorted.length }
}
