import { BACKENDS } from '@glovebox/backends'
import { replayAcross } from '@glovebox/conformance/suite'
import type { Sandbox } from '@glovebox/core'
import { nodeVm } from '@glovebox/node-vm'
import { afterAll, describe, it } from 'vitest'
import { remoteAdapter, startServer } from '../packages/workerd/test/support/remote-host.ts'

const server = await startServer()
const sandboxes: Readonly<Record<string, Sandbox>> = {
  ...Object.fromEntries(Object.entries(BACKENDS).map(([name, create]) => [name, create()])),
  remote: await remoteAdapter(() => server.url).create(),
  'node-vm': nodeVm(),
}
afterAll(async () => {
  await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close()))
  await server.stop()
})

describe('a recorded run is the same on every engine', () => {
  for (const [recorder, from] of Object.entries(sandboxes)) {
    for (const [replayer, to] of Object.entries(sandboxes)) {
      it(`when recorded on ${recorder} and replayed on ${replayer}`, () => replayAcross(from, to))
    }
  }
})
