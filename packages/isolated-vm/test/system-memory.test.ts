import { accessSync, constants, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isolatedVm } from '@glovebox/isolated-vm'
import { hostModule, outputOf, startModule } from '@glovebox/testing/host'
import { expect, it } from 'vitest'

const BACKEND = {
  package: '@glovebox/isolated-vm',
  factory: 'isolatedVm',
  from: import.meta.url,
  create: () => isolatedVm(),
  isWorker: () => false,
  missing: /./,
}
const GROUPS = '/sys/fs/cgroup/memory'

/** Whether this system allows new control groups (version 1), which the test needs to trigger the memory killer. */
const canMakeGroups = (() => {
  try {
    accessSync(`${GROUPS}/memory.limit_in_bytes`, constants.W_OK)
    return true
  } catch {
    return false
  }
})()

it.skipIf(!canMakeGroups)(
  'a program that exhausts the memory of the system is stopped, and another program continues',
  async () => {
    const group = `${GROUPS}/glovebox-test-${process.pid}`
    mkdirSync(group)
    try {
      writeFileSync(`${group}/memory.limit_in_bytes`, '350M')
      const body = `
      const { writeFileSync } = await import('node:fs')
      writeFileSync(${JSON.stringify(`${group}/cgroup.procs`)}, String(process.pid))
      const own = isolatedVm()
      const roomy = await createCodeMode({ sandbox: own, tools: { wait: () => wait(5_000) }, limits: { memoryBytes: 2e9, cpuTimeMs: 30_000, wallTimeMs: 40_000 } })
      const neighbour = roomy.execute('await tools.wait(); return "alive"')
      const greedy = await roomy.execute('const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))')
      console.log(greedy.error.code + ':', greedy.error.message, (await neighbour).value)`
      const printed = await outputOf(startModule(hostModule(body, BACKEND), BACKEND))
      expect(printed).toBe(
        'LIMIT_MEMORY: The program was stopped: the system, or its container, ran out of memory and killed its process alive',
      )
    } finally {
      // The group can be removed after its last process has ended.
      await delay(500)
      rmdirSync(group)
    }
  },
  60_000,
)
