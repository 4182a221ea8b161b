import { isRecord, type Json, own } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import { isBox, measureValue, type ValueSize } from '../values/value-size.ts'

/** Maximum depth at which defaults are filled in. Further down, the validator reports missing properties. */
const MAX_DEPTH = 20

/** Defaults to fill in at one level of a value, and below it. */
interface Plan {
  readonly defaults: readonly Default[]
  readonly properties: readonly (readonly [key: string, plan: Plan])[]
  readonly items: Plan | undefined
}

interface Default {
  readonly key: string
  readonly value: unknown
  readonly size: ValueSize
}

/** A value with its defaults, and its size with them. Both are unchanged if nothing was missing. */
export interface Filled {
  readonly value: unknown
  readonly size: ValueSize
}

/**
 * Prepares filling in properties that a schema requires and also has a default for. The declarations allow programs to
 * omit these properties, but tools must receive them. Tools apply all other defaults themselves.
 *
 * @returns undefined for a schema without such properties, as most schemas are
 */
export function planRequiredDefaults(schema: JsonSchema): ((value: unknown, size: ValueSize) => Filled) | undefined {
  const plan = planOf(schema, 0, new Map())
  return plan && ((value, size) => new Filling(size).fillWhole(plan, value))
}

function planOf(schema: unknown, depth: number, known: Map<Json, Plan | undefined>): Plan | undefined {
  if (!isRecord(schema) || depth > MAX_DEPTH) return undefined
  if (known.has(schema)) return known.get(schema)
  // A schema within itself is skipped: only references can create one, and they are not followed.
  known.set(schema, undefined)
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  const defaults: Default[] = []
  const properties: [string, Plan][] = []
  const given = own(schema, 'properties')
  for (const [key, property] of Object.entries(isRecord(given) ? given : {})) {
    if (!isRecord(property)) continue
    if (Object.hasOwn(property, 'default') && required.has(key))
      defaults.push({ key, value: property.default, size: measureValue(property.default) })
    const inner = planOf(property, depth + 1, known)
    if (inner !== undefined) properties.push([key, inner])
  }
  const items = planOf(own(schema, 'items'), depth + 1, known)
  const plan =
    defaults.length + properties.length > 0 || items !== undefined ? { defaults, properties, items } : undefined
  known.set(schema, plan)
  return plan
}

/** Increase in size of a part of a value, counted at every reference. */
interface Growth {
  nodes: number
  characters: number
}

/** Fills in defaults. Each part is filled once, however often it is referenced, and each default is copied once. */
class Filling {
  readonly #size: ValueSize
  readonly #copies = new Map<object, unknown>()
  readonly #filled = new Map<Plan, Map<object, Growth & { readonly value: unknown }>>()
  readonly #growth: Growth = { nodes: 0, characters: 0 }
  #isJson: boolean

  constructor(size: ValueSize) {
    this.#size = size
    this.#isJson = size.isJson
  }

  fillWhole(plan: Plan, value: unknown): Filled {
    const filled = this.#fill(plan, value)
    if (filled === value) return { value, size: this.#size }
    const { nodes, characters } = this.#growth
    const size = {
      ...this.#size,
      nodes: this.#size.nodes + nodes,
      characters: this.#size.characters + characters,
      isJson: this.#isJson,
    }
    return { value: filled, size }
  }

  #fill(plan: Plan, value: unknown): unknown {
    if (Array.isArray(value)) return this.#fillOnce(plan, value, () => this.#fillList(plan, value))
    if (isPlain(value)) return this.#fillOnce(plan, value, () => this.#fillObject(plan, value))
    return value
  }

  #fillOnce(plan: Plan, part: object, fill: () => unknown): unknown {
    if (this.#size.isTree) return fill()
    let parts = this.#filled.get(plan)
    if (parts === undefined) {
      parts = new Map()
      this.#filled.set(plan, parts)
    }
    const known = parts.get(part)
    if (known !== undefined) {
      this.#grow(known)
      return known.value
    }
    const { nodes, characters } = this.#growth
    const value = fill()
    parts.set(part, {
      value,
      nodes: this.#growth.nodes - nodes,
      characters: this.#growth.characters - characters,
    })
    return value
  }

  #fillList({ items }: Plan, list: readonly unknown[]): readonly unknown[] {
    if (items === undefined) return list
    let changed: unknown[] | undefined
    for (const [index, item] of list.entries()) {
      const filled = this.#fill(items, item)
      if (filled === item) continue
      changed ??= [...list]
      changed[index] = filled
    }
    return changed ?? list
  }

  #fillObject({ defaults, properties }: Plan, object: Json): Json {
    const changes: [key: string, value: unknown][] = []
    for (const [key, plan] of properties) {
      if (!Object.hasOwn(object, key)) continue
      const filled = this.#fill(plan, object[key])
      if (filled !== object[key]) changes.push([key, filled])
    }
    for (const { key, value, size } of defaults) {
      if (Object.hasOwn(object, key)) continue
      changes.push([key, this.#copy(value)])
      this.#grow({ nodes: size.nodes, characters: size.characters + key.length })
      this.#isJson &&= size.isJson
    }
    // `fromEntries` defines properties, so none of them becomes the prototype.
    return changes.length === 0 ? object : { ...object, ...Object.fromEntries(changes) }
  }

  #grow({ nodes, characters }: Growth): void {
    this.#growth.nodes += nodes
    this.#growth.characters += characters
  }

  #copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (!this.#copies.has(value)) this.#copies.set(value, structuredClone(value))
    return this.#copies.get(value)
  }
}

/** Whether a value is an object, but not bytes or a boxed string, which have a member for each byte or character. */
const isPlain = (value: unknown): value is Json => isRecord(value) && !ArrayBuffer.isView(value) && !isBox(value)
