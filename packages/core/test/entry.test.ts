import { describe, expect, it } from 'vitest'
import { originalPosition, positionAt } from '../src/program/positions.ts'
import { prepareProgram } from '../src/program/program.ts'

/** Runs a program like a guest, but without a sandbox. */
async function valueOf(text: string): Promise<unknown> {
  const { source } = await prepareProgram(text)
  const value: unknown = await ((0, eval)(source) as () => unknown)()
  return typeof value === 'function' ? await value() : value
}

const fenced = (language: string, code: string, fence = '```') => `${fence}${language}\n${code}\n${fence}`

describe('the entry function of a program', () => {
  it.each([
    ['main before its helpers', 'async function main() { return twice(21) }\nfunction twice(n) { return n * 2 }', 42],
    ['main before a helper that is a constant', 'const main = async () => helper(20)\nconst helper = (n) => n * 2', 40],
    [
      '`run` among helpers',
      'const up = (n) => n + 1\nasync function run() { return up(1) }\nfunction unused(a) { return a }',
      2,
    ],
    [
      'the only function without parameters',
      'function report() { return add(1, 2) }\nfunction add(a, b) { return a + b }',
      3,
    ],
    [
      'the only function that no other calls',
      'const load = () => 4\nconst report = () => load() + 1\nconst twice = (n) => n * 2',
      5,
    ],
    ['a recursive function', 'let n = 0\nfunction main() { return n++ < 3 ? main() : n }', 4],
    ['an exported function', 'async function main() { return 6 }\nexport { main }', 6],
    [
      'a function in an export list of several lines',
      'function main() { return 7 }\nfunction helper() {}\nexport {\n  main,\n}',
      7,
    ],
    [
      'a function that was already called, which is not called again',
      'let calls = 0\nconst main = () => ++calls\nconst result = main()',
      1,
    ],
    ['a helper that was already called', 'const up = (s) => s.toUpperCase()\nconst name = up("ada")', 'ADA'],
    ['a function that destructures its tools', 'async function main({ Math: { max } }) { return max(1, 8) }', 8],
    ['an arrow function that destructures its tools', 'async ({ Math: { max } }) => max(1, 9)', 9],
    [
      'a default export that destructures its tools',
      'export default async function ({ Math: { max } }) { return max(1, 10) }',
      10,
    ],
    ['a function whose default parameter is kept', 'function main(limit = 11) { return limit }', 11],
  ])('can be %s', async (_, text, value) => {
    expect(await valueOf(text)).toEqual(value)
  })
})

describe('a program with the boilerplate of Node or Deno', () => {
  it.each([
    ['async function main() { return 1 }\nif (require.main === module) { main() }', 1],
    ['async function main() { return 2 }\nif (import.meta.main) main()', 2],
    [`const main = () => 3\nif (import.meta.url === \`file://\${process.argv[1]}\`) {\n  main()\n}`, 3],
    ['async function main() { return 4 }\nmodule.exports = { main }', 4],
    ['const main = () => 5\nif (import.meta.main && (await import("node:process")).argv) main()', 5],
    ['module.exports = async () => 5', 5],
    ['exports.handler = async (event) => ({ statusCode: 200 })', { statusCode: 200 }],
    ['module.exports.run = () => 6', 6],
    ['module.exports = { a: 7 }', { a: 7 }],
    [
      'let runs = 0\nasync function main() { return ++runs }\nif (require.main === module) main()\nmodule.exports = { main }',
      1,
    ],
    ['let exports = {}\nexports.a = 1\nreturn exports', { a: 1 }],
    ['const module = "own"\nreturn module', 'own'],
  ])('runs: %j', async (text, value) => {
    expect(await valueOf(text)).toEqual(value)
  })

  it('is rejected if it uses import.meta or re-exports', async () => {
    await expect(prepareProgram('return import.meta.main')).rejects.toThrow('import.meta is not available')
    await expect(prepareProgram('export { a } from "./a"')).rejects.toThrow('export … from is not available')
  })
})

