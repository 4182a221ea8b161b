import assert from 'node:assert/strict'
import type { ExecuteResult, ExecutionErrorCode } from '@glovebox/core'

/** The program returned this value. */
export function returned(result: ExecuteResult, value: unknown): void {
  if (!result.ok) assert.fail(`the program failed: ${JSON.stringify(result.error)}`)
  assert.deepEqual(result.value, value)
}

/** The program ended with this code; gives the error for a closer look. */
export function failed(result: ExecuteResult, code: ExecutionErrorCode) {
  if (result.ok) assert.fail(`the program returned ${JSON.stringify(result.value)}, and should have ended with ${code}`)
  assert.equal(result.error.code, code, `${result.error.code}: ${result.error.message}`)
  return result.error
}
