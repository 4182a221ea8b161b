import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Tool } from '../src/catalog/tool.ts'
import { declarationsFromTools, typeFromSchema } from '../src/declarations/declarations.ts'
import { MAX_CATALOG_TEXT } from '../src/schema/bounds.ts'
import type { JsonSchema } from '../src/values/json-schema.ts'
import { hostileSchema } from './hostile-schema-arbitrary.ts'

/** `SCHEMA_RUNS=5000` converts more schemas. `SCHEMA_SEED` repeats a run. */
const RUNS = Number(process.env.SCHEMA_RUNS ?? 40)
const SEED = Number(process.env.SCHEMA_SEED ?? Date.now() % 2 ** 31)
const TIMEOUT_MS = 24 * 60 * 60 * 1_000

console.log(`hostile schemas: SCHEMA_SEED=${SEED} SCHEMA_RUNS=${RUNS}`)

/** Maximum CPU time of one schema in ms. The slowest takes a tenth of it. */
const BUDGET_MS = 20_000
/** Maximum length of the declarations. Types are measured before indentation, comments after it. */
const LONGEST = 3 * MAX_CATALOG_TEXT
/** Maximum number of warnings of one schema: the individual ones, and one about the whole. */
const MOST_WARNINGS = 101

const honest = (name: string): Tool => ({
  name,
  description: 'Finds things.',
  inputSchema: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
  outputSchema: { type: 'array', items: { type: 'string' } },
  execute: () => [],
})

function check(schema: JsonSchema): void {
  const started = process.cpuUsage()
  const one = typeFromSchema(schema, { name: 'T', position: 'value' })
  expect(one.declarations.length + one.type.length).toBeLessThan(LONGEST)
  expect(one.warnings.length).toBeLessThanOrEqual(MOST_WARNINGS)
  const hostile: Tool = { name: 'hostile', inputSchema: schema, outputSchema: schema, execute: () => 1 }
  const tools = [honest('before'), hostile, { ...hostile, name: 'hostile_too' }, honest('after')]
  const { text, warnings } = declarationsFromTools(tools, { namespace: 'n' })
  expect(text.length).toBeLessThan(LONGEST)
  for (const name of ['before', 'after'])
    expect(text).toContain(`  /** Finds things. */\n  function ${name}(input: { q: string }): Promise<string[]>\n`)
  expect(warnings.every(({ tool }) => tool.startsWith('n.hostile'))).toBe(true)
  const { user, system } = process.cpuUsage(started)
  expect((user + system) / 1_000).toBeLessThan(BUDGET_MS)
}

it(
  'a hostile schema is converted to bounded text in bounded time and does not affect other tools',
  () => {
    fc.assert(fc.property(hostileSchema, check), { numRuns: RUNS, seed: SEED, endOnFailure: true })
  },
  TIMEOUT_MS,
)
