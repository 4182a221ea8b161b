import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { EXECUTION_ERROR_CODES, RUN_ERROR_CODES } from '../src/contract/errors.ts'

const HOST_CODES = [
  'SANDBOX_UNAVAILABLE',
  'SANDBOX_CLOSED',
  'GUARANTEE_NOT_MET',
  'MCP_UNAVAILABLE',
  'MCP_TIMEOUT',
  'MCP_UNAUTHORIZED',
  'MCP_CONFIG_INVALID',
]

it('the error reference has a heading for every error code and no others', async () => {
  const page = await readFile(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8')
  const headings = [...page.matchAll(/^### (\w+)$/gm)].map(([, code]) => code)
  expect(headings.sort()).toEqual([...EXECUTION_ERROR_CODES, ...HOST_CODES, ...RUN_ERROR_CODES].sort())
})
