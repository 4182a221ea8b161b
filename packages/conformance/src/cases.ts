import type { ConformanceCase } from './case.ts'
import { attachments } from './cases/attachments.ts'
import { calls } from './cases/calls.ts'
import { concurrency } from './cases/concurrency.ts'
import { consoleCases } from './cases/console.ts'
import { contract } from './cases/contract.ts'
import { determinism } from './cases/determinism.ts'
import { errors } from './cases/errors.ts'
import { escapes } from './cases/escapes.ts'
import { exfiltration } from './cases/exfiltration.ts'
import { floods } from './cases/floods.ts'
import { forgeries } from './cases/forgeries.ts'
import { globals } from './cases/globals.ts'
import { guarantees } from './cases/guarantees.ts'
import { hostFloods } from './cases/host-floods.ts'
import { lifecycle } from './cases/lifecycle.ts'
import { limits } from './cases/limits.ts'
import { lookups } from './cases/lookups.ts'
import { programs } from './cases/programs.ts'
import { reading } from './cases/reading.ts'
import { values } from './cases/values.ts'

/** All cases, by group. */
export const CASES: Readonly<Record<string, readonly ConformanceCase[]>> = {
  contract,
  lifecycle,
  programs,
  values,
  calls,
  attachments,
  lookups,
  console: consoleCases,
  errors,
  limits,
  determinism,
  globals,
  guarantees,
  reading,
  escapes,
  exfiltration,
  forgeries,
  floods,
  'host-floods': hostFloods,
  concurrency,
}

/** Groups whose programs are hostile. */
export const HOSTILE_GROUPS: readonly string[] = [
  'reading',
  'escapes',
  'forgeries',
  'floods',
  'host-floods',
  'concurrency',
]
