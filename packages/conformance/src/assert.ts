import assert from 'node:assert/strict'
import type { ExecuteResult, ExecutionErrorCode } from '@glovebox/core'

/** The program returned this value. */
export function returned(result: ExecuteResult, value: unknown): void {
  if (!result.ok) assert.fail(`the program failed: ${JSON.stringify(result.error)}`)
  assert.deepEqual(result.value, value)
}

/** The program ended with this code; gives the error for a closer look. */
export function failed(result: ExecuteResult, code: ExecutionErrorCode) {
  if (result.ok) assert.fail(`the program returned ${describe(result.value)}, and should have ended with ${code}`)
  assert.equal(result.error.code, code, `${result.error.code}: ${result.error.message}`)
  return result.error
}

/** Names a value without walking it: a hostile one shares its parts thousands of times. */
function describe(value: unknown): string {
  return typeof value === 'object' ? Object.prototype.toString.call(value) : String(value).slice(0, 200)
}
