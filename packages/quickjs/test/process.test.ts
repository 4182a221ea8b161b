import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describeShortages } from '@glovebox/testing/describe-shortages'
import { describe, expect, it } from 'vitest'

const core = import.meta.resolve('@glovebox/core')
const quickjs = import.meta.resolve('@glovebox/quickjs')

/**
 * Runs a module in a separate process, which must exit on its own: a leftover thread or timer would keep it running.
 */
async function inProcess(body: string): Promise<string> {
  const script = `import { createCodeMode } from ${JSON.stringify(core)}
    import { quickjs } from ${JSON.stringify(quickjs)}
    const sandbox = quickjs()
    const codeMode = await createCodeMode({ sandbox, tools: { wait: () => new Promise((r) => setTimeout(r, 20)) }, limits: { cpuTimeMs: 200, wallTimeMs: 60_000 } })
    const run = async (code) => { const r = await codeMode.execute(code); return r.ok ? r.value : r.error.code }
    ${body}`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    timeout: 60_000,
  })
  expect(stderr).toBe('')
  return stdout.trim()
}

describe('the process of a host', () => {
  it('keeps running until an execution ends, even if nothing else keeps it running', async () => {
    const body = `console.log(await run('const a: number = 1; return a'), await run('await tools.wait(); return 2'), await run('await new Promise((r) => setTimeout(r, 50)); return 3'))`
    expect(await inProcess(body)).toBe('1 2 3')
  })

  it('exits although the sandbox was not closed', async () => {
    expect(await inProcess(`console.log(await run('return "done"'))`)).toBe('done')
  })

  it('has no thread left after the sandbox is closed, even if programs were killed', async () => {
    const body = `const codes = await Promise.all([
        run('for (;;) {}'),
        run('Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)'),
        run('const a = []; for (;;) a.push(new Array(1000).fill(1))'),
        run('await tools.wait(); return "ok"'),
        run('let q: number;' + '<T>('.repeat(30) + 'x' + ')'.repeat(30)),
      ])
      await codeMode.close()
      await sandbox.close()
      await new Promise((r) => setTimeout(r, 50))
      console.log(codes.join(), process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort|Timeout/.test(name)).join())`
    expect(await inProcess(body)).toMatch(/^LIMIT_CPU,LIMIT_CPU,LIMIT_(?:MEMORY|CPU),ok,LIMIT_(?:CPU|WALL_TIME)$/)
  })
})

describeShortages({ package: '@glovebox/quickjs', factory: 'quickjs', from: import.meta.url })
