import { BACKENDS } from '@glovebox/backends'
import { describeShapeStore } from '@glovebox/conformance/store'
import {
  Attachment,
  createCodeMode,
  defineTool,
  memoryShapes,
  memoryStore,
  type Tool,
  type ToolShape,
  toolProvider,
} from '@glovebox/core'
import { typecheck } from '@glovebox/typecheck'
import { afterAll, describe, expect, it } from 'vitest'

const sandbox = BACKENDS.quickjs()
const typeChecker = typecheck()
afterAll(async () => {
  await sandbox.close()
  await typeChecker.close()
})

const issues = {
  data: [
    { id: 1, title: 'Broken build', labels: ['bug'] },
    { id: 2, title: 'Slow start', labels: [] },
  ],
  has_more: false,
}
const list: Tool = { name: 'list_issues', description: 'Lists issues.', execute: () => issues }
const tracker = (...tools: Tool[]) => toolProvider({ name: 'tracker', tools })
const call = 'return (await tracker.list_issues()).has_more'
const declared = '{ data?: { id: number; title: string; labels: string[] }[]; has_more?: boolean }'

describeShapeStore({ name: 'memoryShapes()', create: async () => memoryShapes() })

/** Returns declarations with each type on one line. */
const flat = (text: string) =>
  text
    .replace(/\{\n\s+/g, '{ ')
    .replace(/\n\s+\}/g, ' }')
    .replace(/\n\s+/g, '; ')

