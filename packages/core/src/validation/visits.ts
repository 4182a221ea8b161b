import { LIST_KEYWORDS } from '../schema/subschemas.ts'
import { isRecord, type Json } from '../values/json.ts'
import { timesApplied, type Weights } from './schema-cost.ts'

/** Maximum number of steps. The count itself would otherwise take too long. */
const MAX_STEPS = 20_000

const IN_PLACE = ['not', 'if', 'then', 'else'] as const
const EVERY_MEMBER = ['additionalProperties', 'unevaluatedProperties'] as const
const EVERY_ITEM = ['items', 'contains', 'additionalItems', 'unevaluatedItems'] as const

/**
 * Counts the work of a validator for one value, since only the value shows how often alternatives multiply the work.
 * Each pair of a schema and a part of the value is counted once, so that the count stays small where the work does not.
 */
export class Visits {
  readonly #weights: Weights
  readonly #characters: number
  /** Work for each pair. Undefined while it is being counted: a schema that applies itself to its value never ends. */
  readonly #known = new Map<Json, Map<unknown, number | undefined>>()
  #steps = 0

  constructor(weights: Weights, characters: number) {
    this.#weights = weights
    this.#characters = characters
  }

  /** @returns the work for a schema and a value; infinity if it does not end, or if the count would take too long */
  count(schema: unknown, value: unknown): number {
    if (!isRecord(schema)) return 1
    if (++this.#steps > MAX_STEPS) return Number.POSITIVE_INFINITY
    let counts = this.#known.get(schema)
    if (counts === undefined) {
      counts = new Map()
      this.#known.set(schema, counts)
    }
    if (counts.has(value)) return counts.get(value) ?? Number.POSITIVE_INFINITY
    counts.set(value, undefined)
    const { perNode, perTextUnit, perContained } = this.#weights.own(schema)
    const text = typeof value === 'string' ? perTextUnit * value.length : 0
    const contained = typeof value === 'object' && value !== null ? perContained * this.#characters : 0
    const total = perNode + text + contained + this.#inPlace(schema, value) + this.#inside(schema, value)
    counts.set(value, total)
    return total
  }

  #inPlace(schema: Json, value: unknown): number {
    let total = 0
    for (const target of this.#weights.targets(schema)) total += this.count(target, value)
    for (const keyword of LIST_KEYWORDS) {
      const list = schema[keyword]
      if (keyword === 'items' || keyword === 'prefixItems' || !Array.isArray(list)) continue
      for (const each of list) total += this.count(each, value)
    }
    for (const keyword of IN_PLACE) if (isRecord(schema[keyword])) total += this.count(schema[keyword], value)
    for (const dependent of [schema.dependentSchemas, schema.dependencies]) {
      if (isRecord(dependent)) for (const each of Object.values(dependent)) total += this.count(each, value)
    }
    return total
  }

  #inside(schema: Json, value: unknown): number {
    if (Array.isArray(value)) return this.#items(schema, value)
    return isRecord(value) ? this.#members(schema, value) : 0
  }

  #items(schema: Json, value: readonly unknown[]): number {
    let total = 0
    for (const list of [schema.prefixItems, schema.items]) {
      if (Array.isArray(list)) for (const [index, each] of list.entries()) total += this.count(each, value[index])
    }
    for (const keyword of EVERY_ITEM) {
      const each = schema[keyword]
      if (isRecord(each)) for (const item of value) total += timesApplied(schema, each) * this.count(each, item)
    }
    return total
  }

  #members(schema: Json, value: Json): number {
    let total = 0
    const { properties, patternProperties } = schema
    if (isRecord(properties)) {
      for (const [key, each] of Object.entries(properties))
        if (Object.hasOwn(value, key)) total += this.count(each, value[key])
    }
    const every = EVERY_MEMBER.map((keyword) => schema[keyword])
    if (isRecord(patternProperties)) every.push(...Object.values(patternProperties))
    for (const each of every) {
      if (isRecord(each)) for (const key of Object.keys(value)) total += this.count(each, value[key])
    }
    const { perTextUnit } = this.#weights.own(schema)
    if (isRecord(patternProperties)) for (const key of Object.keys(value)) total += perTextUnit * key.length
    if (isRecord(schema.propertyNames))
      for (const key of Object.keys(value)) total += this.count(schema.propertyNames, key)
    return total
  }
}
