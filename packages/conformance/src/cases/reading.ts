import assert from 'node:assert/strict'
import { returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'
import { countBeats } from '../event-loop-monitor.ts'

const many = (text: string, count: number): string => text.repeat(count)

/** Texts that crash parsers or are very slow to parse. */
const TEXTS: readonly (readonly [id: string, text: string])[] = [
  ['brackets-and-types', `let x: number;${many('[', 2_500)}${many(']', 2_500)}`],
  ['brackets', many('[', 100_000)],
  ['unary', `${many('!', 100_000)}1`],
  ['bitwise-not', many('~', 60_000)],
  ['blocks', many('{', 100_000)],
  ['arrows', `${many('a=>', 50_000)}1`],
  ['templates', many('`${', 30_000)],
  ['type-assertions', `let q: number;${many('<T>(', 26)}x${many(')', 26)}`],
  ['spaces', `{}${many(' ', 120_000)}x`],
  ['spaces-before-a-brace', `{a:1}${many(' ', 60_000)}}`],
  ['tildes', `1 1 1\n${many('~', 60_000)}`],
  ['fences', `1 1 1\n${many('~~~a\n', 12_000)}`],
  ['imports', `const f = (n) => n ? f(n - 1) : null.x\n${many('import(1).catch(() => {});', 9_000)}f(100)`],
  ['type-arguments', `let q: number;${many('a<', 200)}x${many('>', 199)}(`],
  ['arrow-parameters', `let q: number;${many('(a=', 60)}x${many(')=>1', 60)} x`],
  ['async-arrows', `let q: number;${many('async(', 2_000)}`],
  ['object-patterns', `let q: number;${many('({a:', 2_000)}`],
  ['conditional-types', `type T = ${many('A extends B ? ', 20_000)}`],
  ['optional-chains', `${many('a?.[', 30_000)}`],
  ['nested-classes', `${many('class A extends class { x = ', 5_000)}`],
  ['template-literal-types', `type T = ${many('`${', 20_000)}`],
  ['regular-expression', `return /[${many('\\p{L}', 30_000)}]/u`],
]

export const reading: readonly ConformanceCase[] = TEXTS.map(([id, text]) => ({
  id: `reading.${id}`,
  protects: 'a hostile text is rejected or run without blocking the host, and the next program with types is parsed',
  needs: { stopsReading: true, stopsNativeLoops: true },
  run: async ({ run }) => {
    const beats = countBeats(true)
    const result = await run(text, { limits: { cpuTimeMs: 1_500, wallTimeMs: 2_000 } })
    beats()
    assert.ok(
      !result.ok &&
        /^(?:CODE_|LIMIT_CPU|LIMIT_MEMORY|LIMIT_WALL|LIMIT_CODE|VALUE_NOT_SERIALIZABLE)/.test(result.error.code),
      JSON.stringify(result).slice(0, 200),
    )
    returned(await run('const next: string = "next"; return next'), 'next')
  },
}))
