import type { ConformanceCase } from './case.ts'
import { calls } from './cases/calls.ts'
import { consoleCases } from './cases/console.ts'
import { determinism } from './cases/determinism.ts'
import { globals } from './cases/globals.ts'
import { hostile } from './cases/hostile.ts'
import { lifecycle } from './cases/lifecycle.ts'
import { limits } from './cases/limits.ts'
import { programs } from './cases/programs.ts'
import { reading } from './cases/reading.ts'
import { recovery } from './cases/recovery.ts'
import { values } from './cases/values.ts'

/** Every case, by group. */
export const CASES: Readonly<Record<string, readonly ConformanceCase[]>> = {
  lifecycle,
  programs,
  reading,
  values,
  calls,
  console: consoleCases,
  limits,
  determinism,
  globals,
  hostile,
  recovery,
}
