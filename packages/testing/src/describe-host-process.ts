import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { hostModule, outputOf, startHost, startModule } from './host.ts'
import type { ProcessBackend } from './process-backend.ts'
import { childrenOf, waitForEnd } from './processes.ts'

/** Defines tests that everything an adapter starts ends with its host, however the host ends. */
export function describeHostProcess(backend: ProcessBackend): void {
  describe('the process of a host', () => {
    it('runs until its executions end, even if it waits for nothing else', async () => {
      const body = `console.log(await run('const a: number = 1; return a'), await run('await tools.wait(); return 2'), await run('await new Promise((r) => setTimeout(r, 50)); return 3'))`
      expect(await outputOf(startHost(body, backend))).toBe('1 2 3')
    })

    it('exits on its own with an open sandbox, and its children exit too', async () => {
      const child = startHost(`console.log(await run('return "done"'), process.pid)`, backend)
      const seen = new Set<number>()
      const looking = setInterval(
        () => childrenOf(child.pid as number, backend).forEach((pid) => void seen.add(pid)),
        20,
      )
      expect(await outputOf(child)).toMatch(/^done/)
      clearInterval(looking)
      expect(seen.size).toBeGreaterThan(0)
      await waitForEnd([...seen])
    })

    it('has no processes, pipes or files left after a sandbox is closed', async () => {
      const body = `const { readdirSync } = await import('node:fs')
        await run('return 1')
        const codes = await Promise.all([
          run('for (;;) {}'),
          run('Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)'),
          run('const m = new Map(); for (let i = 0; ; i++) m.set({ i }, [i])'),
          run('await tools.wait(); return "ok"'),
        ])
        await codeMode.close()
        await sandbox.close()
        await wait()
        const left = process.getActiveResourcesInfo().filter((name) => /Process|Timeout|Worker/.test(name))
        console.log(codes.join(), left.join())`
      expect(await outputOf(startHost(body, backend))).toMatch(/^LIMIT_CPU,LIMIT_CPU,LIMIT_(?:MEMORY|CPU),ok$/)
    })

    it('ends its children when it is killed, even if they compute or hang', async () => {
      const host = startHost(
        `console.log('up', await run('return 1'))
        codeMode.execute('await tools.wait(60_000)')
        codeMode.execute('for (;;) {}', { limits: { cpuTimeMs: 20_000 } })
        codeMode.execute('Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)', { limits: { cpuTimeMs: 20_000 } })
        setInterval(() => {}, 1_000)
        setTimeout(() => console.log('busy'), 200)`,
        backend,
      )
      let printed = ''
      for await (const text of host.stdout?.setEncoding('utf8') ?? []) {
        printed += text
        if (printed.includes('busy')) break
      }
      const children = childrenOf(host.pid as number, backend)
      expect(children.length).toBeGreaterThan(0)
      host.kill('SIGKILL')
      await once(host, 'exit')
      await waitForEnd(children)
    })

    it('works in a deleted working directory and an unusual environment', async () => {
      const cwd = await mkdtemp(join(tmpdir(), 'glovebox-cwd-'))
      const env = {
        NODE_OPTIONS: '--max-old-space-size=200',
        NODE_PATH: '/nowhere',
        TZ: 'Asia/Tokyo',
        LANG: 'tr_TR',
        SECRET: 'x',
      }
      const host = startHost(
        `const { rmSync } = await import('node:fs')
         rmSync(${JSON.stringify(cwd)}, { recursive: true })
         console.log(await run('return [new Date(0).getHours(), "I".toLowerCase(), typeof process]'))`,
        backend,
        { cwd, env },
      )
      expect(await outputOf(host)).toBe("[ 0, 'i', 'object' ]")
      await rm(cwd, { recursive: true, force: true })
    })

    it('may run the host in a worker thread', async () => {
      const body = `const { Worker, isMainThread } = await import('node:worker_threads')
        console.log(isMainThread, await run('await tools.wait(); return 5'))`
      const inWorker = `const { Worker } = await import('node:worker_threads')
        new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hostModule(body, backend))})))`
      expect(await outputOf(startModule(inWorker, backend))).toBe('false 5')
    })

    it('leaves no temporary files', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'glovebox-temporary-'))
      const shared = await sharedFiles()
      const surroundings = { env: { ...process.env, TMPDIR: folder } }
      expect(await outputOf(startHost(`console.log(await run('return 1'))`, backend, surroundings))).toBe('1')
      expect(await readdir(folder)).toEqual([])
      await rm(folder, { recursive: true })
      // Files of other hosts appear and disappear at the same time.
      await vi.waitFor(async () => expect(shared).toEqual(expect.arrayContaining(await sharedFiles())), 10_000)
    })
  })
}

async function sharedFiles(): Promise<string[]> {
  const names = await readdir('/dev/shm').catch(() => [])
  return names.filter((name) => name.startsWith('glovebox-'))
}
