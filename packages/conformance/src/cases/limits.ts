import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

const MB = 1024 * 1024

export const limits: readonly ConformanceCase[] = [
  {
    id: 'limits.stack',
    protects: 'endless recursion throws an error that the program can catch, and ends in LIMIT_STACK if it does not',
    run: async ({ run }) => {
      returned(await run('const f = () => f() + 1; try { f() } catch (e) { return e instanceof Error }'), true)
      failed(await run('const f = () => f() + 1; f()'), 'LIMIT_STACK')
      returned(await run('return "next"'), 'next')
    },
  },
  {
    id: 'limits.stack-deep',
    protects: 'recursion to a depth of 1,000 works',
    run: async ({ run }) =>
      returned(await run('const depth = (n) => n === 0 ? 0 : 1 + depth(n - 1); return depth(1000)'), 1000),
  },
  {
    id: 'limits.stack-native',
    protects: "recursion through built-ins does not overflow the host's stack",
    run: async ({ run }) => {
      const code =
        'let a = []; for (let i = 0; i < 200_000; i++) a = [a]; try { JSON.stringify(a) } catch {} try { a.toString() } catch {} try { a.flat(Infinity) } catch {} return "survived"'
      const result = await run(code)
      if (!result.ok)
        assert.ok(
          ['LIMIT_STACK', 'LIMIT_MEMORY', 'LIMIT_CPU'].includes(result.error.code),
          JSON.stringify(result.error),
        )
      returned(await run('return "next"'), 'next')
    },
  },
  {
    id: 'limits.wall-time',
    protects: 'a program that waits ends at the wall time limit',
    run: async ({ run }) => {
      failed(
        await run('await new Promise((r) => setTimeout(r, 60_000))', { limits: { wallTimeMs: 200 } }),
        'LIMIT_WALL_TIME',
      )
    },
  },
  {
    id: 'limits.waiting-is-not-computing',
    protects: 'waiting for a tool does not count as CPU time',
    run: async ({ run }) => {
      const wait = () => delay(600)
      returned(await run('await tools.wait(); return 1', { tools: { wait }, limits: { cpuTimeMs: 300 } }), 1)
    },
  },
  {
    id: 'limits.stalled',
    protects: 'a program that waits for nothing ends immediately as stalled',
    run: async ({ run }) => {
      failed(await run('await new Promise(() => {})'), 'PROGRAM_STALLED')
      failed(await run('await { then() {} }'), 'PROGRAM_STALLED')
    },
  },
  {
    id: 'limits.result-size',
    protects: 'a huge result fails with an error that advises to return less',
    run: async ({ run }) => {
      const limitsOfResult = { resultBytes: 1_000_000, memoryBytes: 512 * MB, cpuTimeMs: 20_000 }
      const error = failed(await run('return "x".repeat(20_000_000)', { limits: limitsOfResult }), 'LIMIT_RESULT_SIZE')
      assert.match(error.message, /return less/)
    },
  },
  {
    id: 'limits.code-size',
    protects: 'a program above the code size limit is rejected',
    run: async ({ run }) =>
      failed(await run(`return ${'1 + '.repeat(50_000)}1`, { limits: { codeBytes: 10_000 } }), 'LIMIT_CODE_SIZE') &&
      undefined,
  },
  {
    id: 'limits.tightened',
    protects: 'invalid and unknown limits are rejected',
    run: async ({ run }) => {
      await assert.rejects(run('return 1', { limits: { wallTimeMs: 0 } }), TypeError)
      await assert.rejects(run('return 1', { limits: { wallTime: 5 } as never }), TypeError)
    },
  },
  {
    id: 'limits.timers',
    protects: 'thousands of timers do not burden the host',
    run: async ({ run }) => {
      returned(
        await run(
          'let n = 0; for (let i = 0; i < 20_000; i++) setTimeout(() => n++, 50_000); await new Promise((r) => setTimeout(r, 5)); return n',
          { limits: { cpuTimeMs: 20_000 } },
        ),
        0,
      )
    },
  },
]
