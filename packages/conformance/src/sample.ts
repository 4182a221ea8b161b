import { createHash } from 'node:crypto'
import type { ConformanceCase } from './case.ts'
import { CASES, HOSTILE_GROUPS } from './cases.ts'

const { CONFORMANCE_SAMPLE, CONFORMANCE_SEED } = process.env
const share = Number(CONFORMANCE_SAMPLE ?? 1)
const seed = CONFORMANCE_SEED ?? String(Date.now() % 2 ** 31)
if (!(share > 0 && share <= 1)) {
  throw new RangeError(`CONFORMANCE_SAMPLE must be above 0 and at most 1; got ${CONFORMANCE_SAMPLE}`)
}
if (share < 1) console.log(`conformance: CONFORMANCE_SEED=${seed} CONFORMANCE_SAMPLE=${share}`)

const hostile = new Set(HOSTILE_GROUPS.flatMap((group) => CASES[group] ?? []))

/**
 * Whether a case is in this run's sample. The environment variable `CONFORMANCE_SAMPLE` is the share of hostile programs
 * that are run (above 0, at most 1; default 1, all of them), and `CONFORMANCE_SEED` repeats a sample by the seed that it
 * printed. All other cases are always in it.
 */
export function isInSample(each: ConformanceCase): boolean {
  if (share === 1 || !hostile.has(each)) return true
  return createHash('sha256').update(`${seed} ${each.id}`).digest().readUInt32LE() / 2 ** 32 < share
}