describe('a TypeScript program with imports', () => {
  it.each([
    ['import type { User } from "./types"\nconst u: User = { name: "Ada" }\nreturn u.name', 'Ada'],
    ['import { type User } from "./types"\nconst u: User = { name: "Ada" }\nreturn u.name', 'Ada'],
    ['import { User } from "./types"\nconst u: User = { name: "Ada" }\nreturn u.name', 'Ada'],
    [
      'import type User, { type A } from "./a";\nimport {\n  B,\n  C as D,\n} from "./b";\nlet b: B | D | User | A = 1\nreturn b',
      1,
    ],
    ['import type { A } from "./a"\nconst x: A = 2\nx', 2],
    ['export const run = async (): Promise<number> => 3\nreturn await run()', 3],
    ['export interface A { n: number }\nexport type B = A\nconst b: B = { n: 4 }\nreturn b.n', 4],
  ])('runs if it imports only types: %j', async (text, value) => {
    expect(await valueOf(text)).toEqual(value)
  })

  it.each([
    'import { z } from "zod"\nconst limit: number = 2\nreturn limit',
    'import { z } from "zod"\nconst s: unknown = z.object({})\nreturn s',
    'import "./setup"\nconst a: number = 1\nreturn a',
    'import { type A, b } from "./a"\nconst a: A = b\nreturn a',
    'import { z } from "zod"\nreturn z',
  ])('is rejected if it imports values: %j', async (text) => {
    await expect(prepareProgram(text)).rejects.toMatchObject({
      message: expect.stringContaining('import is not available'),
      position: { line: 1, column: 1 },
    })
  })
})

describe('the value of a program', () => {
  it.each([
    ['const a = 1\nconst b = a + 1', 2],
    ['let result\nresult = 24', 24],
    ['const n = 3\nif (n > 2) { "big" } else { "small" }', 'big'],
    ['const n = 1\nif (n > 2) "big"\nelse if (n > 0) { const word = "small" } else { "none" }', 'small'],
    ['try {\n  const r = { name: "Ada" }\n  r.name\n} catch (e) {\n  e.message\n}', 'Ada'],
    ['try { null.x } catch (e) { e.name } finally { "no" }', 'TypeError'],
    ['const k = "b"\nswitch (k) {\n  case "a": 1; break\n  case "b": { 2; break }\n  default: 3\n}', 2],
    ['const k = "c"\nswitch (k) { case "c": 1; case "d": 2 }', 2],
    ['main()\nasync function main() { return 5 }', 5],
    ['const total = 5\nconst names = ["a"]\n{ total, names }', { total: 5, names: ['a'] }],
    ['const total = 5\n{ total: total, ok: true }', { total: 5, ok: true }],
    ['const total = 5\n{ total: total, ok: true };', { total: 5, ok: true }],
    ['const rows = [1]\n{\n  rows: rows.map((n) => {\n    return n\n  }),\n}', { rows: [1] }],
    ['const n = 3\nif (n > 5) { return "big" }', undefined],
    ['for (const n of [1, 2]) n', undefined],
    ['{ const a = 1; a }', 1],
  ])('is that of its last statement: %j', async (text, value) => {
    expect(await valueOf(text)).toEqual(value)
  })
})

