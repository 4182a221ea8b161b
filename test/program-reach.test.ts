import { BACKENDS } from '@glovebox/backends'
import { createCodeMode, defineTool, memoryStore, type ProgramReach, toolProvider } from '@glovebox/core'
import { furtherEffects } from '@glovebox/core/framework'
import { afterAll, describe, expect, it } from 'vitest'

const sandbox = BACKENDS.quickjs()
afterAll(() => sandbox.close())

const tool = (annotations = {}) => defineTool({ annotations, execute: () => [1, 2] })
const tools = [
  toolProvider({
    name: 'files',
    tools: {
      list_all: tool({ readOnlyHint: true }),
      write: tool(),
      remove: tool({ destructiveHint: true }),
    },
  }),
  toolProvider({ name: 'mail', tools: { send: tool() } }),
]
const policy = [{ tools: '*.remove', effect: 'ask' as const }]

async function describeProgram(code: string) {
  await using codeMode = await createCodeMode({ sandbox, tools, policy })
  const described = await codeMode.describeProgram(code)
  if (!described.ok) throw new Error(described.error.message)
  return described
}

describe('the description of a program', () => {
  it('lists the tools that it names, their effects, their lines, and whether they are repeated', async () => {
    const { tools: reached, unclear } = await describeProgram(
      'const all = await files.list_all({})\nfor (const path of all) await files.remove({ path })\nreturn all',
    )
    expect(reached).toEqual([
      { path: 'files.listAll', effects: 'read-only', lines: [1], isRepeated: false },
      { path: 'files.remove', effects: 'destructive', approval: 'ask', lines: [2], isRepeated: true },
    ])
    expect(unclear).toEqual([])
  })

  it.each([
    ['a loop', 'while (true) await mail.send()', true],
    ['a callback', '[1].map((each) => mail.send(each))', true],
    [
      'a function that is called in a loop',
      'async function post() { await mail.send() }\nfor (const _ of [1, 2]) await post()',
      true,
    ],
    [
      'a method that is called in a callback',
      'const api = { post: () => mail.send() }\n[1].forEach(() => api.post())',
      true,
    ],
    [
      'a function that is called by a function in a loop',
      'const a = () => mail.send(), b = () => a()\ndo b(); while (false)',
      true,
    ],
    ['a tool that is passed on', 'await Promise.all([1, 2].map(mail.send))', true],
    [
      'a function that is passed by its name',
      'const post = () => mail.send()\nawait Promise.all([1, 2].map(post))',
      true,
    ],
    ['a variable for the tool', 'const post = mail.send\nfor (const _ of [1, 2]) await post()', true],
    [
      'a function that calls itself',
      'async function post(n) { if (n === 0) return; await mail.send(); await post(n - 1) }\nawait post(3)',
      true,
    ],
    ['behind many other members', `${'Math.abs(1);'.repeat(600)}\nfor (const _ of [1, 2]) await mail.send()`, true],
    ['a function that is called once', 'async function main() { await mail.send() }\nawait main()', false],
    ['a handler of a promise', 'files.listAll().then(() => mail.send())', false],
    [
      'typed code in a loop',
      'const ids: number[] = [1]\nfor (const id of ids as number[]) await mail.send({ id })',
      true,
    ],
  ])('knows whether a call is repeated: %s', async (_, code, isRepeated) => {
    const { tools: reached } = await describeProgram(code)
    expect(reached.find(({ path }) => path === 'mail.send')?.isRepeated).toBe(isRepeated)
  })

  it.each([
    ['a computed name', 'return await files["rem" + "ove"]()', /^files is not only used as files\.tool/],
    [
      'a variable for the namespace',
      'const all = files\nreturn await all.remove()',
      /^files is not only used as files\.tool/,
    ],
    ['the global object', 'return await globalThis["fi" + "les"].remove()', /^The program can reach globals/],
  ])('lists every tool that may be meant: %s', async (_, code, why) => {
    const { tools: reached, unclear } = await describeProgram(code)
    expect(reached.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['files.listAll', 'files.write', 'files.remove']),
    )
    expect(unclear).toEqual([expect.stringMatching(why)])
  })

  it('has the error of a text that is no program', async () => {
    await using codeMode = await createCodeMode({ sandbox, tools })
    expect(await codeMode.describeProgram('const = 1')).toMatchObject({
      ok: false,
      error: { code: 'CODE_SYNTAX', line: 1 },
    })
    expect(await codeMode.describeProgram('x'.repeat(10_000_000))).toMatchObject({
      ok: false,
      error: { code: 'LIMIT_CODE_SIZE' },
    })
    await expect(codeMode.describeProgram(5 as never)).rejects.toThrow(TypeError)
    await codeMode.close()
    await expect(codeMode.describeProgram('return 1')).rejects.toMatchObject({ code: 'SANDBOX_CLOSED' })
  })

  it('is bounded for a program with very many calls', async () => {
    const code = `${'mail.send();'.repeat(5_000)}files.write()`
    const { tools: reached } = await describeProgram(code)
    expect(reached.map(({ path }) => path)).toEqual(['mail.send', 'files.write'])
  })
})

