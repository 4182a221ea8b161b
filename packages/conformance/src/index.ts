export type { Bench, ConformanceCase, DoomedHost, RunOptions } from './case.ts'
export { CASES, HOSTILE_GROUPS } from './cases.ts'
export { type DescribeOptions, describeAdapter } from './describe-adapter.ts'
export type { AdapterUnderTest } from './run.ts'
