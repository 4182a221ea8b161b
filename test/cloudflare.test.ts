import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCodeMode } from '@glovebox/core'
import { startWorker } from '@glovebox/testing/start-worker'
import { remote } from '@glovebox/workerd/remote'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const APP = fileURLToPath(new URL('../apps/cloudflare/', import.meta.url))
const WRANGLER = join(dirname(createRequire(`${APP}package.json`).resolve('wrangler/package.json')), 'bin/wrangler.js')
const TOKEN = 'a secret token for tests'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'glovebox-wrangler-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

function wrangler(...args: string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    cwd: APP,
    env: { PATH: process.env.PATH, HOME: home, WRANGLER_SEND_METRICS: 'false', CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Wrangler starts child processes.
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return { child, output: () => output }
}

describe('the deployable Worker', () => {
  it('is accepted by wrangler in a dry run', async () => {
    const { child, output } = wrangler('deploy', '--dry-run', '--outdir', join(home, 'out'))
    const [code] = await once(child, 'close')
    expect(output()).toMatch(/env\.LOADER\s+Worker Loader/)
    expect(code).toBe(0)
  })

  it.each([{}, { MAX_CPU_TIME_MS: 'ten' }])('rejects programs with the variables %o', async (variables) => {
    const worker = await startWorker(new URL('../apps/cloudflare/src/index.ts', import.meta.url), {
      GLOVEBOX_TOKEN: TOKEN,
      ...variables,
    })
    try {
      await using sandbox = remote({ url: worker.url, token: TOKEN })
      await using codeMode = await createCodeMode({ sandbox, tools: {} })
      await expect(codeMode.execute('return 1')).rejects.toMatchObject({
        code: 'SANDBOX_UNAVAILABLE',
        message: expect.stringContaining('MAX_CPU_TIME_MS must be a positive number of milliseconds'),
      })
    } finally {
      await worker.stop()
    }
  })

  it('runs programs for a host with the right token', async () => {
    const { child, output } = wrangler('dev', '--ip', '127.0.0.1', '--port', '0', '--var', `GLOVEBOX_TOKEN:${TOKEN}`)
    try {
      const url = await new Promise<string>((resolve, reject) => {
        const look = () => {
          const [, found] = /Ready on (http:\/\/127\.0\.0\.1:\d+)/.exec(output()) ?? []
          if (found !== undefined) resolve(found)
        }
        child.stdout?.on('data', look)
        child.once('exit', () => reject(new Error(output())))
      })
      await using sandbox = remote({ url, token: TOKEN })
      await using codeMode = await createCodeMode({ sandbox, tools: { double: (n: number) => n * 2 } })
      expect(await codeMode.execute('return await tools.double(21)')).toMatchObject({ ok: true, value: 42 })
    } finally {
      child.removeAllListeners('exit')
      process.kill(-(child.pid as number), 'SIGKILL')
      await once(child, 'close')
    }
  })
})
