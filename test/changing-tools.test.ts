import { BACKENDS } from '@glovebox/backends'
import { createCodeMode, defineTool, memoryStore, type Tool, type ToolProvider } from '@glovebox/core'
import { afterAll, describe, expect, it } from 'vitest'

const sandbox = BACKENDS.quickjs()
afterAll(() => sandbox.close())

/** A provider whose tools the test changes. */
class ChangingProvider implements ToolProvider {
  readonly name = 'files'
  readonly listeners = new Set<() => void>()
  tools: readonly Tool[]

  constructor(...tools: Tool[]) {
    this.tools = tools
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  change(...tools: Tool[]): void {
    this.tools = tools
    for (const listener of this.listeners) listener()
  }
}

const read: Tool = { name: 'read', execute: () => 'text' }
const write: Tool = { name: 'write', execute: () => 'written' }
const names = 'return Object.keys(files)'

describe('tools that change', () => {
  it('are declared and callable in the next execution', async () => {
    const provider = new ChangingProvider(read)
    await using codeMode = await createCodeMode({ sandbox, tools: provider })
    expect(codeMode.declarations).toContain('function read(')
    const before = codeMode.tool.description

    let changes = 0
    const stop = codeMode.onChange(() => changes++)
    provider.change(read, write)

    expect(changes).toBe(1)
    expect(codeMode.declarations).toContain('function write(')
    expect(codeMode.instructions).toContain('function write(')
    expect(codeMode.tool.description).not.toBe(before)
    expect(await codeMode.execute('return await files.write()')).toMatchObject({ ok: true, value: 'written' })

    stop()
    provider.change(write)
    expect(changes).toBe(1)
    const gone = await codeMode.execute('return await files.read()')
    expect(gone).toMatchObject({ ok: false, error: { message: expect.stringContaining('files.read') } })
  })

  it('stay the same within an execution', async () => {
    const provider: ChangingProvider = new ChangingProvider(
      { name: 'swap', execute: () => provider.change({ ...read, execute: () => 'new' }) },
      { ...read, execute: () => 'old' },
    )
    await using codeMode = await createCodeMode({ sandbox, tools: provider })
    expect(await codeMode.execute('await files.swap(); return await files.read()')).toMatchObject({ value: 'old' })
    expect(await codeMode.execute('return await files.read()')).toMatchObject({ value: 'new' })
    expect(await codeMode.execute(names)).toMatchObject({ value: ['read'] })
  })

  it('change under a suspended run, which repeats what it did and then calls the new ones', async () => {
    const store = memoryStore()
    const pay = (paid: string): Tool => ({ ...defineTool({ execute: () => paid }), name: 'pay' })
    const provider = new ChangingProvider(read, pay('before'), write)
    await using codeMode = await createCodeMode({
      sandbox,
      tools: provider,
      policy: [{ tools: 'files.pay', effect: 'ask' }],
      runs: { store },
    })
    const program = `const known = Object.keys(files)
const text = await files.read()
const paid = await files.pay()
return [known, text, paid, await files.write().catch((error) => error.code)]`
    const waiting = await codeMode.execute(program)
    if (waiting.status !== 'suspended') throw new Error('not suspended')
    provider.change(pay('after'), { name: 'extra', execute: () => 1 })
    const decisions = waiting.pending.map(({ call, digest }) => ({ call, digest, decision: 'allow' as const }))
    expect(await codeMode.resume(waiting.run, { decisions })).toMatchObject({
      status: 'succeeded',
      value: [['read', 'pay', 'write'], 'text', 'after', 'TOOL_NOT_FOUND'],
    })
  })

  it('are refused while two have one name, until they are right again', async () => {
    const provider = new ChangingProvider(read)
    await using codeMode = await createCodeMode({ sandbox, tools: provider })
    provider.change(read, read)
    await expect(codeMode.execute(names)).rejects.toThrow('Two tools of files are called read')
    expect(() => codeMode.declarations).toThrow(TypeError)
    provider.change(write)
    expect(await codeMode.execute(names)).toMatchObject({ value: ['write'] })
  })

  it('are no longer followed once the code mode is closed or could not be created', async () => {
    const provider = new ChangingProvider(read)
    const codeMode = await createCodeMode({ sandbox, tools: provider })
    codeMode.onChange(() => {
      throw new Error('called after the end')
    })
    expect(provider.listeners.size).toBe(1)
    await codeMode.close()
    expect(provider.listeners.size).toBe(0)
    provider.change(write)
    const policy = [{ tools: 'files.missing', effect: 'deny' as const }]
    await expect(createCodeMode({ sandbox, tools: provider, policy })).rejects.toThrow('matches no tool')
    expect(provider.listeners.size).toBe(0)
  })
})
