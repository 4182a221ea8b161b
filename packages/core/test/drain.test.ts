import { describe, expect, expectTypeOf, it } from 'vitest'
import { defineTool } from '../src/catalog/tool.ts'
import { createCodeMode } from '../src/code-mode.ts'
import { createSandbox } from '../src/sandbox/sandbox.ts'
import { ScriptedAdapter } from './scripted-adapter.ts'

/** An adapter whose guests return 1 when `release` is called. */
function waiting() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const adapter = new ScriptedAdapter(async (guest) => {
    await promise
    guest.say('{"type":"returned"}\nj1')
    guest.endTurn()
  })
  return { sandbox: createSandbox(adapter, { ready: 0 }), release: resolve }
}

describe('a code mode that drains', () => {
  it('waits for the programs that run, and accepts no others', async () => {
    const { sandbox, release } = waiting()
    await using _ = sandbox
    await using codeMode = await createCodeMode({ sandbox, tools: {} })
    const running = codeMode.execute('return 1')
    let isDrained = false
    const drained = codeMode.drain().then(() => {
      isDrained = true
    })
    await expect(codeMode.execute('return 2')).rejects.toMatchObject({ code: 'SANDBOX_CLOSED' })
    expect(isDrained).toBe(false)
    release()
    await drained
    expect(await running).toMatchObject({ status: 'succeeded', value: 1 })
  })

  it('stops waiting when it is closed', async () => {
    const { sandbox } = waiting()
    await using _ = sandbox
    const codeMode = await createCodeMode({ sandbox, tools: {} })
    const running = codeMode.execute('return 1')
    const rejected = expect(running).rejects.toMatchObject({ code: 'SANDBOX_CLOSED' })
    const drained = codeMode.drain()
    await codeMode.close()
    await Promise.all([drained, rejected])
  })
})

describe('the context of an execution', () => {
  it('has the type that the host states', async () => {
    interface User {
      readonly name: string
    }
    const { sandbox, release } = waiting()
    await using _ = sandbox
    const greet = defineTool({ execute: (_input, { context }: { context?: User }) => context?.name })
    await using codeMode = await createCodeMode<User>({ sandbox, tools: { greet } })
    release()
    expectTypeOf<NonNullable<Parameters<typeof codeMode.execute>[1]>['context']>().toEqualTypeOf<User | undefined>()
    expect(await codeMode.execute('return 1', { context: { name: 'Ada' } })).toMatchObject({ ok: true })
  })
})
