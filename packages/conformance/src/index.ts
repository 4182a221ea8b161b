export type { Bench, ConformanceCase, RunOptions } from './case.ts'
export { CASES } from './cases.ts'
export { describeAdapter } from './describe-adapter.ts'
export type { AdapterUnderTest } from './run.ts'
