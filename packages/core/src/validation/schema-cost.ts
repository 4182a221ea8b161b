import { Budget, BudgetSpentError, MAX_SCHEMA_WORK } from '../schema/bounds.ts'
import { References } from '../schema/references.ts'
import { subschemas } from '../schema/subschemas.ts'
import { isRecord, type Json } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import type { ValueSize } from '../values/value-size.ts'
import { compilePattern, planPattern } from './pattern.ts'
import { Visits } from './visits.ts'

/** Maximum work that one schema causes. */
interface Weight {
  /** Work for each node of a value. */
  readonly perNode: number
  /** Work for each UTF-16 code unit of a string. */
  readonly perTextUnit: number
  /** Work for each character in an object or an array, at any depth. */
  readonly perContained: number
}

/**
 * Estimated cost of compiling a schema and of checking values with it. It is estimated in advance, because a compiled
 * validator cannot be interrupted. One unit takes 10 to 50 ns.
 */
export interface SchemaCost {
  readonly compile: number
  /** Returns an upper bound for one value. Infinity if the estimate itself would take too long. */
  check(value: unknown, size: Pick<ValueSize, 'nodes' | 'characters'>): number
}

/** Cost of one of our checks, which takes as long as about 20 comparisons in compiled code. */
const ASSERTION = 20
/** Cost of tracking which properties were evaluated. */
const UNEVALUATED = 50
/** Maximum rough estimate that is used without a more precise one, which would take longer than it could save. */
const ROUGHLY_CHEAP = 200_000
/** Maximum number of nodes for a precise estimate. For larger values, it would take as long as it could save. */
const MAX_COUNTED_NODES = 20_000
/** Maximum number of schemas that are analysed. The cost of a larger document counts as infinite. */
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
    // Assumes that each schema applies to each part of the value.
    const rough = perNode * nodes + (perTextUnit + perContained) * characters
    if (rough <= ROUGHLY_CHEAP || nodes > MAX_COUNTED_NODES) return rough
    return new Visits(weights, characters).count(root, value)
  }
  return { compile: shape.text + (shape.references + shape.ids) * shape.schemas, check }
}

/** Cost of a schema that is too large to be analysed. */
const UNKNOWN: SchemaCost = { compile: Number.POSITIVE_INFINITY, check: () => Number.POSITIVE_INFINITY }

/** Counts what the library's compiler repeats: text at each nesting level, all schemas for each reference and id. */
function readShape(root: Json): { text: number; references: number; ids: number; schemas: number } | undefined {
  let text = 0
  let references = 0
  let ids = 0
  let schemas = 0
  const pending: [schema: Json, depth: number, copies: number][] = [[root, 1, 1]]
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    const [schema, depth, copies] = entry
    // Objects that occur several times in a schema are compiled, and counted, each time.
    schemas += copies
    if (schemas > MAX_SCHEMAS) return undefined
    text += copies * depth * (10 + (Array.isArray(schema.required) ? schema.required.length : 0))
    if (typeof schema.$ref === 'string' || typeof schema.$dynamicRef === 'string') references++
    if (typeof schema.$id === 'string' || typeof schema.$dynamicAnchor === 'string') ids++
    for (const inner of subschemas(schema, true)) pending.push([inner, depth + 1, copies * timesApplied(schema, inner)])
  }
  return { text, references, ids, schemas }
}

/** Computes the weights of the schemas of one document, each only once. */
export class Weights {
  readonly #references: References
  readonly #targets = new Map<Json, readonly Json[]>()
  /** Weights of each schema alone. */
  readonly #own = new Map<Json, Weight>()
  /** Weights of each schema with all schemas that it applies. Undefined while a schema is being weighed. */
  readonly #whole = new Map<Json, Weight | undefined>()

  constructor(root: JsonSchema) {
    this.#references = new References(root, new Budget(MAX_SCHEMA_WORK))
  }

  /**
   * Computes the weight of a schema with all schemas that it applies. It is infinite for a schema that refers to
   * itself, because the cost then depends on the form of the value.
   */
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

  /** Returns the weight of the schema alone, as {@link weigh} computed it. */
  own(schema: Json): Weight {
    return this.#own.get(schema) ?? INFINITE
  }

  /** Returns the schemas that a schema refers to. Each reference is resolved once. */
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

/** @param times factor for the right weight */
const add = (left: Weight, right: Weight, times: number): Weight => ({
  perNode: left.perNode + times * right.perNode,
  perTextUnit: left.perTextUnit + times * right.perTextUnit,
  perContained: left.perContained + times * right.perContained,
})

/** Returns how often compiled code applies an inner schema to a value. `contains` is repeated for each bound. */
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
