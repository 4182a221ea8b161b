import { AsyncLocalStorage } from 'node:async_hooks'
import { type CodeModeOptions, createCodeMode } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import { describe, expect, it } from 'vitest'

describe('a tool', () => {
  it('runs in the async context of the execution, not in that of the sandbox creator', async () => {
    const user = new AsyncLocalStorage<string>()
    const tools = { who: () => user.getStore() ?? 'nobody' }
    await using sandbox = quickjs()
    // The threads start in this context.
    await using codeMode = await user.run('Creator', () => createCodeMode({ sandbox, tools }))
    const program = 'return [await tools.who(), await new Promise((r) => setTimeout(r, 5)), await tools.who()]'
    const ask = (name: string) => user.run(name, () => codeMode.execute(program))
    const results = await Promise.all(['Ada', 'Bob', 'Ada'].map(ask))
    expect(results.map((result) => result.ok && result.value)).toEqual([
      ['Ada', undefined, 'Ada'],
      ['Bob', undefined, 'Bob'],
      ['Ada', undefined, 'Ada'],
    ])
  })

  it('that fails passes its message to the program and the model without credentials', async () => {
    const fail = () => {
      throw new Error('GET https://joe:hunter2@example.com failed with token=abc123', { cause: 'hunter2' })
    }
    const read = () => 'token=abc123'
    await using sandbox = quickjs()
    const run = async (options: Pick<CodeModeOptions, 'redact'> = {}) => {
      await using codeMode = await createCodeMode({ sandbox, tools: { fail, read }, ...options })
      const { error } = (await codeMode.tool.execute({ code: 'await tools.fail()' })) as { error: string }
      const program = 'return tools.fail().catch((error) => [error.message, error.stack, error.cause].join("|"))'
      const [caught, output] = await Promise.all([codeMode.execute(program), codeMode.execute('return tools.read()')])
      return { error, caught: caught.ok && caught.value, output: output.ok && output.value }
    }
    const { error, caught, output } = await run()
    const filtered = 'GET https://[redacted]@example.com failed with token=[redacted]'
    for (const text of [error, caught]) {
      expect(text).toContain(filtered)
      expect(text).not.toMatch(/hunter2|abc123/)
    }
    expect(output).toBe('token=abc123')
    expect((await run({ redact: false })).caught).toContain('joe:hunter2')
    expect((await run({ redact: (message, tool) => `${tool}: ${message.slice(0, 3)}` })).error).toContain(
      'tools.fail: GET',
    )
  })

  it('fails with TOOL_FAILED if telemetry throws around it, and the execution continues', async () => {
    await using sandbox = quickjs()
    const telemetry = {
      execution: (_started: unknown, run: (span: { call(): never }) => Promise<never>) =>
        run({
          call: () => {
            throw new Error('no span')
          },
        }),
    }
    await using codeMode = await createCodeMode({ sandbox, tools: { one: () => 1 }, telemetry: telemetry as never })
    const result = await codeMode.execute('return tools.one().catch((error) => error.code)')
    expect(result.ok && result.value).toBe('TOOL_FAILED')
  })
})

describe('a program with types', () => {
  it('runs while other programs take long to read', async () => {
    await using sandbox = quickjs()
    await using codeMode = await createCodeMode({ sandbox, tools: {}, limits: { cpuTimeMs: 1_000 } })
    const slow = `let q: number;${'<T>('.repeat(26)}x${')'.repeat(26)}`
    const bad = Array.from({ length: 3 }, (_, i) => codeMode.execute(`${slow}\n//${i}`))
    const good = codeMode.execute('const next: string = "next"; return next')
    expect(await good).toMatchObject({ ok: true, value: 'next' })
    expect((await Promise.all(bad)).map((result) => result.ok)).toEqual([false, false, false])
  })
})

describe('the tool for the model', () => {
  it('returns an error if the model omits the code', async () => {
    await using codeMode = await createCodeMode({ sandbox: sharedQuickJS(), tools: {} })
    for (const input of [{}, { code: 7 }, undefined]) {
      expect(await codeMode.tool.execute(input as never)).toEqual({
        error: 'CODE_SYNTAX: SyntaxError: pass the program as `code`, a string',
      })
    }
  })
})

describe('the shared sandbox', () => {
  it('is the same object on every call', () => expect(sharedQuickJS()).toBe(sharedQuickJS()))
})
