import { availableParallelism } from 'node:os'
import type { CodeMode, Sandbox } from '@glovebox/core'
import type { Driver, Engine } from '../driver.ts'

/** Creates the driver of one of our sandboxes. */
export function driverOf(name: string, engine: string, createSandbox: () => Promise<Sandbox>): Driver {
  return {
    name: `Glovebox, ${name}`,
    version: 'of this repository',
    containment: 'contained',
    engine,
    nodeFlags: [],
    async create(tools, { timeoutMs, memoryBytes }): Promise<Engine> {
      const [{ createCodeMode }, sandbox] = await Promise.all([import('@glovebox/core'), createSandbox()])
      const codeMode: CodeMode = await createCodeMode({
        sandbox,
        tools,
        limits: {
          wallTimeMs: timeoutMs * availableParallelism(),
          cpuTimeMs: timeoutMs,
          memoryBytes,
          toolCalls: 20_000,
          concurrentToolCalls: 1_000,
          resultBytes: 10_000_000,
          messageBytes: 10_000_000,
        },
      })
      return {
        async run(body) {
          const result = await codeMode.execute(body)
          if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`)
          return result.value
        },
        async close() {
          await codeMode.close()
          await sandbox.close()
        },
      }
    },
  }
}