describe('a code mode that learns', () => {
  it('declares an output after its first result, and says that it was observed', async () => {
    await using codeMode = await createCodeMode({ sandbox, tools: tracker(list), learn: memoryShapes() })
    expect(codeMode.declarations).toContain('Promise<unknown>')
    await codeMode.execute(call)
    expect(codeMode.declarations).toContain('@returns observed in 1 result, not declared')
    expect(flat(codeMode.declarations)).toContain(`Promise<${declared}>`)
    expect(flat(codeMode.describe('tracker.list_issues'))).toContain(declared)
    expect(codeMode.list({ detail: 'signatures' }).items[0]?.signature).toBe(
      'listIssues(input?): { data[], has_more } // observed',
    )
    for (let at = 0; at < 12; at++) await codeMode.execute(call)
    expect(codeMode.declarations).toMatch(/observed in (?:8|9|1\d) results/)
  })

  it('tells the model the type of an unknown result once', async () => {
    await using codeMode = await createCodeMode({ sandbox, tools: tracker(list), learn: memoryShapes() })
    const first = await codeMode.tool.execute({ code: call })
    expect(first).toEqual({ result: false, observed: `tracker.listIssues returned ${declared}` })
    expect(await codeMode.tool.execute({ code: call })).toEqual({ result: false })
  })

  it('learns nothing of outputs that are declared, and nothing without the option', async () => {
    const typed = { ...list, outputSchema: { type: 'object', properties: { data: {} } } }
    const store = memoryShapes()
    await using learning = await createCodeMode({ sandbox, tools: tracker(typed), learn: store })
    expect((await learning.execute(call)).observed).toBeUndefined()
    await learning.close()
    expect(await store.load(undefined)).toEqual([])
    await using plain = await createCodeMode({ sandbox, tools: tracker(list) })
    await plain.execute(call)
    expect(plain.declarations).toContain('Promise<unknown>')
  })

  it('neither refuses nor warns of an output that differs from what was observed', async () => {
    const outputs: unknown[] = [{ a: 1 }, 'other', null]
    const tools = tracker({ ...list, execute: () => outputs.shift() })
    await using codeMode = await createCodeMode({ sandbox, tools, strictOutputs: true, learn: memoryShapes() })
    for (const value of [{ a: 1 }, 'other', null]) {
      const result = await codeMode.execute('return await tracker.list_issues()')
      expect(result).toMatchObject({ ok: true, value })
      expect(result.calls[0]?.warning).toBeUndefined()
    }
    expect(codeMode.declarations).toContain('Promise<string | { a?: number } | null>')
  })

  it('keeps shapes in its store, by principal, until the tool changes', async () => {
    const store = memoryShapes()
    const open = (tool: Tool, principal?: string, version?: string) =>
      createCodeMode({
        sandbox,
        tools: { ...tracker(tool), ...(version !== undefined && { version }) },
        learn: { store, ...(principal !== undefined && { principal }) },
      })
    await using first = await open(list, 'ada')
    await first.execute(call)
    await first.close()
    const isKnown = async (...given: Parameters<typeof open>) => {
      await using codeMode = await open(...given)
      return flat(codeMode.declarations).includes(declared)
    }
    expect(await isKnown(list, 'ada')).toBe(true)
    expect(await isKnown(list, 'bob')).toBe(false)
    expect(await isKnown(list)).toBe(false)
    expect(await isKnown({ ...list, inputSchema: { type: 'object', properties: { all: {} } } }, 'ada')).toBe(false)
    expect(await isKnown(list, 'ada', '2.0.0')).toBe(false)
  })

  it('learns only from executions of its principal', async () => {
    const runs = { store: memoryStore() }
    await using codeMode = await createCodeMode({ sandbox, tools: tracker(list), runs, learn: { principal: 'ada' } })
    expect((await codeMode.execute(call, { principal: 'bob' })).observed).toBeUndefined()
    expect(codeMode.declarations).toContain('Promise<unknown>')
    expect((await codeMode.execute(call, { principal: 'ada' })).observed).toHaveLength(1)
    expect(flat(codeMode.declarations)).toContain(declared)
  })

  it('adds up what several hosts have seen', async () => {
    const store = memoryShapes()
    const outputs = [{ id: 1 }, { id: 2, note: 'late' }]
    const hosts = await Promise.all(
      outputs.map((output) =>
        createCodeMode({ sandbox, tools: tracker({ ...list, execute: () => output }), learn: store }),
      ),
    )
    for (const host of hosts) {
      await host.execute('await tracker.list_issues()')
      await host.close()
    }
    const [shape] = await store.load(undefined)
    expect(shape).toMatchObject({ server: 'tracker', tool: 'list_issues', results: 2, shape: { required: ['id'] } })
  })

  it('knows shapes that are shipped, and does not write them to the store', async () => {
    const source = memoryShapes()
    await using first = await createCodeMode({ sandbox, tools: tracker(list), learn: source })
    await first.execute(call)
    await first.close()
    const shipped = JSON.parse(JSON.stringify(await source.load(undefined))) as ToolShape[]
    const store = memoryShapes()
    await using second = await createCodeMode({ sandbox, tools: tracker(list), learn: { store, shipped } })
    expect(flat(second.declarations)).toContain(declared)
    await second.close()
    expect(await store.load(undefined)).toEqual([])
  })

  it('runs programs if its store fails, and reports that', async () => {
    const errors: unknown[] = []
    const store = { ...memoryShapes(), load: async () => [], save: () => Promise.reject(new Error('disk full')) }
    const learn = { store, onError: (error: unknown) => errors.push(error) }
    await using codeMode = await createCodeMode({ sandbox, tools: tracker(list), learn })
    expect(await codeMode.execute(call)).toMatchObject({ ok: true, value: false })
    await codeMode.close()
    // It is tried again at the end.
    expect(errors).toEqual([new Error('disk full'), new Error('disk full')])
    const broken = { ...memoryShapes(), load: () => Promise.reject(new Error('no such file')), save: async () => {} }
    await expect(createCodeMode({ sandbox, tools: tracker(list), learn: broken })).rejects.toThrow('no such file')
  })

  it('saves later what could not be saved', async () => {
    const kept = memoryShapes()
    let failures = 1
    const store = {
      load: (principal: string | undefined) => kept.load(principal),
      clear: (principal: string | undefined) => kept.clear(principal),
      save: (...given: Parameters<typeof kept.save>) =>
        failures-- > 0 ? Promise.reject(new Error('busy')) : kept.save(...given),
    }
    await using codeMode = await createCodeMode({ sandbox, tools: tracker(list), learn: { store, onError: () => {} } })
    await codeMode.execute(call)
    await new Promise((resolve) => setTimeout(resolve, 10))
    await codeMode.close()
    expect(await kept.load(undefined)).toMatchObject([{ results: 1 }])
  })

  it('ignores a shape that it cannot use, and reports it', async () => {
    const errors: unknown[] = []
    const shipped = [{ server: 'tracker', tool: 'list_issues', digest: 'x', results: 1, shape: { newKeyword: 1 } }]
    const learn = { shipped: shipped as never, onError: (error: unknown) => errors.push(error) }
    await using codeMode = await createCodeMode({ sandbox, tools: tracker(list), learn })
    expect(await codeMode.execute(call)).toMatchObject({ ok: true })
    expect(errors).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^invalid shape of tracker\.list_issues/) }),
    ])
  })

  it('changes nothing about a call whose result can be read only once', async () => {
    let reads = 0
    let most = Number.POSITIVE_INFINITY
    const execute = () => ({
      get id() {
        if (++reads > most) throw new Error('read too often')
        return 1
      },
    })
    for (const learn of [undefined, { onError: () => {} }]) {
      reads = 0
      const tools = tracker({ ...list, execute })
      await using codeMode = await createCodeMode({ sandbox, tools, ...(learn && { learn }) })
      expect(await codeMode.execute('return (await tracker.list_issues()).id')).toMatchObject({ ok: true, value: 1 })
      most = reads
    }
  })

  it('leaves attachments unknown, so that programs may read their bytes', async () => {
    const image = new Attachment(new Uint8Array([1, 2, 3]), { type: 'image', mimeType: 'image/png' })
    const tools = tracker({ ...list, execute: () => ({ image, width: 4 }) })
    await using codeMode = await createCodeMode({ sandbox, tools, learn: {}, typeChecker })
    for (const _ of [1, 2]) {
      const result = await codeMode.execute(
        'const { image } = await tracker.list_issues()\nreturn (await image.bytes()).length',
      )
      expect(result).toMatchObject({ ok: true, value: 3 })
      expect(result.warnings).toBeUndefined()
    }
    expect(flat(codeMode.declarations)).toContain('Promise<{ image: unknown; width: number }>')
  })

  it('keeps the description of an output that is declared as any object', async () => {
    const typed = { ...list, outputSchema: { type: 'object', description: 'A page of issues' } }
    await using codeMode = await createCodeMode({ sandbox, tools: tracker(typed), learn: {} })
    await codeMode.execute(call)
    expect(codeMode.declarations).toContain('@returns A page of issues (observed in 1 result, not declared)')
  })

  it.each([{ stores: memoryShapes() }, { store: {} }, { headers: true, typo: 1 }])(
    'rejects the options %o',
    async (learn) => {
      await expect(createCodeMode({ sandbox, tools: {}, learn: learn as never })).rejects.toThrow(TypeError)
    },
  )
})

