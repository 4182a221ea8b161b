import type { JsonSchema, Tool } from '../catalog/tool.ts'
import { Budget } from './bounds.ts'
import { isRecord } from './json.ts'

/** What is deeper or more is let be anything: a sample is no reason to grow without bound. */
const MAX_DEPTH = 8
const MAX_PROPERTIES = 60
/** Of a list, as many elements as tell what the others are like. */
const MAX_ELEMENTS = 50
/** Values of one result that are looked at. A result that shares parts may be far larger than its memory. */
const MAX_VALUES = 100_000
/** Places that are kept for one tool, over all of its results. */
const MAX_PLACES = 5_000
/** In characters. An object with a longer name is taken for a map. */
const MAX_KEY_LENGTH = 200
/** A property is taken to be always there once it was in so many objects, and missing from none. */
const ENOUGH_OBJECTS = 2

/** Learns the output types of tools that declare none, from the results they give. */
export interface Observer {
  /** The same tools, whose results are looked at as they pass; those with an output schema are left alone. */
  watch(tools: readonly Tool[]): Tool[]
  /** Looks at one result of a tool. */
  record(tool: string, output: unknown): void
  /** The tools with what was learnt as their output schema, marked as observed; tools without a result as they are. */
  describe(tools: readonly Tool[]): Tool[]
}

/**
 * A tool of an MCP server often declares no output, so a program must guess what it gets. What has been seen is a better
 * guess, though it is no promise: types come out wider than the samples, never as their literals.
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
  /** How many more places may be kept. */
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

/** What looking at a result may take. */
interface Effort {
  readonly values: Budget
  readonly places: Budget
}

/** What stood in one place of the samples. */
class Seen {
  readonly #kinds = new Set<string>()
  /** Something that has no JSON type, or is too deep to look at. */
  #isUnclear = false
  /** An object of so many names that only its values are alike. */
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
    // So many names are data, not a shape: of such a map only the values are alike.
    if (this.#isMap) return { additionalProperties: true }
    const properties = [...this.#properties].map(([key, { seen }]) => [key, seen.schema()])
    const isSure = this.#objects >= ENOUGH_OBJECTS
    const required = [...this.#properties].filter(([, { count }]) => isSure && count === this.#objects)
    return { properties: Object.fromEntries(properties), required: required.map(([key]) => key) }
  }
}

const KINDS = new Set(['string', 'number', 'boolean', 'null', 'array', 'object'])

/** Dates, maps and bytes are objects of which JSON Schema has no word. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Array.isArray(value)
}
