import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { root } from './repository.ts'

it('the guide to sandboxes says what the adapters declare', async () => {
  const check = promisify(execFile)(process.execPath, ['scripts/write-guarantees.mjs', '--check'], { cwd: root })
  await expect(check).resolves.toMatchObject({ stderr: '' })
})
