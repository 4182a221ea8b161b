import assert from 'node:assert/strict'
import { createCodeMode } from '@glovebox/core'
import { returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

export const lifecycle: readonly ConformanceCase[] = [
  {
    id: 'lifecycle.fresh',
    protects: 'a program leaves no state for the next one',
    run: async ({ run }) => {
      await run('globalThis.left = 1; Array.prototype.left = 1; Object.prototype.left = 1; Math.random = () => 4')
      returned(await run('return [typeof left, [].left, ({}).left, Math.random() < 1]'), [
        'undefined',
        undefined,
        undefined,
        true,
      ])
    },
  },
  {
    id: 'lifecycle.abort',
    protects: "an abort ends the program, and the execution rejects with the caller's reason",
    run: async ({ run }) => {
      const controller = new AbortController()
      const reason = new Error('the user left')
      const running = run('console.log("here"); await new Promise((r) => setTimeout(r, 60_000))', {
        signal: controller.signal,
        onEvent: () => controller.abort(reason),
      })
      await assert.rejects(running, (error) => error === reason)
      await assert.rejects(run('return 1', { signal: controller.signal }), (error) => error === reason)
    },
  },
  {
    id: 'lifecycle.abort-reason',
    protects: "the signals of running tools abort with the caller's reason, whatever it is",
    run: async ({ run }) => {
      for (const reason of ['the user left', null, Object.create(null)]) {
        const controller = new AbortController()
        let told: unknown
        const hang = (_: unknown, { signal }: { signal: AbortSignal }) =>
          new Promise(() => {
            signal.addEventListener('abort', () => {
              told = signal.reason
            })
            controller.abort(reason)
          })
        const running = run('await tools.hang()', { tools: { hang }, signal: controller.signal })
        await assert.rejects(running, (error) => error === reason)
        assert.equal(told, reason)
      }
    },
  },
  {
    id: 'lifecycle.abort-computing',
    protects: 'a program that is computing can be aborted',
    run: async ({ run }) => {
      await assert.rejects(run('for (;;) {}', { signal: AbortSignal.timeout(200) }), { name: 'TimeoutError' })
      returned(await run('return "next"'), 'next')
    },
    needs: { stopsNativeLoops: true },
  },
  {
    id: 'lifecycle.closed-code-mode',
    protects: 'a closed code mode ends running programs and rejects new executions',
    run: async ({ sandbox }) => {
      const codeMode = await createCodeMode({ sandbox, tools: {} })
      const running = codeMode.execute('await new Promise((r) => setTimeout(r, 60_000))')
      const refused = assert.rejects(running, { name: 'SandboxError', code: 'SANDBOX_CLOSED' })
      await codeMode.close()
      await codeMode.close()
      await refused
      await assert.rejects(codeMode.execute('return 1'), { code: 'SANDBOX_CLOSED' })
    },
  },
  {
    id: 'lifecycle.event-handler',
    protects: 'an execution rejects with the error that its event handler throws',
    run: async ({ run }) => {
      const mistake = new Error('mistake')
      const running = run('console.log(1); await new Promise((r) => setTimeout(r, 60_000))', {
        onEvent: () => {
          throw mistake
        },
      })
      await assert.rejects(running, (error) => error === mistake)
    },
  },
  {
    id: 'lifecycle.event-handler-async',
    protects: 'an execution rejects with the reason of an asynchronous event handler, without an unhandled rejection',
    run: async ({ run }) => {
      const mistake = new Error('late mistake')
      const onEvent = (async () => {
        throw mistake
      }) as () => void
      await assert.rejects(
        run('console.log(1); await new Promise((r) => setTimeout(r, 60_000))', { onEvent }),
        (error) => error === mistake,
      )
    },
  },
  {
    id: 'lifecycle.event-handler-at-end',
    protects: 'an execution rejects with the error that an event handler throws for a call cancelled at the end',
    run: async ({ run }) => {
      const mistake = new Error('mistake at the end')
      const running = run('tools.hang(); await new Promise((r) => setTimeout(r, 20)); return "early"', {
        tools: { hang: () => new Promise(() => {}) },
        onEvent: ({ type }) => {
          if (type === 'tool-call-end') throw mistake
        },
      })
      await assert.rejects(running, (error) => error === mistake)
    },
  },
  {
    id: 'lifecycle.usage',
    protects: 'an execution reports its usage, with CPU time if the adapter measures it',
    run: async ({ run, sandbox }) => {
      const { usage } = await run('let n = 0; for (let i = 0; i < 1e6; i++) n += i; await tools.a(); return n', {
        tools: { a: () => 1 },
      })
      assert.equal(usage.toolCalls, 1)
      assert.ok(usage.wallTimeMs > 0)
      if (sandbox.guarantees.cpuTime) assert.ok((usage.cpuTimeMs ?? 0) > 0)
    },
  },
]
