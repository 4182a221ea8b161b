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

/** Share of the other cases for an adapter that is sampled. */
const SHARE_OF_OTHERS = 0.25

/** Share of hostile programs to run, above 0 and at most 1. */
export const sampleShare = share

/** Returns whether something is in the sample of this run. */
export const isDrawn = (id: string, shareOf = share): boolean =>
  shareOf >= 1 || createHash('sha256').update(`${seed} ${id}`).digest().readUInt32LE() / 2 ** 32 < shareOf

/**
 * Returns whether a case is in the sample of this run. `CONFORMANCE_SAMPLE` is the share of hostile programs to run,
 * above 0 and at most 1. Default: 1. `CONFORMANCE_SEED` repeats a sample by its printed seed. All other cases always
 * run, unless the adapter is sampled as a whole.
 */
export function isInSample(each: ConformanceCase, isSampled = false): boolean {
  if (hostile.has(each)) return isDrawn(each.id)
  return share === 1 || !isSampled || each.id.startsWith('guarantees.') || isDrawn(each.id, SHARE_OF_OTHERS)
}