describe('a check by observed types', () => {
  it('warns of a mistake and runs the program', async () => {
    await using codeMode = await createCodeMode({ sandbox, tools: tracker(list), learn: memoryShapes(), typeChecker })
    await codeMode.execute(call)
    const result = await codeMode.execute(
      'const found = await tracker.list_issues()\nreturn found.data[0].titel ?? null',
    )
    expect(result).toMatchObject({ ok: true, value: null })
    const read = await codeMode.execute('const found = await tracker.list_issues()\nreturn found.items')
    expect(read.ok).toBe(true)
    expect(read.warnings).toEqual([
      expect.stringMatching(
        /^Line 2: There is no property `items`\. It has data, has_more\. This type was observed, not declared\.$/,
      ),
    ])
  })

  it('refuses a mistake by declared types beside it', async () => {
    const typed = defineTool({
      outputSchema: { type: 'object', properties: { n: { type: 'number' } } },
      execute: () => ({ n: 1 }),
    })
    const tools = tracker(list, { ...typed, name: 'count' })
    await using codeMode = await createCodeMode({ sandbox, tools, learn: memoryShapes(), typeChecker })
    await codeMode.execute(call)
    const result = await codeMode.execute(
      'const found = await tracker.list_issues()\nconst count = await tracker.count()\nreturn [found.items, count.m]',
    )
    expect(result).toMatchObject({ ok: false, error: { code: 'CODE_TYPE', line: 3 }, calls: [] })
    expect(result.warnings).toHaveLength(1)
  })
})

