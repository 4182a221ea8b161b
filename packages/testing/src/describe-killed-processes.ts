import { setTimeout as delay } from 'node:timers/promises'
import { isDrawn, sampleShare } from '@glovebox/conformance'
import { keepPeaceful, runHostile } from '@glovebox/conformance/recovery'
import { createCodeMode } from '@glovebox/core'
import { describe, expect, it } from 'vitest'
import type { ProcessBackend } from './process-backend.ts'
import { childrenOf } from './processes.ts'

/** Defines tests that programs survive the loss of the processes of their guests. */
export function describeKilledProcesses(backend: ProcessBackend): void {
  describe('guests whose process is killed', () => {
    it('continue in another process with each call made once, while processes are killed at random', async () => {
      await using sandbox = backend.create()
      const bench = {
        run: async (code: string, { tools = {}, limits = {} }: { tools?: object; limits?: object } = {}) => {
          await using codeMode = await createCodeMode({ sandbox, tools: tools as never, limits })
          return await codeMode.execute(code)
        },
      }
      const peaceful = keepPeaceful(bench, 50)
      let kills = 0
      const killing = setInterval(() => {
        const children = childrenOf(process.pid, backend)
        const victim = children[Math.floor(Math.random() * children.length)]
        if (victim === undefined) return
        process.kill(victim, 'SIGKILL')
        kills++
      }, 2_000)
      // A third of them where hostile programs are sampled.
      const share = sampleShare < 1 ? 1 / 3 : 1
      await runHostile(bench, backend.hostileStep, (id) => isDrawn(`killed ${id}`, share))
      // A fast machine runs the programs before several processes were killed.
      while (kills <= 3) await delay(100)
      clearInterval(killing)
      await peaceful.finish()
      expect(peaceful.calls.size).toBeGreaterThan(200)
    }, 300_000)

    it('end with the same result as without a kill', async () => {
      await using sandbox = backend.create()
      const made: number[] = []
      const step = async (i: number) => {
        made.push(i)
        await delay(20)
        return i * 2
      }
      await using codeMode = await createCodeMode({ sandbox, tools: { step } })
      const running = codeMode.execute(
        'let sum = 0; for (let i = 0; i < 20; i++) { sum += await tools.step(i); console.log(i) } return sum',
      )
      while (made.length < 8) await delay(5)
      for (const pid of childrenOf(process.pid, backend)) process.kill(pid, 'SIGKILL')
      const result = await running
      expect(result).toMatchObject({ ok: true, value: 380 })
      expect(made).toEqual(Array.from({ length: 20 }, (_, i) => i))
      expect(result.logs.map(({ text }) => text)).toEqual(made.map(String))
      expect(result.calls.map(({ id, outcome }) => [id, outcome])).toEqual(made.map((i) => [i + 1, 'returned']))
    })
  })
}
