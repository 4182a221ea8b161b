/** `@glovebox/conformance/suite`: the suite without a test runner. */
export type { ConformanceCase, DisposableHost, RunOptions, TestContext } from '../case.ts'
export { replayAcross } from '../cases/determinism.ts'
export { CASES, HOSTILE_GROUPS } from '../cases.ts'
export {
  type AdapterUnderTest,
  type CaseReport,
  type ConformanceReport,
  judge,
  type RunConformanceOptions,
  runConformance,
  SandboxTestContext,
} from '../run.ts'
