import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { outputOf } from './host.ts'
import type { ProcessBackend } from './process-backend.ts'

const LIMIT = 120
/**
 * Maximum number of free descriptors to test. With more, starting a process succeeds; with fewer, one of its steps
 * fails.
 */
const MOST_LEFT = 12
/** Timeout in ms of a host, which starts about thirty sandboxes in sequence. */
const TIMEOUT_MS = 200_000
/** Only every n-th round runs a typed program, which needs a reader process that takes up to a second to start. */
const TYPED_EVERY = 7

/** The value of a program, or the code and message of its rejection. */
type Outcome = readonly [name: string, value: unknown, ms: number]

/** Defines tests that an adapter survives a shortage of file descriptors, reports it and recovers. */
export function describeShortages(
  backend: Pick<ProcessBackend, 'package' | 'factory' | 'from'>,
  command?: string,
): void {
  describe('a host without descriptors', () => {
    it('rejects executions with the true reason and recovers when descriptors are available', async () => {
      const outcomes = await runHost(
        `for (let left = 0; left <= ${MOST_LEFT}; left++) {
          await using sandbox = ${backend.factory}()
          exhaust(left)
          await using codeMode = await createCodeMode({ sandbox, tools })
          await report('starting', () => codeMode.execute('return 1'))
          const typed = () => codeMode.execute('const typed: number = 1; return typed')
          if (left % ${TYPED_EVERY} === 0) await report('starting', typed)
          free()
          await report('again', () => codeMode.execute('return 1'))
          if (left % ${TYPED_EVERY} === 0) await report('again', typed)
        }`,
        backend,
      )
      expect(outcomes).toHaveLength(2 * (MOST_LEFT + 1) + 2 * Math.ceil((MOST_LEFT + 1) / TYPED_EVERY))
      expect(outcomes[0]?.[1]).toMatch(/^SANDBOX_UNAVAILABLE: .*\(EMFILE\): raise the limit of open files/)
      for (const [name, value, ms] of outcomes) {
        expect(value).toSatisfy((given) => given === 1 || (name === 'starting' && isShortage(given)))
        expect(ms).toBeLessThan(60_000)
      }
    }, 240_000)

    it('survives failures of prepared guests and of guests in quarantine', async () => {
      const outcomes = await runHost(
        `await using sandbox = ${backend.factory}()
        exhaust(0)
        await using codeMode = await createCodeMode({ sandbox, tools })
        await sleep(1_000)
        const init = { runtime: guestRuntime, memoryBytes: 64 * 1024 * 1024, stackBytes: 512 * 1024 }
        await report('alone', () => adapterOf(sandbox).start({ ...init, alone: true }).then(() => ({ ok: true })))
        free()
        await report('again', () => codeMode.execute('return 1'))`,
        backend,
      )
      expect(outcomes.map(([name, value]) => [name, isShortage(value) || value])).toEqual([
        ['alone', true],
        ['again', 1],
      ])
    }, 240_000)

    it.skipIf(command === undefined)(
      'survives the loss of its processes and calls no tool twice',
      async () => {
        const outcomes = await runHost(
          `for (let left = 0; left <= ${MOST_LEFT}; left += 2) {
          await using sandbox = ${backend.factory}()
          await using codeMode = await createCodeMode({ sandbox, tools })
          await codeMode.execute('return 1')
          calls = 0
          const running = report('running', () => codeMode.execute('await tools.wait({ ms: 300 }); return 1'))
          while (calls === 0) await sleep(1)
          const children = childrenOf(${JSON.stringify(command)})
          exhaust(left)
          for (const pid of children) process.kill(pid, 'SIGKILL')
          await running
          free()
          await report('again', () => codeMode.execute('return 1'))
          console.log(JSON.stringify(['calls', calls, 0]))
        }`,
          backend,
        )
        for (const [name, value] of outcomes) {
          if (name === 'calls') expect(value).toBe(1)
          else expect(value).toSatisfy((given) => given === 1 || (name === 'running' && isShortage(given)))
        }
      },
      120_000,
    )
  })
}

const isShortage = (value: unknown): boolean => /^SANDBOX_UNAVAILABLE: .*\(EMFILE\)/.test(String(value))

/** Runs a host with a low limit of open files. `exhaust(n)` leaves it n free descriptors. */
async function runHost(body: string, { package: adapter, factory, from }: Parameters<typeof describeShortages>[0]) {
  const find = (name: string) => JSON.stringify(pathToFileURL(createRequire(from).resolve(name)).href)
  const text = `
    import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
    import { createCodeMode } from ${find('@glovebox/core')}
    import { adapterOf, guestRuntime } from ${find('@glovebox/core/adapter')}
    import { ${factory} } from ${find(adapter)}
    const held = []
    const exhaust = (left) => {
      try {
        for (;;) held.push(openSync('/dev/null'))
      } catch {}
      for (const file of held.splice(0, left)) closeSync(file)
    }
    const free = () => held.splice(0).forEach((file) => closeSync(file))
    let calls = 0
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, Number(ms) || 1))
    const tools = { wait: async ({ ms }) => { calls++; await sleep(ms) } }
    const report = async (name, run) => {
      const since = performance.now()
      const value = await run().then(
        (result) => (result.ok ? (result.value ?? 1) : result.error.code + ': ' + result.error.message),
        (error) => error.code + ': ' + error.message,
      )
      console.log(JSON.stringify([name, value, performance.now() - since]))
    }
    const childrenOf = (command) => readdirSync('/proc').filter((name) => {
      try {
        return readFileSync('/proc/' + name + '/status', 'utf8').includes('PPid:\\t' + process.pid + '\\n')
          && readFileSync('/proc/' + name + '/cmdline', 'utf8').includes(command)
      } catch {}
    }).map(Number)
    ${body}`
  const limited = `ulimit -n ${LIMIT}; exec "$0" "$@"`
  const host = spawn('/bin/sh', ['-c', limited, process.execPath, '--input-type=module', '--eval', text], {
    cwd: fileURLToPath(new URL('..', from)),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed = await outputOf(host, TIMEOUT_MS)
  return printed.split('\n').map((line) => JSON.parse(line) as Outcome)
}
