import type { JsonSchema } from '../catalog/tool.ts'
import { isBox } from '../protocol/value-size.ts'
import { isRecord, type Json, own } from '../schema/json.ts'

/** The depth of schemas of inputs in practice. The validator asks for what is missing further down. */
const MAX_DEPTH = 20

/** What to fill in at one level of a value. Absent where nothing is. */
interface Plan {
  readonly defaults: readonly (readonly [key: string, value: unknown])[]
  readonly properties: readonly (readonly [key: string, plan: Plan])[]
  readonly items: Plan | undefined
}

/**
 * Prepares filling in properties that a schema requires and also has a default for. The declarations let a program leave
 * these out, so the tool must not miss them. Other defaults stay the tool's own to apply.
 *
 * @returns undefined for a schema without such properties, which is the rule
 */
export function planRequiredDefaults(schema: JsonSchema): ((value: unknown) => unknown) | undefined {
  const plan = planOf(schema, 0, new Map())
  return plan && ((value) => new Filling().fill(plan, value))
}

function planOf(schema: unknown, depth: number, known: Map<Json, Plan | undefined>): Plan | undefined {
  if (!isRecord(schema) || depth > MAX_DEPTH) return undefined
  if (known.has(schema)) return known.get(schema)
  // A schema within itself is left alone: only references make one, and these are not followed.
  known.set(schema, undefined)
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  const defaults: [string, unknown][] = []
  const properties: [string, Plan][] = []
  const given = own(schema, 'properties')
  for (const [key, property] of Object.entries(isRecord(given) ? given : {})) {
    if (!isRecord(property)) continue
    if (Object.hasOwn(property, 'default') && required.has(key)) defaults.push([key, property.default])
    const inner = planOf(property, depth + 1, known)
    if (inner !== undefined) properties.push([key, inner])
  }
  const items = planOf(own(schema, 'items'), depth + 1, known)
  const plan =
    defaults.length + properties.length > 0 || items !== undefined ? { defaults, properties, items } : undefined
  known.set(schema, plan)
  return plan
}

/** One value. A default is copied once for it, however often it is filled in. */
class Filling {
  readonly #copies = new Map<object, unknown>()

  fill(plan: Plan, value: unknown): unknown {
    const { defaults, properties, items } = plan
    if (Array.isArray(value)) {
      if (items === undefined) return value
      const changed = value.map((item) => this.fill(items, item))
      return changed.some((item, index) => item !== value[index]) ? changed : value
    }
    if (!isPlain(value)) return value
    const filled: [string, unknown][] = []
    for (const [key, inner] of properties) {
      if (!Object.hasOwn(value, key)) continue
      const changed = this.fill(inner, value[key])
      if (changed !== value[key]) filled.push([key, changed])
    }
    for (const [key, given] of defaults) if (!Object.hasOwn(value, key)) filled.push([key, this.#copy(given)])
    // `fromEntries` defines properties, so that none can be a prototype.
    return filled.length === 0 ? value : Object.fromEntries([...Object.entries(value), ...filled])
  }

  #copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (!this.#copies.has(value)) this.#copies.set(value, structuredClone(value))
    return this.#copies.get(value)
  }
}

/** Not bytes, and not a boxed text: these have a member for each byte and character. */
const isPlain = (value: unknown): value is Json => isRecord(value) && !ArrayBuffer.isView(value) && !isBox(value)
