import { replayAcross } from '@glovebox/conformance/suite'
import type { Sandbox } from '@glovebox/core'
import { isolatedVm } from '@glovebox/isolated-vm'
import { nodeVm } from '@glovebox/node-vm'
import { quickjs } from '@glovebox/quickjs'
import { workerd } from '@glovebox/workerd'
import { afterAll, describe, it } from 'vitest'
import { remoteAdapter, startServer } from './support/remote-host.ts'

const server = await startServer()
const sandboxes: Readonly<Record<string, Sandbox>> = {
  quickjs: quickjs(),
  'isolated-vm': isolatedVm(),
  workerd: workerd(),
  remote: await remoteAdapter(() => server.url).create(),
  'node-vm': nodeVm(),
}
afterAll(async () => {
  await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close()))
  await server.stop()
})

describe('a journal produces the same output on every engine', () => {
  for (const [recorder, from] of Object.entries(sandboxes)) {
    for (const [replayer, to] of Object.entries(sandboxes)) {
      it(`when recorded on ${recorder} and replayed on ${replayer}`, () => replayAcross(from, to))
    }
  }
})
