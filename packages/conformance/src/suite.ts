/** `@glovebox/conformance/suite`: the suite without a test runner. */
export type { Bench, ConformanceCase, RunOptions } from './case.ts'
export { CASES } from './cases.ts'
export {
  type AdapterUnderTest,
  type CaseReport,
  type ConformanceReport,
  type RunConformanceOptions,
  runConformance,
} from './run.ts'
