import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { CASES } from '@glovebox/conformance/suite'
import { expect, it } from 'vitest'
import { readText, root } from './repository.ts'

it('the guide to sandboxes matches the declarations of the adapters', async () => {
  const check = promisify(execFile)(process.execPath, ['scripts/write-guarantees.mjs', '--check'], { cwd: root })
  await expect(check).resolves.toMatchObject({ stderr: '' })
})

it('the table of attack classes refers to existing cases', () => {
  const ids = Object.values(CASES)
    .flat()
    .map(({ id }) => id)
  const [, section = ''] = readText('docs/reference/guarantees.md').split('## Attack classes')
  const named = [...section.matchAll(/`([a-z-]+\.[a-z.-]*)(\*?)`/g)]
  expect(named.length).toBeGreaterThan(30)
  const unknown = named.filter(
    ([, id = '', star]) => !ids.some((each) => (star === '*' ? each.startsWith(id) : each === id)),
  )
  expect(unknown.map(([text]) => text)).toEqual([])
  expect([...section.matchAll(/^\| P\d\.\d /gm)]).toHaveLength(16)
})
