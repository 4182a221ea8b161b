import { BACKENDS } from '@glovebox/backends'
import { type AdapterUnderTest, SandboxTestContext } from '@glovebox/conformance/suite'
import { EXECUTION_ERROR_CODES, type ExecuteResult } from '@glovebox/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** `pnpm fuzz` runs more cases. `FUZZ_SEED` repeats a run. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 40)
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)
const MAX_WAIT_MS = 24 * 60 * 60 * 1_000
const settings = { numRuns: RUNS, seed: SEED, endOnFailure: RUNS > 1_000 } as const

console.log(`fuzzing: FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS}`)

const ADAPTERS: readonly AdapterUnderTest[] = Object.entries(BACKENDS).map(([name, create]) => ({ name, create }))

/** Valid protocol messages, which the fuzzer mutates like a compromised guest. */
const HEADERS = [
  '{"type":"log","level":"log","text":"x"}',
  '{"type":"call","id":1,"tool":"tools.echo"}',
  '{"type":"wake","at":1700000000000}',
  '{"type":"wake","at":null}',
  '{"type":"returned"}',
  '{"type":"threw","error":{"code":"CODE_THREW","name":"Error","message":"m","stack":"at f (program.js:1:2)"}}',
]
const PAYLOADS = ['', 'j{}', 'j[1,2]', 'j"text"', 'jnull', 'g[[1],2]', 'g[["Map",1,2]]', 'j{"a":{"b":[1]}}']

const mutation = fc.oneof(
  fc.record({ kind: fc.constant('cut'), at: fc.nat(), text: fc.constant('') }),
  fc.record({ kind: fc.constant('insert'), at: fc.nat(), text: fc.string({ unit: 'binary', maxLength: 5 }) }),
  fc.record({
    kind: fc.constant('replace'),
    at: fc.nat(),
    text: fc.constantFrom('"', '{', '}', '[', '\\', '\n', '\0', '-', '1e999', '__proto__', 'true', '\u2028'),
  }),
)

function mutate(text: string, { kind, at, text: given }: { kind: string; at: number; text: string }): string {
  const place = text.length === 0 ? 0 : at % text.length
  if (kind === 'cut') return text.slice(0, place)
  return text.slice(0, place) + given + text.slice(kind === 'insert' ? place : place + 1)
}

const message = fc.oneof(
  fc
    .tuple(fc.constantFrom(...HEADERS), fc.constantFrom(...PAYLOADS), fc.array(mutation, { maxLength: 4 }))
    .map(([header, payload, mutations]) => mutations.reduce(mutate, payload === '' ? header : `${header}\n${payload}`)),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.json({ maxDepth: 4 }),
)

function expectWellFormed(result: ExecuteResult): void {
  if (!result.ok) expect(EXECUTION_ERROR_CODES).toContain(result.error.code)
  expect(result.calls.every(({ tool }) => typeof tool === 'string')).toBe(true)
  expect(result.usage.wallTimeMs).toBeGreaterThan(0)
}