describe('an error about a wrong shape', () => {
  it.each([
    ['const found = await tracker.list_issues()\nreturn found.items.length', '{ data: […2], has_more }'],
    ['const found = await tracker.list_issues()\nreturn found.map((each) => each.id)', '{ data: […2], has_more }'],
    ['const { items } = await tracker.list_issues()\nreturn items.length', '{ data: […2], has_more }'],
    [
      'const found = await tracker.list_issues()\nfor (const each of found) console.log(each)',
      '{ data: […2], has_more }',
    ],
  ])('names what the tool returned: %s', async (code, shape) => {
    await using codeMode = await createCodeMode({ sandbox, tools: tracker(list) })
    const result = await codeMode.execute(code)
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'CODE_THREW', hint: `tracker.listIssues returned ${shape}.` },
    })
  })

  it('names each shape if the tool was called several times', async () => {
    const outputs: unknown[] = [{ items: 1 }, { rows: 2 }]
    await using codeMode = await createCodeMode({
      sandbox,
      tools: tracker({ ...list, execute: () => outputs.shift() }),
    })
    const result = await codeMode.execute(
      'const one = await tracker.list_issues()\nconst other = await tracker.list_issues()\nreturn one.pages.length',
    )
    expect(result.ok ? '' : result.error.hint).toBe('tracker.listIssues returned { rows } and { items }.')
  })

  it('is found in linear time in a hostile program', async () => {
    const code = `const r = await tracker.list_issues(); r.x.y\n//${' var {'.repeat(20)}${'}:'.repeat(40)}${' '.repeat(200_000)}`
    await using codeMode = await createCodeMode({ sandbox, tools: tracker({ ...list, execute: () => null }) })
    const started = performance.now()
    expect(await codeMode.execute(code)).toMatchObject({ ok: false, error: { code: 'CODE_THREW' } })
    // It blocked the host for half a minute when the time was quadratic.
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  it('describes lists, texts and objects by key, without data', async () => {
    const outputs: unknown[] = [[{ a: 1 }, {}], 'Some text', null, { 'ada@example.org': 1 }, [1, 2], new Map([[1, 2]])]
    await using codeMode = await createCodeMode({
      sandbox,
      tools: tracker({ ...list, execute: () => outputs.shift() }),
    })
    const hints: unknown[] = []
    for (const _ of [1, 2, 3, 4, 5, 6]) {
      const result = await codeMode.execute('const found = await tracker.list_issues()\nreturn found.rows.length')
      hints.push(result.ok ? undefined : result.error.hint)
    }
    expect(hints).toEqual([
      'tracker.listIssues returned a list of 2, each { a }.',
      'tracker.listIssues returned a text of 9 characters, not an object.',
      'tracker.listIssues returned null.',
      'tracker.listIssues returned an object with 1 entries by key.',
      'tracker.listIssues returned a list of 2, each a number.',
      'tracker.listIssues returned a Map.',
    ])
  })
})

it('no value and no name that is data is in the store, in declarations or in diagnostics', async () => {
  const canary = 'canary-5f0c1e'
  const keys = ['canary_5f0c1e', 'canary5f0c1e', 'canary@example.org', 'CANARY5F0C1E99', canary]
  const outputs = [
    {
      text: canary,
      list: [canary, { note: canary }],
      rows: [
        [1, canary],
        [2, canary],
      ],
      table: `${canary},b\n1,2\n3,4`,
    },
    ...keys.map((key) => ({ [key]: 1 })),
    { inner: Object.fromEntries(keys.map((key) => [key, { [key]: canary }])) },
    Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [
        `canary${String.fromCharCode(97 + (at % 26), 97 + Math.floor(at / 26))}`,
        canary,
      ]),
    ),
  ]
  const store = memoryShapes()
  for (const output of outputs) {
    const tools = tracker({ ...list, execute: () => output })
    await using codeMode = await createCodeMode({ sandbox, tools, learn: store, typeChecker })
    const ran = await codeMode.execute('const found = await tracker.list_issues()\nreturn found.length')
    const checked = await codeMode.execute(
      'const found = await tracker.list_issues()\nreturn [found.missing.length, found.text.x]',
    )
    await codeMode.close()
    const texts = [
      await store.load(undefined),
      codeMode.declarations,
      ran.observed,
      ran.warnings,
      checked.warnings,
      checked.ok ? '' : checked.error,
    ]
    expect(JSON.stringify(texts)).not.toMatch(/canary.?5f|CANARY|canary[a-z]/i)
  }
})
