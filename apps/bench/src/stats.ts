/** Summary of samples, in the unit of the samples. */
export interface Spread {
  readonly p50: number
  readonly p95: number
  readonly min: number
  readonly max: number
  readonly samples: number
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export function spreadOf(samples: readonly number[]): Spread {
  return {
    p50: median(samples),
    p95: quantile(samples, 0.95),
    min: quantile(samples, 0),
    max: quantile(samples, 1),
    samples: samples.length,
  }
}
