export type { Bench, ConformanceCase, RunOptions } from './case.ts'
export type { AdapterUnderTest } from './describe-adapter.ts'
export { CASES, describeAdapter } from './describe-adapter.ts'
