/** `@glovebox/conformance/suite`: the suite without a test runner. */
export type { Bench, ConformanceCase, DoomedHost, RunOptions } from './case.ts'
export { replayAcross } from './cases/determinism.ts'
export { CASES, HOSTILE_GROUPS } from './cases.ts'
export {
  type AdapterUnderTest,
  type CaseReport,
  type ConformanceReport,
  judge,
  type RunConformanceOptions,
  runConformance,
  Workbench,
} from './run.ts'
