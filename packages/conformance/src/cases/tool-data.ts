import assert from 'node:assert/strict'
import { createCodeMode, defineTool } from '@glovebox/core'
import { returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

const parsed = (text: string): unknown => JSON.parse(text)

/** Outputs of a hostile tool server, each with a program and its expected result. */
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

/** Tool names that have a special meaning in JavaScript. */
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

/** Text that tries to close a comment, string or declaration and to inject code after it. */
const BREAKOUT = `*/ }; globalThis.broken = true; declare const evil: any; /* \`\${globalThis.broken = true}\` \u2028 globalThis.broken = true`

export const toolData: readonly ConformanceCase[] = [
  ...OUTPUTS.map(
    ([id, output, code, value]): ConformanceCase => ({
      id: `escapes.output.${id}`,
      protects: `a hostile output is treated as data in the guest and on the host (${id.replaceAll('-', ' ')})`,
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
      'a tool may have any name, can be called by its mapped and its original name, and never replaces a built-in of that name',
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
    protects: 'a tool namespace never replaces a global that programs rely on, or `Object.prototype`',
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
    protects: 'names, descriptions and constants of a tool cannot break out of the generated declarations',
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
      // The declarations contain only types, so running them as a program must define nothing.
      const code = `${codeMode.declarations}\nreturn [typeof broken, typeof evil, Reflect.ownKeys(tools).length]`
      returned(await codeMode.execute(code), ['undefined', 'undefined', 1])
    },
  },
  {
    id: 'escapes.names.problems',
    protects: 'a validation error reaches the program as text of bounded length',
    run: async ({ run }) => {
      const input = { type: 'object', properties: { a: { const: BREAKOUT.repeat(500) } }, required: ['a'] }
      const tools = { take: defineTool({ inputSchema: input, execute: () => assert.fail('it ran') }) }
      const code = `return await tools.take({ a: 1 }).catch((e) => [e.code, typeof e.message, e.message.length < 20_000, typeof broken])`
      returned(await run(code, { tools }), ['TOOL_INPUT_INVALID', 'string', true, 'undefined'])
    },
  },
]
