import { setTimeout as delay } from 'node:timers/promises'
import { createCodeMode, type ExecuteResult } from '@glovebox/core'
import { describe, expect, it } from 'vitest'
import type { ProcessBackend } from './process-backend.ts'
import { childrenOf, waitForEnd } from './processes.ts'

/** Maximum time in ms. A stopped process is replaced after 4 s; a run that waited for its limits would take longer. */
const LIMITS = { wallTimeMs: 60_000, cpuTimeMs: 15_000 }
const COMPUTING = 'let x = 0; for (let i = 0; i < 1e8; i++) x = (x + i) | 0; return x'

/** Defines tests that programs survive unresponsive processes, such as stopped or swapped-out ones. */
export function describeStoppedProcesses(backend: ProcessBackend): void {
  const stopChildren = (): number[] => {
    const children = childrenOf(process.pid, backend)
    for (const pid of children) process.kill(pid, 'SIGSTOP')
    return children
  }

  describe('guests whose process is stopped', () => {
    it('run in another process if it was stopped while idle', async () => {
      await using sandbox = backend.create()
      let calls = 0
      const tools = { step: () => ++calls }
      await using codeMode = await createCodeMode({ sandbox, tools, limits: LIMITS })
      await codeMode.execute('return 1')
      expect(stopChildren().length).toBeGreaterThan(0)
      const results = await Promise.all([1, 2, 3].map(() => codeMode.execute('return await tools.step()')))
      expect(results.map((result) => result.ok && result.value).sort()).toEqual([1, 2, 3])
      expect(calls).toBe(3)
      expect(longest(results)).toBeLessThan(LIMITS.wallTimeMs / 2)
    }, 120_000)

    it('are repeated in another process if it was stopped between turns, with each call made once', async () => {
      await using sandbox = backend.create()
      const made: number[] = []
      let stopped: number[] = []
      const step = async (i: number) => {
        made.push(i)
        if (i === 2) stopped = stopChildren()
        await delay(20)
        return i
      }
      await using codeMode = await createCodeMode({ sandbox, tools: { step }, limits: LIMITS })
      const result = await codeMode.execute(
        'let sum = 0; for (let i = 0; i < 5; i++) sum += await tools.step(i); return sum',
      )
      expect(result).toMatchObject({ ok: true, value: 10 })
      expect(made).toEqual([0, 1, 2, 3, 4])
      expect(stopped.length).toBeGreaterThan(0)
      expect(longest([result])).toBeLessThan(LIMITS.wallTimeMs / 2)
    }, 120_000)

    it('are repeated in another process if it was stopped in the middle of a turn', async () => {
      await using sandbox = backend.create()
      await using codeMode = await createCodeMode({ sandbox, tools: {}, limits: LIMITS })
      await codeMode.execute('return 1')
      const running = codeMode.execute(COMPUTING)
      await delay(150)
      stopChildren()
      expect(await running).toMatchObject({ ok: true })
    }, 120_000)

    it('do not delay closing their sandbox', async () => {
      const sandbox = backend.create()
      const codeMode = await createCodeMode({ sandbox, tools: {}, limits: LIMITS })
      await codeMode.execute('return 1')
      const running = codeMode.execute('for (;;) {}').catch((error: { code: string }) => error.code)
      await delay(150)
      const stopped = stopChildren()
      const since = performance.now()
      await codeMode.close()
      await sandbox.close()
      expect(await running).toBe('SANDBOX_CLOSED')
      await waitForEnd(stopped)
      expect(performance.now() - since).toBeLessThan(20_000)
    }, 60_000)

    it('do not delay closing a new sandbox', async () => {
      const sandbox = backend.create()
      const codeMode = await createCodeMode({ sandbox, tools: {}, limits: LIMITS })
      const running = codeMode.execute('return 1').catch((error: { code: string }) => error.code)
      let stopped: number[] = []
      while (stopped.length === 0) {
        await delay(1)
        stopped = stopChildren()
      }
      const since = performance.now()
      await codeMode.close()
      await sandbox.close()
      await running
      await waitForEnd(stopped)
      expect(performance.now() - since).toBeLessThan(9_000)
    }, 60_000)
  })
}

const longest = (results: readonly ExecuteResult[]): number => Math.max(...results.map(({ usage }) => usage.wallTimeMs))
