import type { JsonSchema } from '../catalog/tool.ts'
import type { ValueSize } from '../protocol/value-size.ts'
import { Budget, BudgetSpentError, MAX_SCHEMA_WORK } from '../schema/bounds.ts'
import { isRecord, type Json } from '../schema/json.ts'
import { References } from '../schema/references.ts'
import { subschemas } from '../schema/subschemas.ts'
import { compilePattern, planPattern } from './pattern.ts'
import { Visits } from './visits.ts'

/** The work that one schema causes, at most. */
interface Weight {
  /** For each node of a value. */
  readonly perNode: number
  /** For each UTF-16 unit of a text. */
  readonly perTextUnit: number
  /** For each character in an object or a list, at any depth. */
  readonly perContained: number
}

/**
 * What it costs to compile a schema and to check values by it, estimated before either is done: a compiled validator cannot
 * be interrupted. One unit takes 10 to 50 ns.
 */
export interface SchemaCost {
  readonly compile: number
  /** An upper bound for one value. Infinite where the estimate itself would take too long. */
  check(value: unknown, size: Pick<ValueSize, 'nodes' | 'characters'>): number
}

/** A check of ours takes as long as some 20 comparisons of compiled code. */
const ASSERTION = 20
/** Tracking which properties were evaluated. */
const UNEVALUATED = 50
/** Where the rough estimate stays below, a closer one is not worth its time. */
const ROUGHLY_CHEAP = 200_000
/** Larger values are not counted more closely: that would take as long as it may save. */
const MAX_COUNTED_NODES = 20_000
/** Schemas that are larger are not analysed: their cost counts as infinite. */
const MAX_SCHEMAS = 20_000

export async function estimateCost(root: JsonSchema): Promise<SchemaCost> {
  if (!isRecord(root)) return { compile: 1, check: () => 1 }
  const shape = readShape(root)
  if (shape === undefined) return UNKNOWN
  const weights = new Weights(root)
  const weight = await weights.weigh(root).catch((error: unknown) => {
    if (error instanceof BudgetSpentError) return undefined
    throw error
  })
  if (weight === undefined) return UNKNOWN
  const { perNode, perTextUnit, perContained } = weight
  const check: SchemaCost['check'] = (value, { nodes, characters }) => {
    // As if each schema applied to each part of the value.
    const rough = perNode * nodes + (perTextUnit + perContained) * characters
    if (rough <= ROUGHLY_CHEAP || nodes > MAX_COUNTED_NODES) return rough
    return new Visits(weights, characters).count(root, value)
  }
  return { compile: shape.text + (shape.references + shape.ids) * shape.schemas, check }
}

/** Of a schema that is too large to be analysed. */
const UNKNOWN: SchemaCost = { compile: Number.POSITIVE_INFINITY, check: () => Number.POSITIVE_INFINITY }

/** Counts what the library's compiler repeats: text at each level of nesting, all schemas for each reference and each id. */
function readShape(root: Json): { text: number; references: number; ids: number; schemas: number } | undefined {
  let text = 0
  let references = 0
  let ids = 0
  let schemas = 0
  const pending: [schema: Json, depth: number, copies: number][] = [[root, 1, 1]]
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    const [schema, depth, copies] = entry
    // Objects that a schema shares are compiled, and counted, at each place.
    schemas += copies
    if (schemas > MAX_SCHEMAS) return undefined
    text += copies * depth * (10 + (Array.isArray(schema.required) ? schema.required.length : 0))
    if (typeof schema.$ref === 'string' || typeof schema.$dynamicRef === 'string') references++
    if (typeof schema.$id === 'string' || typeof schema.$dynamicAnchor === 'string') ids++
    for (const inner of subschemas(schema, true)) pending.push([inner, depth + 1, copies * timesApplied(schema, inner)])
  }
  return { text, references, ids, schemas }
}

/** The weights of the schemas of one document, each computed once. */
export class Weights {
  readonly #references: References
  readonly #targets = new Map<Json, readonly Json[]>()
  /** Those of a schema alone. */
  readonly #own = new Map<Json, Weight>()
  /** With all that it applies. Undefined while a schema is being weighed. */
  readonly #whole = new Map<Json, Weight | undefined>()

  constructor(root: JsonSchema) {
    this.#references = new References(root, new Budget(MAX_SCHEMA_WORK))
  }

  /** @returns infinite for a schema that refers to itself: its cost depends on the form of the value */
  async weigh(schema: Json): Promise<Weight> {
    if (this.#whole.has(schema)) return this.#whole.get(schema) ?? INFINITE
    this.#whole.set(schema, undefined)
    const own = await ownWeight(schema)
    this.#own.set(schema, own)
    let whole = own
    for (const inner of [...subschemas(schema, false), ...this.targets(schema)])
      whole = add(whole, await this.weigh(inner), timesApplied(schema, inner))
    this.#whole.set(schema, whole)
    return whole
  }

  /** @returns what {@link weigh} has found of the schema alone */
  own(schema: Json): Weight {
    return this.#own.get(schema) ?? INFINITE
  }

  /** The schemas that a schema refers to, each reference resolved once. */
  targets(schema: Json): readonly Json[] {
    let targets = this.#targets.get(schema)
    if (targets === undefined) {
      targets = REFERENCES.flatMap((keyword) => {
        const reference = schema[keyword]
        if (typeof reference !== 'string') return []
        const target = this.#references.resolve(reference, schema, true)?.schema
        return isRecord(target) ? [target] : []
      })
      this.#targets.set(schema, targets)
    }
    return targets
  }
}

const REFERENCES = ['$ref', '$dynamicRef', '$recursiveRef'] as const

const INFINITE: Weight = {
  perNode: Number.POSITIVE_INFINITY,
  perTextUnit: Number.POSITIVE_INFINITY,
  perContained: Number.POSITIVE_INFINITY,
}

/** @param times factor of the right weight */
const add = (left: Weight, right: Weight, times: number): Weight => ({
  perNode: left.perNode + times * right.perNode,
  perTextUnit: left.perTextUnit + times * right.perTextUnit,
  perContained: left.perContained + times * right.perContained,
})

/** Returns how often the compiled code applies an inner schema to a value: `contains` is repeated for each of its bounds. */
export function timesApplied(schema: Json, inner: unknown): number {
  if (inner !== schema.contains) return 1
  return 1 + Number('minContains' in schema) + Number('maxContains' in schema)
}

async function ownWeight(schema: Json): Promise<Weight> {
  let perNode = 2
  let perTextUnit = 0
  let perContained = 0
  for (const list of [schema.required, schema.additionalProperties === undefined ? undefined : schema.properties]) {
    if (typeof list === 'object' && list !== null) perNode += Object.keys(list).length
  }
  if ('unevaluatedProperties' in schema || 'unevaluatedItems' in schema) perNode += UNEVALUATED
  const allowed = [...(Array.isArray(schema.enum) ? schema.enum : []), schema.const]
  if (schema.uniqueItems === true || allowed.some((value) => typeof value === 'object' && value !== null)) {
    perNode += ASSERTION
    perContained += ASSERTION
  }
  if ('minLength' in schema || 'maxLength' in schema) perTextUnit += 1
  const patterns = [
    schema.pattern,
    ...(isRecord(schema.patternProperties) ? Object.keys(schema.patternProperties) : []),
  ]
  for (const source of patterns) {
    if (typeof source !== 'string') continue
    perNode += ASSERTION
    perTextUnit += (await compilePattern(planPattern(source)))?.costPerUnit ?? 0
  }
  return { perNode, perTextUnit, perContained }
}
