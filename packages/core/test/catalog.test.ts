import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createCatalog } from '../src/catalog/catalog.ts'
import { assignIdentifiers, identifierFor } from '../src/catalog/identifiers.ts'
import { toolProvider } from '../src/catalog/provider.ts'
import { defineTool } from '../src/catalog/tool.ts'
import { declarationsFromCatalog } from '../src/declarations/declarations.ts'

describe('identifiers', () => {
  it.each([
    ['read_text_file', 'readTextFile'],
    ['get-sum', 'getSum'],
    ['getUser', 'getUser'],
    ['GetUser', 'getUser'],
    ['API_KEY', 'apiKEY'],
    ['2fa', '_2fa'],
    ['delete', 'delete_'],
    ['await', 'await_'],
    ['then', 'then_'],
    ['toJSON', 'toJSON_'],
    ['größe_ändern', 'größeÄndern'],
    ['名前', '名前'],
    ['a.b/c d', 'aBCD'],
    ['***', '_'],
    ['', '_'],
  ])('%s becomes %s', (name, identifier) => {
    expect(identifierFor(name)).toBe(identifier)
  })

  it('are unique, valid and stable when a tool is added', () => {
    const names = ['get_user', 'getUser', 'get-user', 'get user', 'GET_USER', '__proto__', 'constructor', 'class']
    const identifiers = assignIdentifiers(names)
    expect(new Set(identifiers).size).toBe(names.length)
    for (const identifier of identifiers) expect(() => new Function(`const ${identifier} = 1`)).not.toThrow()
    expect(identifiers[1]).toBe('getUser')
    const more = assignIdentifiers(['zzz', ...names, 'new_tool'])
    expect(more.slice(1, -1)).toEqual(identifiers)
  })
})

