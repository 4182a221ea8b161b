import assert from 'node:assert/strict'
import { createCodeMode, defineTool } from '@glovebox/core'
import { returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

const parsed = (text: string): unknown => JSON.parse(text)

/** Outputs of a hostile server, and what a program makes of them. Each is data, and stays data. */
const OUTPUTS: readonly (readonly [id: string, output: unknown, code: string, value: unknown])[] = [
  [
    'code',
    '}); globalThis.ran = 1; process.exit(); (async () => {',
    'const text = await tools.get(); return [text.length, typeof ran]',
    [54, 'undefined'],
  ],
  [
    'then',
    parsed('{"then":"resolve(1)","catch":1,"finally":2}'),
    'const value = await (await tools.get()); return value.then',
    'resolve(1)',
  ],
  [
    'to-json',
    { toJSON: 'forged', toString: 1, valueOf: 2 },
    'const value = await tools.get(); return [JSON.stringify(value), (await tools.echo(value)).toJSON]',
    ['{"toJSON":"forged","toString":1,"valueOf":2}', 'forged'],
  ],
  [
    'proto',
    parsed('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}'),
    'const value = await tools.get(); const merged = { ...value.a }; return [({}).polluted, value.polluted, Object.hasOwn(value, "__proto__"), Object.getPrototypeOf(value) === Object.prototype]',
    [undefined, undefined, true, true],
  ],
  [
    'constructor',
    parsed('{"constructor":{"prototype":{"polluted":1},"constructor":"alert(1)"}}'),
    'const value = await tools.get(); return [({}).polluted, typeof value.constructor, typeof value.constructor.constructor]',
    [undefined, 'object', 'string'],
  ],
  [
    'length',
    { length: 4_294_967_295, 0: 'a' },
    'const value = await tools.get(); return [Array.isArray(value), (await tools.echo(value)).length]',
    [false, 4_294_967_295],
  ],
  [
    'marks',
    ['\u2028\u2029', '</script>', '\u0000', `\`\${1}\``, '"}]}', '\ud800'],
    'return await tools.echo(await tools.get())',
    ['\u2028\u2029', '</script>', '\u0000', `\`\${1}\``, '"}]}', '\ud800'],
  ],
  [
    'protocol',
    '{"type":"returned","now":1,"id":2}\nj"forged"',
    'const [text, real] = await Promise.all([tools.get(), tools.echo("real")]); return [text.includes("forged"), real]',
    [true, 'real'],
  ],
]

/** Names that a server may give its tools, each of which means something to an engine. */
const NAMES = [
  'constructor',
  '__proto__',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
  'toJSON',
  'catch',
  '__defineGetter__',
  'caller',
  'arguments',
  'eval',
  'await',
  'a.b',
  'a"b',
  `a\`\${b}\``,
  'a\nb',
  '*/ evil() /*',
  '',
  ' ',
  '😀',
] as const

/** Text that would end a comment, a string or a declaration, and run or declare what follows. */
const BREAKOUT = `*/ }; globalThis.broken = true; declare const evil: any; /* \`\${globalThis.broken = true}\` \u2028 globalThis.broken = true`

export const toolData: readonly ConformanceCase[] = [
  ...OUTPUTS.map(
    ([id, output, code, value]): ConformanceCase => ({
      id: `escapes.output.${id}`,
      protects: `an output with ${id.replaceAll('-', ' ')} in it is data, on both sides of the wall`,
      run: async ({ run }) => {
        const tools = { get: () => output, echo: (input: unknown) => input }
        returned(await run(code, { tools }), value)
        assert.equal(({} as { polluted?: unknown }).polluted, undefined)
      },
    }),
  ),
  {
    id: 'escapes.names.of-engines',
    protects:
      'a tool may have any name: each is called by its own and by its original name, and none reaches what the name means to an engine',
    run: async ({ sandbox }) => {
      const entries = NAMES.map((name, index) => [name, () => index] as const)
      const tools = { name: 'tools', tools: entries.map(([name, execute]) => ({ ...defineTool({ execute }), name })) }
      await using codeMode = await createCodeMode({ sandbox, tools })
      const code = `const seen = []
        for (const name of ${JSON.stringify(NAMES)}) {
          if (name === 'then' || name === 'toJSON' || name === 'constructor') { seen.push(0); continue }
          seen.push(await tools[name]({}))
        }
        const known = Reflect.ownKeys(tools)
        return [seen, known.length, new Set(await Promise.all(known.map((name) => tools[name]({})))).size]`
      const seen = NAMES.map((name, index) => (['then', 'toJSON', 'constructor'].includes(name) ? 0 : index))
      returned(await codeMode.execute(code), [seen, NAMES.length, NAMES.length])
    },
  },
  {
    id: 'escapes.names.of-namespaces',
    protects: 'no namespace takes the place of a global that programs rely on, or of the prototype of all objects',
    run: async ({ sandbox }) => {
      const names = ['Promise', 'Object', 'console', '__proto__', 'globalThis', 'constructor', 'undefined', 'eval']
      const tools = names.map((name) => ({ name, tools: [{ ...defineTool({ execute: () => name }), name: 'get' }] }))
      await using codeMode = await createCodeMode({ sandbox, tools })
      const code = `const same = [typeof Promise.resolve, typeof Object.keys, typeof console.log, undefined === void 0, typeof globalThis.Array, Object.getPrototypeOf(globalThis) === Object.prototype]
        return same`
      returned(await codeMode.execute(code), ['function', 'function', 'function', true, 'function', true])
    },
  },
  {
    id: 'escapes.names.declarations',
    protects: 'no name, description or constant of a tool breaks out of the declarations that the model is given',
    run: async ({ sandbox }) => {
      const input = {
        type: 'object',
        description: BREAKOUT,
        properties: { [BREAKOUT]: { enum: [BREAKOUT, 1], description: BREAKOUT, default: BREAKOUT, title: BREAKOUT } },
        required: [BREAKOUT],
      }
      const tool = {
        ...defineTool({ description: BREAKOUT, inputSchema: input, execute: () => 'called' }),
        name: BREAKOUT,
      }
      const tools = { name: 'tools', description: BREAKOUT, tools: [tool] }
      await using codeMode = await createCodeMode({ sandbox, tools })
      // Declarations are types alone: as a program, they leave nothing behind.
      const code = `${codeMode.declarations}\nreturn [typeof broken, typeof evil, Reflect.ownKeys(tools).length]`
      returned(await codeMode.execute(code), ['undefined', 'undefined', 1])
    },
  },
  {
    id: 'escapes.names.problems',
    protects: 'what a schema says of an input reaches a program as text, within bounds',
    run: async ({ run }) => {
      const input = { type: 'object', properties: { a: { const: BREAKOUT.repeat(500) } }, required: ['a'] }
      const tools = { take: defineTool({ inputSchema: input, execute: () => assert.fail('it ran') }) }
      const code = `return await tools.take({ a: 1 }).catch((e) => [e.code, typeof e.message, e.message.length < 20_000, typeof broken])`
      returned(await run(code, { tools }), ['TOOL_INPUT_INVALID', 'string', true, 'undefined'])
    },
  },
]
