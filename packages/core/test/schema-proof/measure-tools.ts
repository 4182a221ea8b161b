import { readdirSync, readFileSync } from 'node:fs'
import { random } from '../random.ts'
import { close } from './close.ts'
import { convert } from './convert.ts'
import { fakeValue, type Generation, plainValue } from './generate-value.ts'
import { type Measured, measure, type Sample, type Subject } from './measure.ts'
import { mutate } from './mutate.ts'
import { isObject, type Schema } from './subschemas.ts'
import { type Compile, type Draft, metaSchemas, validators } from './validators.ts'
import { weaken } from './weaken.ts'

interface Server {
  readonly package: string
  readonly tools: readonly { name: string; inputSchema?: Schema; outputSchema?: Schema }[]
}

const FOLDER = new URL('../data/mcp/', import.meta.url)

/** Variants of valid values per schema: with all optional properties, with none, and mixed. */
const VALID: readonly Generation[] = [
  { seed: 1, optionals: 1 },
  { seed: 2, optionals: 0 },
  { seed: 3, optionals: 0.5 },
  { seed: 4, optionals: 0.8 },
]
/** Number of tools above which fewer values per schema are generated, because large servers repeat their schemas. */
const MANY_TOOLS = 100
const MUTATIONS = 40
const INVALID = 10

/** Measures the input and output schemas of real servers on generated values. */
export function measureTools(): Measured[] {
  const judges = { draft7: judge('draft7'), 'draft2020-12': judge('draft2020-12') }
  const subjects: Subject[] = []
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json'))) {
    const server = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Server
    const share = server.tools.length > MANY_TOOLS ? 0.5 : 1
    for (const { name, inputSchema, outputSchema } of server.tools) {
      for (const [position, schema] of [
        ['input', inputSchema],
        ['output', outputSchema],
      ] as const) {
        if (schema === undefined) continue
        const samples = samplesOf(schema, position, judges[draftOf(schema)], share)
        subjects.push({
          path: [server.package, name, position],
          schema,
          conversion: convert(schema, { position }),
          samples,
        })
      }
    }
  }
  return measure(subjects)
}

/** Returns the draft of a schema. The default of MCP is 2020-12. */
function draftOf(schema: Schema): 'draft7' | 'draft2020-12' {
  return isObject(schema) && String(schema.$schema).includes('draft-07') ? 'draft7' : 'draft2020-12'
}

interface Judge {
  readonly exact: Compile
  readonly weak: Compile
}

const judge = (draft: Draft): Judge => ({
  exact: validators(draft, metaSchemas(draft)),
  weak: validators(draft, metaSchemas(draft)),
})

function samplesOf(schema: Schema, position: 'input' | 'output', { exact, weak }: Judge, share: number): Sample[] {
  const closed = close(schema)
  const isValid = exact(schema)
  const isValidClosed = exact(closed)
  const isWeaklyValid = weak(weaken(schema, { hasOptionalDefaults: position === 'input', hasFreeLengths: true }))
  const rolls = random(JSON.stringify(schema).length)
  const valid = new Map<string, unknown>()
  for (const generation of VALID.slice(0, Math.ceil(VALID.length * share))) {
    const values = [fakeValue(closed, generation), plainValue(closed, generation.optionals, rolls)]
    const value = values.find(
      (each) => each !== undefined && isValid?.(each) === true && isValidClosed?.(each) === true,
    )
    if (value !== undefined) valid.set(JSON.stringify(value), value)
  }
  const invalid = new Map<string, unknown>()
  const seeds = [...valid.values()]
  for (let tried = 0; tried < MUTATIONS * share && invalid.size < INVALID * share && seeds.length > 0; tried++) {
    const value = mutate(seeds[tried % seeds.length], rolls)
    if (isValid?.(value) === false && isWeaklyValid?.(value) === false) invalid.set(JSON.stringify(value), value)
  }
  return [
    ...seeds.map((instance) => ({ description: 'generated', instance, valid: true })),
    ...[...invalid.values()].map((instance) => ({ description: 'mutated', instance, valid: false })),
  ]
}