describe('a program in the packaging of a model', () => {
  it.each([
    ['a fence on one line', '```js return 8 ```', 8],
    ['code on the closing fence line', '```js\nreturn 8```', 8],
    ['code on the opening fence line', '```js const a = 2\nreturn a\n```', 2],
    ['a language without a space after it', '```jsreturn 8\n```', 8],
    ['attributes', '```ts title="main.ts" {1,2}\nreturn 6\n```', 6],
    [
      'fences that form one program',
      `A helper:\n${fenced('ts', 'const twice = (n: number) => n * 2')}\nUse it:\n${fenced('ts', 'return twice(21)')}`,
      42,
    ],
    ['fences with alternatives', `${fenced('ts', 'return 1')}\nOr:\n${fenced('ts', 'return 2')}`, 1],
    ['a command before it', `${fenced('bash', 'npm install zod')}\n${fenced('ts', 'return 10')}`, 10],
    ['output after it', `${fenced('', 'return 11')}\n${fenced('json', '{ "ok": true }')}`, 11],
    ['output in a fence with an unknown language', `${fenced('text', 'a b c')}\n${fenced('js', 'return 12')}`, 12],
    ['a fence of tildes', fenced('ts', 'return 5', '~~~'), 5],
    ['an unclosed fence', 'Here:\n```ts\nreturn 13', 13],
    ['CDATA', '<![CDATA[\nreturn 14\n]]>', 14],
    ['tags', '<code>\nreturn 15\n</code>', 15],
    [
      'tags of a tool call',
      '<invoke name="run_program"><parameter name="code">return 1 < 2</parameter></invoke>',
      true,
    ],
    ['a fence within tags', `<program>\n${fenced('ts', 'const a: number = 16\nreturn a')}\n</program>`, 16],
    ['JSON', '{"code": "return 15"}', 15],
    ['JSON of a tool call', '{"name":"run_program","arguments":{"code":"const a = 1\\nreturn a + 1"}}', 2],
    ['JSON in JSON', '{"arguments":"{\\"code\\":\\"return 3\\"}"}', 3],
    ['a JSON string', '"const a = 1;\\nreturn a"', 1],
    ['a fence in JSON', '{"code":"```ts\\nreturn 4\\n```"}', 4],
    ['backticks', '`return 15`', 15],
    ['backticks around a template', `\`const a = 1; return \`v\${a}\`\``, 'v1'],
    ['entities', 'const a = [1, 2, 3].filter((n) =&gt; n &gt; 1 &amp;&amp; n &lt; 3)\nreturn a', [2]],
    ['entities for quotes', 'return &quot;a&quot; + &#39;b&#39;', 'ab'],
    ['escapes', 'const a = 1;\\nreturn a', 1],
  ])('is unpacked: %s', async (_, text, value) => {
    expect(await valueOf(text)).toEqual(value)
  })

  it.each([
    ['{"code": "US"}', { code: 'US' }],
    ['{"code": "note: this"}', { code: 'note: this' }],
    ['{"code": "return 1", "rows": []}', { code: 'return 1', rows: [] }],
    ['"hello"', 'hello'],
    ['`hello world`', 'hello world'],
    ['const a = "```js\\nreturn 1\\n```"\nreturn a', '```js\nreturn 1\n```'],
    ['return "&lt;b&gt;"', '&lt;b&gt;'],
  ])('is not unpacked if it is a value: %j', async (text, value) => {
    expect(await valueOf(text)).toEqual(value)
  })

  it('keeps its original positions', async () => {
    for (const [text, line, column] of [
      [`Prose.\n\n${fenced('ts', 'const a = 1\n  throw a')}`, 5, 3],
      ['<code>throw 1</code>', 1, 7],
      ['const a = b &amp;&amp; c; throw a', 1, 27],
    ] as const) {
      const { source, steps } = await prepareProgram(text)
      const at = positionAt(source, source.indexOf('throw'))
      expect(originalPosition(steps, at), text).toEqual({ line, column })
    }
  })

  it('is unpacked in bounded time, whatever the text', async () => {
    const before = process.cpuUsage()
    for (const text of [
      `1 1${'\n```js\n1 1'.repeat(3_000)}`,
      `1 1${'\n~~~'.repeat(10_000)}`,
      `<code>${'<code>'.repeat(10_000)}`,
      `1 1${'\n{'.repeat(20_000)}`,
      `1 1${' '.repeat(60_000)}\``,
      `${'&lt;'.repeat(20_000)}`,
      `"${'\\\\n'.repeat(20_000)}`,
      `${'var f = () => f();'.repeat(3_000)}`,
      `import type${' '.repeat(60_000)}`,
      `let a: number;${'\nimport a'.repeat(10_000)}`,
      `let a: number;\nimport ${'{'.repeat(60_000)}`,
      `let a: number = ;${'\nimport { a } from "a"'.repeat(3_000)}`,
      `1 1\n${'\n'.repeat(60_000)}\`\`\`js\n${'\n'.repeat(60_000)}`,
    ]) {
      await prepareProgram(text).catch(() => {})
    }
    const { user, system } = process.cpuUsage(before)
    // An idle machine takes a tenth of this.
    expect((user + system) / 1e6).toBeLessThan(40)
  })
})
