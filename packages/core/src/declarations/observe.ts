import type { Tool } from '../catalog/tool.ts'
import { Budget } from '../schema/bounds.ts'
import { isRecord } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'

/** Maximum depth of samples. Deeper values become `unknown`, so that types cannot grow without limit. */
const MAX_DEPTH = 8
/** Maximum number of properties of an object. An object with more is treated as a map. */
const MAX_PROPERTIES = 60
/** Maximum number of elements sampled per array. */
const MAX_ELEMENTS = 50
/**
 * Maximum number of values examined per result. A result with shared parts may expand to far more than its size in
 * memory.
 */
const MAX_VALUES = 100_000
/** Maximum number of properties recorded for one tool, over all its results. */
const MAX_PLACES = 5_000
/** Maximum length of a property name, in characters. An object with a longer name is treated as a map. */
const MAX_KEY_LENGTH = 200
/** Minimum number of observed objects. After that, a property that was present in all of them is required. */
const ENOUGH_OBJECTS = 2

/** Infers the output types of tools without an output schema from their results. */
export interface Observer {
  /** Returns the tools with their results recorded. Tools with an output schema are returned unchanged. */
  watch(tools: readonly Tool[]): Tool[]
  /** Records one result of a tool. */
  record(tool: string, output: unknown): void
  /**
   * Returns the tools with the inferred output schema, marked as observed. Tools with their own output schema, or
   * without a recorded result, are returned unchanged.
   */
  describe(tools: readonly Tool[]): Tool[]
}

/**
 * Creates an observer. Tools of MCP servers often declare no output schema, so that a program must guess. Observed
 * types are not guaranteed: they are wider than the samples and contain no literals.
 */
export function observe(): Observer {
  const seen = new Map<string, Observed>()
  const record: Observer['record'] = (tool, output) => {
    const known = seen.get(tool)
    if (known === undefined) seen.set(tool, new Observed(output))
    else known.add(output)
  }
  return {
    record,
    watch: (tools) =>
      tools.map((tool) =>
        tool.outputSchema === undefined
          ? {
              ...tool,
              execute: async (input: unknown, context: Parameters<Tool['execute']>[1]) => {
                const output = await tool.execute(input, context)
                record(tool.name, output)
                return output
              },
            }
          : tool,
      ),
    describe: (tools) =>
      tools.map((tool) => {
        const observed = seen.get(tool.name)
        return observed === undefined || tool.outputSchema !== undefined
          ? tool
          : { ...tool, outputSchema: observed.schema }
      }),
  }
}

/** The results of one tool. */
class Observed {
  readonly #value = new Seen()
  /** Remaining number of properties that may be recorded. */
  readonly #places = new Budget(MAX_PLACES)
  #count = 0

  constructor(output: unknown) {
    this.add(output)
  }

  get schema(): JsonSchema {
    const times = this.#count === 1 ? '1 result' : `${this.#count} results`
    return { ...(this.#value.schema() as object), description: `observed in ${times}, not declared` }
  }

  add(output: unknown): void {
    this.#count++
    this.#value.add(output, 0, { values: new Budget(MAX_VALUES), places: this.#places })
  }
}

/** Budgets for examining one result. */
interface Effort {
  readonly values: Budget
  readonly places: Budget
}

/** Values seen at one position of the samples. */
class Seen {
  readonly #kinds = new Set<string>()
  /** Whether a value has no JSON type, or is too deep to examine. */
  #isUnclear = false
  /** Whether the property names are data, so that the object is a map. */
  #isMap = false
  #objects = 0
  readonly #properties = new Map<string, { readonly seen: Seen; count: number }>()
  #elements: Seen | undefined

  add(value: unknown, depth: number, effort: Effort): void {
    if (value === undefined || this.#isUnclear || !effort.values.tryTake(1)) return
    const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
    if (depth > MAX_DEPTH || !(KINDS.has(kind) && (kind !== 'object' || isPlain(value as object)))) {
      this.#isUnclear = true
      return
    }
    this.#kinds.add(kind)
    if (Array.isArray(value)) {
      this.#elements ??= new Seen()
      for (const element of value.slice(0, MAX_ELEMENTS)) this.#elements.add(element, depth + 1, effort)
    } else if (isRecord(value)) {
      this.#objects++
      for (const key of Object.keys(value)) {
        if (this.#isMap) return
        this.#property(key, value[key], depth, effort)
      }
    }
  }

  schema(): JsonSchema {
    if (this.#isUnclear || this.#kinds.size === 0) return {}
    const type = [...this.#kinds]
    return {
      type: type.length === 1 ? type[0] : type,
      ...(this.#elements === undefined ? {} : { items: this.#elements.schema() }),
      ...(this.#objects === 0 ? {} : this.#objectKeywords()),
    }
  }

  #property(key: string, value: unknown, depth: number, effort: Effort): void {
    const known = this.#properties.get(key)
    if (known !== undefined) {
      known.seen.add(value, depth + 1, effort)
      if (value !== undefined) known.count++
    } else if (value !== undefined) {
      this.#isMap = this.#properties.size >= MAX_PROPERTIES || key.length > MAX_KEY_LENGTH || !effort.places.tryTake(1)
      if (this.#isMap) return this.#properties.clear()
      const seen = new Seen()
      seen.add(value, depth + 1, effort)
      this.#properties.set(key, { seen, count: 1 })
    }
  }

  #objectKeywords(): object {
    // So many property names are data, not a shape.
    if (this.#isMap) return { additionalProperties: true }
    const properties = [...this.#properties].map(([key, { seen }]) => [key, seen.schema()])
    const isSure = this.#objects >= ENOUGH_OBJECTS
    const required = [...this.#properties].filter(([, { count }]) => isSure && count === this.#objects)
    return { properties: Object.fromEntries(properties), required: required.map(([key]) => key) }
  }
}

const KINDS = new Set(['string', 'number', 'boolean', 'null', 'array', 'object'])

/** Returns whether an object can be described by JSON Schema, unlike dates, maps and bytes. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Array.isArray(value)
}
