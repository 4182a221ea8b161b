import { createCodeMode } from '@glovebox/core'
import { nodeVm } from '@glovebox/node-vm'
import { expect, it } from 'vitest'

it('an execution rejects with SANDBOX_UNAVAILABLE if no process can be started', async () => {
  const { execPath } = process
  process.execPath = '/nowhere/node'
  try {
    await using sandbox = nodeVm()
    await using codeMode = await createCodeMode({ sandbox, tools: {} })
    await expect(codeMode.execute('return 1')).rejects.toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
      message: expect.stringContaining('ENOENT'),
    })
  } finally {
    process.execPath = execPath
  }
})
