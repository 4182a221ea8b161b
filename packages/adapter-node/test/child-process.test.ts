import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { cpuTimeMsOf, describeExit } from '../src/child-process.ts'
import { unavailableBy } from '../src/system-shortage.ts'

/** Output of processes that could not start a thread or process. */
const REFUSALS = [
  '#  Assertion failed: (0) == (uv_thread_create(t.get(), start_thread, this))\n\n----- Native stack trace -----\n',
  "node[7]: pthread_create: Resource temporarily unavailable\nterminate called after throwing an instance of 'std::system_error'\n",
  '/tmp/glovebox-workerd-a: 0: Cannot fork\n',
]

describe('the exit of a process', () => {
  it.each(REFUSALS)('is not the fault of a guest and reports too many processes after %j', (stderr) => {
    expect(describeExit(null, 'SIGABRT', stderr)).toEqual({
      detail: expect.stringContaining('its process ended by SIGABRT: too many processes or threads (EAGAIN)'),
      isForeign: true,
    })
  })

  it('is a memory limit if a guest used up its heap', () => {
    const stderr =
      '<--- Last few GCs --->\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n'
    expect(describeExit(null, 'SIGABRT', stderr)).toMatchObject({ limit: 'memory' })
  })
})

describe('the reason why something is unavailable', () => {
  it('is the shortage of the system or, without one, the message of the failure', () => {
    const cause = Object.assign(new Error('spawn node EMFILE'), { code: 'EMFILE' })
    expect(unavailableBy('It could not be started', cause)).toMatchObject({
      code: 'SANDBOX_UNAVAILABLE',
      message: expect.stringMatching(/^It could not be started: too many open files \(EMFILE\): raise the limit/),
      cause,
    })
    const missing = Object.assign(new Error('spawn /nowhere/node ENOENT'), { code: 'ENOENT' })
    expect(unavailableBy('It could not be started', missing).message).toBe(
      'It could not be started: spawn /nowhere/node ENOENT',
    )
  })
})

it.runIf(process.platform === 'linux')(
  'the CPU time of a process grows only while it computes',
  async () => {
    const child = spawn(process.execPath, ['-e', 'console.log(1); for (;;) {}'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      await once(child.stdout, 'data')
      const first = cpuTimeMsOf(child.pid) ?? 0
      await expect.poll(() => cpuTimeMsOf(child.pid) ?? 0, { timeout: 20_000 }).toBeGreaterThan(first)
      child.kill('SIGSTOP')
      // Once it has stopped, the count stands still.
      await expect
        .poll(
          async () => {
            const before = cpuTimeMsOf(child.pid)
            await new Promise((resolve) => setTimeout(resolve, 200))
            return cpuTimeMsOf(child.pid) === before
          },
          { timeout: 20_000 },
        )
        .toBe(true)
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    expect(cpuTimeMsOf(child.pid)).toBeUndefined()
  },
  60_000,
)