/** Programs that must behave the same on every engine. They do not use stack sizes, last digits or engine messages. */
const { program } = fc.letrec<{ expression: string; statement: string; block: string; program: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom(
      '0',
      '1',
      '-7',
      '2.5',
      '"a"',
      '"1"',
      'true',
      'null',
      'undefined',
      '10n',
      'a',
      'b',
      '[]',
      '[3, 1, 2]',
    ),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('+', '-', '*', '%', '<', '===', '&&', '||', '??', ',', '|', '>>>'),
        tie('expression'),
      )
      .map(([x, operator, y]) => `((${x}) ${operator} (${y}))`),
    fc
      .tuple(fc.constantFrom('typeof', '!', '-', '~', 'void'), tie('expression'))
      .map(([operator, x]) => `(${operator} (${x}))`),
    fc
      .tuple(tie('expression'), fc.constantFrom('map', 'filter', 'flatMap', 'some', 'every', 'find'))
      .map(([x, name]) => `[${x}, a, 2].${name}((x, i) => (${x === 'a' ? 'x' : 'i'}))`),
    fc.tuple(tie('expression'), tie('expression')).map(([x, y]) => `({ x: ${x}, ["k" + (${y})]: ${y}, ...{ z: 1 } })`),
    tie('expression').map((x) => `\`<\${String(${x})}>\``),
    tie('expression').map((x) => `JSON.stringify([${x}].map(String))`),
    tie('expression').map((x) => `String(${x}).split("").reverse().join("-").toUpperCase()`),
    tie('expression').map((x) => `String(${x}).replace(/[aeiou\\d]+/g, (m) => m.length)`),
    tie('expression').map((x) => `(await tools.echo({ v: String(${x}) })).v`),
    tie('expression').map((x) => `[...new Set([${x}, a, b, ${x}])].length`),
    tie('expression').map((x) => `Object.entries({ p: ${x} }).flat().length`),
    tie('expression').map((x) => `await (async () => ${x === 'null' ? '0' : `(${x})`})()`),
  ),
  statement: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    tie('expression').map((x) => `a = ${x}`),
    tie('expression').map((x) => `b = [b, ${x}].length`),
    tie('expression').map((x) => `console.log(String(${x}))`),
    fc
      .tuple(tie('expression'), tie('block'), tie('block'))
      .map(([x, then, otherwise]) => `if (${x}) ${then} else ${otherwise}`),
    fc.tuple(fc.nat(4), tie('block')).map(([times, body]) => `for (let i = 0; i < ${times}; i++) ${body}`),
    fc.tuple(tie('expression'), tie('block')).map(([x, body]) => `for (const each of [${x}, 1]) ${body}`),
    fc
      .tuple(tie('block'), tie('block'))
      .map(([body, handler]) => `try ${body} catch (error) { console.log(error.name); ${handler} }`),
    tie('expression').map((x) => `if (String(${x}).length > 3) throw new RangeError("range")`),
    tie('expression').map((x) => `class C { #v = ${x}; get v() { return String(this.#v) } } b = new C().v.length`),
    fc
      .tuple(tie('expression'), tie('expression'))
      .map(([x, y]) => `{ const [p, { q = 1 } = {}] = [${x}, ${y} ?? undefined]; a = [typeof p, typeof q].join() }`),
    fc.constantFrom(
      'await new Promise((r) => setTimeout(r, 1))',
      'await Promise.all([tools.echo(1), tools.echo(2)])',
      'a = null; a.x',
    ),
  ),
  block: fc.array(tie('statement'), { maxLength: 3 }).map((statements) => `{ ${statements.join('; ')} }`),
  program: fc
    .array(tie('statement'), { minLength: 1, maxLength: 6 })
    .map((statements) => `let a = 1, b = "b"\n${statements.join('\n')}\nreturn [String(a), String(b)]`),
}))

const comparable = (result: ExecuteResult): object => ({
  ...(result.ok
    ? { value: result.value }
    : { code: result.error.code, name: result.error.name, line: result.error.line }),
  logs: result.logs.map(({ text }) => text),
  calls: result.calls.map(({ tool, outcome }) => [tool, outcome]),
})

describe('fuzzing', () => {
  const contexts: SandboxTestContext[] = []
  beforeAll(async () => {
    for (const adapter of ADAPTERS) contexts.push(await SandboxTestContext.create(adapter))
  })
  afterAll(() => Promise.all(contexts.map((context) => context[Symbol.asyncDispose]())))

  for (const [index, { name }] of ADAPTERS.entries()) {
    it(
      `a compromised guest cannot harm the host, whatever it sends: ${name}`,
      async () => {
        const { attack, run } = contexts[index] as SandboxTestContext
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.array(message, { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
            async (turns) => {
              const code = `for (const text of ${JSON.stringify(turns)}[turn] ?? []) post(text)`
              const tools = { echo: (input: unknown) => input }
              expectWellFormed(await attack(code, { tools, limits: { wallTimeMs: 2_000, toolCalls: 20 } }))
            },
          ),
          settings,
        )
        expect(await run('return "next"')).toMatchObject({ ok: true, value: 'next' })
      },
      MAX_WAIT_MS,
    )
  }

  it(
    'the same program gives the same result on every backend',
    async () => {
      let ended = 0
      await fc.assert(
        fc.asyncProperty(program, async (code) => {
          const tools = { echo: (input: unknown) => input }
          const results = await Promise.all(contexts.map(({ run }) => run(code, { tools })))
          const [first, ...others] = results.map(comparable)
          for (const other of others) expect(other, code).toEqual(first)
          if (results[0]?.ok) ended++
        }),
        settings,
      )
      // Programs that only fail would compare nothing.
      expect(ended).toBeGreaterThan(RUNS / 4)
    },
    MAX_WAIT_MS,
  )
})
