import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { Directory, eventually, FIXTURE, isAlive, pidsIn, publicFlag, start } from './support.ts'

/** Writes a configuration with one server that records its process id. */
function watchedServer(directory: Directory): { config: string; pids: () => number[] } {
  const pidFile = `${directory.path}/pids`
  const config = directory.write('servers.json', {
    mcpServers: { fixture: { command: process.execPath, args: [FIXTURE], env: { PID_FILE: pidFile } } },
  })
  return { config, pids: () => pidsIn(pidFile) }
}

describe('an interrupt', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s ends a waiting program with exit code 130 and leaves no server',
    async (signal) => {
      await using directory = new Directory()
      const { config, pids } = watchedServer(directory)
      const program = directory.write('program.ts', 'await fixture.wait({})')
      const child = start(['run', program, '-c', config])
      let stderr = ''
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString()
      })
      await eventually(() => expect(stderr).toContain('→ fixture.wait'))
      const interrupted = performance.now()
      child.kill(signal)
      expect(await once(child, 'close')).toEqual([130, null])
      // The wall-time limit would end it after a minute.
      expect(performance.now() - interrupted).toBeLessThan(20_000)
      expect(stderr).not.toMatch(/^ +at /m)
      expect(pids().length).toBeGreaterThan(0)
      await eventually(() => expect(pids().filter(isAlive)).toEqual([]))
    },
  )

  it('ends a program that computes', async () => {
    await using directory = new Directory()
    const program = directory.write('program.ts', 'await fixture.about({}); for (;;) {}')
    const { config, pids } = watchedServer(directory)
    const child = start(['run', program, '-c', config, '-l', 'cpuTimeMs=60s'])
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    await eventually(() => expect(stderr).toContain('✓ fixture.about'))
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
    await eventually(() => expect(pids().filter(isAlive)).toEqual([]))
  })

  it('during the start of a server leaves no server', async () => {
    await using directory = new Directory()
    const { config, pids } = watchedServer(directory)
    const child = start(['types', '-c', config])
    await eventually(() => expect(pids().length).toBeGreaterThan(0))
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number | null]
    // The command may have finished already.
    expect([0, 130]).toContain(code)
    await eventually(() => expect(pids().filter(isAlive)).toEqual([]))
  })

  it('ends a command that is reading its program from standard input', async () => {
    const child = start(['run', '-'])
    const stderr = text(child.stderr)
    // Writing more than a pipe can hold only completes if the command reads it.
    await new Promise((resolve) => child.stdin.write('// '.padEnd(4_000_000, 'x'), resolve))
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
    expect(await stderr).not.toMatch(/^ +at /m)
  })
})

describe('closing the output pipe', () => {
  it('for the declarations, as `| head -1` does, causes no stack trace', async () => {
    const child = start(['types', '-s', publicFlag('everything')])
    const stderr = text(child.stderr)
    child.stdout.destroy()
    const [code] = (await once(child, 'close')) as [number | null]
    expect(await stderr).toBe('')
    expect(code).toBe(0)
  })

  it('in the middle of a large result causes no stack trace', async () => {
    await using directory = new Directory()
    const program = directory.write('program.ts', `return 'line\\n'.repeat(400_000)`)
    const child = start(['run', program])
    const stderr = text(child.stderr)
    child.stdout.once('data', () => child.stdout.destroy())
    const [code] = (await once(child, 'close')) as [number | null]
    expect(await stderr).toBe('')
    expect(code).toBe(0)
  })

  it('for the log does not affect the result', async () => {
    await using directory = new Directory()
    const program = directory.write(
      'program.ts',
      `for (let line = 0; line < 2_000; line++) console.log('x'.repeat(50)); return 'whole'`,
    )
    const child = start(['run', program])
    child.stderr.destroy()
    const stdout = text(child.stdout)
    const [code] = (await once(child, 'close')) as [number | null]
    expect(await stdout).toBe('whole\n')
    expect(code).toBe(0)
  })
})