describe('a tool that a program does not name', () => {
  const codes = [
    'await files.listAll(); const all = this.valueOf(); return await all["fi" + "les"]["rem" + "ove"]()',
    `Object.defineProperty(Object.prototype, 'leak', { get() { return this.valueOf() } })
const all = leak
return await all["fi" + "les"]["rem" + "ove"]()`,
    'await files.listAll(); return await this.valueOf()["fi" + "les"]["rem" + "ove"]()',
  ]

  it.each(codes)('is not called, however the program reaches it: %s', async (code) => {
    await using codeMode = await createCodeMode({ sandbox, tools })
    const described = await codeMode.describeProgram(code)
    const isListed = described.ok && described.tools.some(({ path }) => path === 'files.remove')
    const result = await codeMode.execute(code)
    if (isListed) return
    expect(result.ok).toBe(false)
    expect(result.calls.filter(({ outcome, tool: path }) => outcome === 'returned' && path === 'files.remove')).toEqual(
      [],
    )
  })

  it('can be called by its original name', async () => {
    await using codeMode = await createCodeMode({ sandbox, tools })
    expect(await codeMode.execute('return await files.list_all()')).toMatchObject({ ok: true, value: [1, 2] })
    expect(await codeMode.execute('return await files["list_all"]()')).toMatchObject({ ok: true, value: [1, 2] })
  })
})

/** Programs that reach a tool in ways that an analysis could miss. The tool is only called if it was listed. */
it.each([
  'return await files.remove()',
  'const { remove: gone } = files\nreturn await gone()',
  'return await Reflect.get(files, "remove")()',
  'return await eval("files.remove()")',
  'return await (0, eval)("fi" + "les.remove()")',
  'return await new Function("return fil" + "es.remove()")()',
  'return await (function () { return this })()["files"].remove()',
  'with_: { return await f\\u0069les.remove() }',
  'return await Object.values(globalThis).find((each) => each?.remove && each.write).remove()',
])('a program calls no tool that its description does not list: %s', async (code) => {
  let calls = 0
  const counted = defineTool({ execute: () => void calls++ })
  await using codeMode = await createCodeMode({
    sandbox,
    tools: toolProvider({ name: 'files', tools: { remove: counted, write: counted } }),
  })
  const described = await codeMode.describeProgram(code)
  await codeMode.execute(code)
  const isListed = described.ok && described.tools.some(({ path }) => path === 'files.remove')
  if (!isListed) expect(calls).toBe(0)
})

describe('decisions on calls', () => {
  const code = 'for (const _ of [1, 2]) await files.write()\nawait files.remove()\nreturn 1'

  it('know what the whole program can reach', async () => {
    const programs: (ProgramReach | undefined)[] = []
    const onAsk = async ({ program }: { program?: ProgramReach }) => {
      programs.push(program)
      return 'allow' as const
    }
    await using codeMode = await createCodeMode({ sandbox, tools, policy, onAsk })
    expect(await codeMode.execute(code)).toMatchObject({ ok: true })
    expect(programs).toHaveLength(1)
    expect(furtherEffects(programs[0] as ProgramReach, 'files.remove')).toBe(
      'The program can also call files.write (repeatedly).',
    )
  })

  it('know it for a suspended run, too', async () => {
    await using codeMode = await createCodeMode({ sandbox, tools, policy, runs: { store: memoryStore() } })
    const result = await codeMode.execute(code)
    expect(result).toMatchObject({
      status: 'suspended',
      program: { tools: [{ path: 'files.write' }, { path: 'files.remove' }] },
    })
  })

  it('can be stricter because of it, and never allow by it', async () => {
    const isRepeated = (_: unknown, call: { program?: ProgramReach }) =>
      (call.program as ProgramReach).tools.some((each) => each.path === 'files.write' && each.isRepeated)
    await using strict = await createCodeMode({
      sandbox,
      tools,
      policy: [{ tools: 'files.write', when: isRepeated, effect: 'deny' }],
    })
    expect(await strict.execute(code)).toMatchObject({ ok: false, error: { code: 'TOOL_DENIED' } })
    expect(await strict.execute('return await files.write()')).toMatchObject({ ok: true })
    await using lax = await createCodeMode({
      sandbox,
      tools,
      policy: { rules: [{ tools: 'files.*', when: isRepeated, effect: 'allow' }], otherwise: 'deny' },
    })
    expect(await lax.execute(code)).toMatchObject({ ok: false, error: { code: 'TOOL_DENIED' } })
  })
})
