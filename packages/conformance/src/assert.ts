import assert from 'node:assert/strict'
import type { ExecuteResult, ExecutionErrorCode } from '@glovebox/core'

/** Asserts that the program returned this value. */
export function returned(result: ExecuteResult, value: unknown): void {
  if (!result.ok) assert.fail(`the program failed: ${JSON.stringify(result.error)}`)
  assert.deepEqual(result.value, value)
}

/** Asserts that the program failed with this code. Returns the error. */
export function failed(result: ExecuteResult, code: ExecutionErrorCode) {
  if (result.ok) assert.fail(`expected the program to fail with ${code}; it returned ${describe(result.value)}`)
  assert.equal(result.error.code, code, `${result.error.code}: ${result.error.message}`)
  return result.error
}

/** Describes a value without walking it, because a hostile value may repeat its parts thousands of times. */
function describe(value: unknown): string {
  return typeof value === 'object' ? Object.prototype.toString.call(value) : String(value).slice(0, 200)
}
