import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createCodeMode } from '../src/code-mode.ts'
import { SandboxError } from '../src/contract/errors.ts'
import { prepareProgram } from '../src/program/program.ts'
import type { ProgramReader } from '../src/program/program-reader.ts'
import { createSandbox } from '../src/sandbox/sandbox.ts'
import { ScriptedAdapter } from './scripted-adapter.ts'

const answer = () =>
  new ScriptedAdapter((guest) => {
    guest.say('{"type":"returned"}\nj1')
    guest.endTurn()
  })

describe('a sandbox', () => {
  it('prepares guests in advance and uses each once', async () => {
    const adapter = answer()
    await using sandbox = createSandbox(adapter, { ready: 2 })
    await using codeMode = await createCodeMode({ sandbox, tools: {} })
    await delay(1)
    expect(adapter.guests).toHaveLength(2)
    for (let i = 0; i < 4; i++) await codeMode.execute('return 1')
    expect(adapter.guests.filter((guest) => guest.received.length > 1)).toEqual([])
    expect(adapter.guests.filter((guest) => guest.received.length === 1)).toHaveLength(4)
    expect(
      adapter.guests.filter((guest) => guest.received.length === 1).every((guest) => guest.terminations === 1),
    ).toBe(true)
  })

  it('starts a separate guest for an execution with a tighter memory limit', async () => {
    const adapter = answer()
    await using sandbox = createSandbox(adapter, { ready: 1 })
    await using codeMode = await createCodeMode({ sandbox, tools: {} })
    await codeMode.execute('return 1', { limits: { memoryBytes: 32 * 1024 * 1024 } })
    const used = adapter.guests.findIndex((guest) => guest.received.length > 0)
    expect(adapter.started[used]?.memoryBytes).toBe(32 * 1024 * 1024)
  })

  it('ends prepared guests and then the adapter when it is closed, and rejects new executions', async () => {
    const adapter = answer()
    const sandbox = createSandbox(adapter, { ready: 1 })
    const codeMode = await createCodeMode({ sandbox, tools: {} })
    await delay(1)
    await Promise.all([sandbox.close(), sandbox.close()])
    expect(adapter.guests.every((guest) => guest.terminations === 1)).toBe(true)
    expect(adapter.isClosed).toBe(true)
    await expect(codeMode.execute('return 1')).rejects.toMatchObject({ code: 'SANDBOX_CLOSED' })
  })

  it('reports why no guest is available', async () => {
    const adapter = answer()
    adapter.start = () => Promise.reject(new SandboxError('SANDBOX_UNAVAILABLE', 'run `npm install the-engine`'))
    await using sandbox = createSandbox(adapter, { ready: 1 })
    await using codeMode = await createCodeMode({ sandbox, tools: {} })
    await expect(codeMode.execute('return 1')).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' })
  })

  it('counts parsing a program as wall time', async () => {
    const adapter = new ScriptedAdapter(async (guest) => {
      await delay(150)
      guest.say('{"type":"returned"}\nj1')
      guest.endTurn()
    })
    const reader: ProgramReader = {
      async read(text) {
        await delay(200)
        return await prepareProgram(text)
      },
      check: () => Promise.resolve([]),
      close: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
    await using sandbox = createSandbox(adapter, { ready: 0, reader })
    await using codeMode = await createCodeMode({ sandbox, tools: {} })
    const result = await codeMode.execute('let typed: 1', { limits: { wallTimeMs: 300 } })
    expect(result).toMatchObject({ ok: false, error: { code: 'LIMIT_WALL_TIME' } })
  })

  it('is rejected if it lacks a required guarantee', async () => {
    await using sandbox = createSandbox(answer(), { ready: 0 })
    const creation = createCodeMode({
      sandbox,
      tools: {},
      require: { boundary: 'thread', memory: 'soft', cpuTime: true },
    })
    await expect(creation).rejects.toMatchObject({
      code: 'GUARANTEE_NOT_MET',
      message: expect.stringMatching(/boundary: thread.*memory: soft.*cpuTime: true/),
    })
    await expect(createCodeMode({ sandbox, tools: {}, require: { boundary: 'inline' } })).resolves.toBeDefined()
    await expect(createCodeMode({ sandbox, tools: {}, require: { nothing: true } as never })).rejects.toThrow(TypeError)
    await expect(createCodeMode({ sandbox: {} as never, tools: {} })).rejects.toThrow(/must be a sandbox/)
  })
})
