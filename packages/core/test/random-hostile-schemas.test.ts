import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { JsonSchema, Tool } from '../src/catalog/tool.ts'
import { MAX_CATALOG_TEXT } from '../src/schema/bounds.ts'
import { declarationsFromTools, typeFromSchema } from '../src/schema/declarations.ts'
import { hostileSchema } from './hostile-schema-arbitrary.ts'

/** `SCHEMA_RUNS=5000` converts more of them. A run is repeated by its seed. */
const RUNS = Number(process.env.SCHEMA_RUNS ?? 40)
const SEED = Number(process.env.SCHEMA_SEED ?? Date.now() % 2 ** 31)
const TIMEOUT_MS = 24 * 60 * 60 * 1_000

console.log(`hostile schemas: SCHEMA_SEED=${SEED} SCHEMA_RUNS=${RUNS}`)

/** Processor time of one schema. An order of magnitude more than the slowest takes. */
const BUDGET_MS = 20_000
/** Types are counted before they are indented, and comments after. */
const LONGEST = 3 * MAX_CATALOG_TEXT
/** Of one schema: as many as are kept, and what is said about the whole. */
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
  'a hostile schema becomes a bounded text in bounded time, and harms no other tool',
  () => {
    fc.assert(fc.property(hostileSchema, check), { numRuns: RUNS, seed: SEED, endOnFailure: true })
  },
  TIMEOUT_MS,
)
