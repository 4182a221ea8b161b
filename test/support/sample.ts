import { createHash } from 'node:crypto'
import { CASES, type ConformanceCase, HOSTILE_GROUPS } from '@glovebox/conformance/suite'

/** The share of hostile programs that are run. CI runs a part; `npm test` and `pnpm guarantees` run all of them. */
const SHARE = Number(process.env.CONFORMANCE_SAMPLE ?? 1)
/** A sample is repeated by its seed. */
const SEED = process.env.CONFORMANCE_SEED ?? String(Date.now() % 2 ** 31)
if (!(SHARE > 0 && SHARE <= 1)) throw new RangeError(`CONFORMANCE_SAMPLE must be above 0 and at most 1; got ${SHARE}`)
if (SHARE < 1) console.log(`conformance: CONFORMANCE_SEED=${SEED} CONFORMANCE_SAMPLE=${SHARE}`)

const hostile = new Set(HOSTILE_GROUPS.flatMap((group) => CASES[group] ?? []))

/** Whether a case is in this run's sample. All cases that are not hostile are. */
export function isInSample(each: ConformanceCase): boolean {
  if (SHARE === 1 || !hostile.has(each)) return true
  return createHash('sha256').update(`${SEED} ${each.id}`).digest().readUInt32LE() / 2 ** 32 < SHARE
}