describe('the catalog', () => {
  it('accepts records, tools and providers, and finds only own names', () => {
    const catalog = createCatalog([{ add: () => 1 }, toolProvider({ name: 'my-server', tools: { do_it: () => 2 } })])
    expect(catalog.namespaces.map(({ identifier }) => identifier)).toEqual(['tools', 'myServer'])
    expect(catalog.find('tools.add')?.tool.name).toBe('add')
    expect(catalog.find('myServer.doIt')).toBe(catalog.find('myServer.do_it'))
    for (const path of ['tools.toString', 'tools', 'constructor', '__proto__'])
      expect(catalog.find(path)).toBeUndefined()
  })

  it('does not let a namespace hide globals that programs need', () => {
    const { namespaces } = createCatalog([
      toolProvider({ name: 'console', tools: { a: () => 1 } }),
      toolProvider({ name: 'Promise', tools: { a: () => 1 } }),
      toolProvider({ name: 'setTimeout', tools: { a: () => 1 } }),
      toolProvider({ name: 'parseInt', tools: { a: () => 1 } }),
    ])
    for (const { identifier } of namespaces) expect(identifier in globalThis).toBe(false)
  })

  it('accepts Standard Schemas for inputs and outputs', async () => {
    const schema = z.object({ q: z.string(), day: z.date().optional() })
    const execute = ({ q }: { q: string }) => q
    const catalog = createCatalog({
      one: { description: 'One.', inputSchema: schema, execute },
      two: { description: 'Two.', inputSchema: schema, outputSchema: z.string(), execute },
      three: defineTool({ inputSchema: schema, execute }),
    })
    const { text } = declarationsFromCatalog(catalog, {})
    expect(text).toMatch(/function one\(input: \{ q: string; day\?: unknown \}\)/)
    expect(text).toMatch(/function two\(input: \{ q: string; day\?: unknown \}\): Promise<string>/)
    for (const { parseInput } of catalog.namespaces[0]?.tools ?? []) {
      expect(await parseInput?.({ q: 3 })).toHaveProperty('problems')
      expect(await parseInput?.({ q: 'x', day: new Date(0) })).toEqual({ value: { q: 'x', day: new Date(0) } })
    }
  })

  it.each([
    ['nothing', undefined, /`tools` must be a record/],
    ['a text', 'x', /`tools` must be a record/],
    ['a tool in a list', [{ name: 'x', execute: () => 1 }], /must contain records or providers/],
    [
      'a `parameters` property',
      { x: { parameters: z.object({}), execute: () => 1 } },
      /has `parameters`, which is not supported; use `inputSchema`/,
    ],
  ])('rejects %s and states the expected value', (_title, tools, message) => {
    expect(() => createCatalog(tools as never)).toThrow(message)
  })

  it('rejects duplicate names and invalid tools', () => {
    const twice = toolProvider({
      name: 'x',
      tools: [
        { name: 'a', execute: () => 1 },
        { name: 'a', execute: () => 2 },
      ],
    })
    expect(() => createCatalog(twice)).toThrow(/Two tools of x are called a/)
    expect(() => createCatalog({ broken: 5 as never })).toThrow(/The tool broken must be a function/)
    expect(() => defineTool({} as never)).toThrow(TypeError)
    expect(() => defineTool({ inputSchema: 'string' as never, execute: () => 1 })).toThrow(
      /must be JSON Schema or Standard Schema/,
    )
  })

  it.each([
    [
      'JSON Schema',
      defineTool({
        inputSchema: {
          type: 'object',
          properties: { n: { type: 'integer' } },
          required: ['n'],
          additionalProperties: false,
        },
        execute: () => 1,
      }),
    ],
    [
      'TypeBox',
      defineTool({
        inputSchema: Type.Object({ n: Type.Integer() }, { additionalProperties: false }),
        execute: () => 1,
      }),
    ],
    ['Standard Schema', defineTool({ inputSchema: z.strictObject({ n: z.int() }), execute: () => 1 })],
  ])('describes and validates inputs with %s', async (_, tool) => {
    const catalog = createCatalog({ pick: tool })
    expect(declarationsFromCatalog(catalog).text).toContain('n: number')
    const parse = catalog.find('tools.pick')?.parseInput
    expect(await parse?.({ n: 1 })).toEqual({ value: { n: 1 } })
    const refused = await parse?.({ n: 'x', extra: 1 })
    expect(refused).toHaveProperty('problems')
    expect(JSON.stringify(refused)).toMatch(/n: /)
  })

  it('passes the parsed value of a Standard Schema to the tool', async () => {
    const catalog = createCatalog({
      pick: defineTool({ inputSchema: z.object({ n: z.coerce.number() }), execute: ({ n }) => n + 1 }),
    })
    expect(await catalog.find('tools.pick')?.parseInput?.({ n: '4' })).toEqual({ value: { n: 4 } })
  })

  it('fills in the defaults of an input and changes nothing else', async () => {
    const input = {
      type: 'object',
      properties: {
        mode: { type: 'string', default: 'fast' },
        limit: { type: 'integer', default: 10 },
        rows: {
          type: 'array',
          items: { type: 'object', properties: { tags: { type: 'array', default: [] } }, required: ['tags'] },
        },
        name: { type: 'string' },
      },
      required: ['mode', 'name'],
    }
    const catalog = createCatalog({ pick: defineTool({ inputSchema: input, execute: () => 1 }) })
    const parse = catalog.find('tools.pick')?.parseInput
    expect(await parse?.({ name: 'a', rows: [{}] })).toEqual({
      value: { name: 'a', rows: [{ tags: [] }], mode: 'fast' },
    })
    const whole = { name: 'a', mode: 'slow' }
    expect((await parse?.(whole)) as { value: unknown }).toHaveProperty('value', whole)
    expect(await parse?.({ mode: 'slow' })).toEqual({ problems: ['name is missing'] })
  })

  it('limits the number of listed problems', async () => {
    const required = Array.from({ length: 40 }, (_, i) => `key${i}`)
    const properties = Object.fromEntries(required.map((key) => [key, { type: 'string' }]))
    const catalog = createCatalog({
      big: defineTool({ inputSchema: { type: 'object', properties }, execute: () => 1 }),
    })
    const input = Object.fromEntries(required.map((key) => [key, 1]))
    const parsed = (await catalog.find('tools.big')?.parseInput?.(input)) as { problems: string[] }
    expect(parsed.problems).toHaveLength(6)
    expect(parsed.problems.at(-1)).toBe('and more')
  })
})

it('the input and output types of a tool are inferred from TypeBox and Standard Schema', () => {
  defineTool({ inputSchema: Type.Object({ n: Type.Integer() }), execute: ({ n }) => n.toFixed() })
  defineTool({ inputSchema: z.object({ n: z.number() }), outputSchema: z.string(), execute: ({ n }) => n.toFixed() })
  // @ts-expect-error: the input has no such property
  defineTool({ inputSchema: z.object({ n: z.number() }), execute: ({ m }) => m })
  // @ts-expect-error: the output must be a string
  defineTool({ outputSchema: z.string(), execute: () => 5 })
})
