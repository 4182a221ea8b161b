import { type CatalogTool, outputSchemaOf } from '../catalog/namespace.ts'
import { Budget } from '../schema/bounds.ts'
import { Reader } from '../schema/reader.ts'
import { isUnknown, KINDS, kindsOf, type Member, type ObjectType, type Shape, type Type } from '../schema/type.ts'
import { Warnings } from '../schema/warnings.ts'
import { own } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import { inOneLine } from '../values/one-line.ts'

/** Maximum number of parameters, and of keys of a result, in one outline. */
const MAX_KEYS = 20
/** Maximum length of a key, in characters. */
const MAX_KEY_LENGTH = 40
/** Largest maximum of a number that is shown. Such limits are sizes of pages. */
const MAX_SHOWN = 10_000
/** Maximum depth of lists in lists. A schema may contain itself. */
const MAX_DEPTH = 3
/** Maximum work to read one schema, in steps. A schema that needs more has no keys in the outline. */
const MAX_WORK = 20_000

/** Outlines that were made, since the same tool occurs in several catalogs. */
const known = new WeakMap<object, string>()

/**
 * Returns one line about a tool: its parameters, and the keys of its result if they are known. `?` marks what is
 * optional and `[]` what is a list, as in `listIssues({ repo, labels?[], per_page?≤100 }): { issues[], page_info }`.
 */
export function outlineOf(entry: CatalogTool): string {
  const { identifier, tool, observed } = entry
  const key = observed ?? tool
  let outline = known.get(key)
  if (outline === undefined) {
    const output = outlineOfOutput(outputSchemaOf(entry))
    const mark = observed === undefined || output === undefined ? '' : ' // observed'
    outline = `(${inputOf(tool.inputSchema)})${output === undefined ? '' : `: ${output}`}${mark}`
    known.set(key, outline)
  }
  return identifier + outline
}

function inputOf(schema: JsonSchema | undefined): string {
  if (schema === undefined) return 'input?'
  const type = read(schema, 'input')
  if (type === undefined) return 'input'
  const members = membersOf(type.object)
  if (members === undefined) return 'input'
  return members.size === 0 ? '' : keysOf(members, true)
}

/** Returns the keys of a result, or undefined if they are not known. */
export function outlineOfOutput(schema: JsonSchema | undefined): string | undefined {
  if (schema === undefined) return undefined
  const type = read(schema, 'output')
  return type === undefined ? undefined : resultOf(type)
}

/** Returns undefined if neither a key nor the only kind of the result is known. */
function resultOf(type: Shape, depth = 0): string | undefined {
  if (isUnknown(type) || depth > MAX_DEPTH) return undefined
  const kinds = kindsOf(type) & ~KINDS.null
  if (kinds === KINDS.object) {
    const members = membersOf(type.object)
    return members === undefined || members.size === 0 ? undefined : keysOf(members, false)
  }
  if (kinds === KINDS.array) {
    const element = type.array?.op === 'list' ? shapeOfType(type.array.element) : undefined
    const inner = element === undefined ? undefined : resultOf(element, depth + 1)
    return inner === undefined ? undefined : `${inner}[]`
  }
  if (kinds === KINDS.string) return isAll(type.string) ? 'string' : undefined
  if (kinds === KINDS.number) return isAll(type.number) ? 'number' : undefined
  return kinds === KINDS.boolean ? 'boolean' : undefined
}

const isAll = (scalars: Shape['string']): boolean => scalars === 'all'

function read(schema: JsonSchema, position: 'input' | 'output'): Shape | undefined {
  const work = new Budget(MAX_WORK)
  const type = new Reader(schema, { name: 'outline', position, warnings: new Warnings(), work }).read()
  return work.isSpent ? undefined : shapeOfType(type)
}

function shapeOfType(type: Type | undefined): Shape | undefined {
  if (type?.op === 'named') return type.definition.type?.op === 'shape' ? type.definition.type : undefined
  return type?.op === 'shape' ? type : undefined
}

/** Returns the properties of an object, or undefined if it has any. Those that only some variants have are optional. */
function membersOf(object: ObjectType | undefined): ReadonlyMap<string, Member> | undefined {
  if (object === undefined || object.op === 'any') return undefined
  if (object.op === 'properties')
    return object.members.size === 0 && object.rest !== undefined ? undefined : object.members
  const variants = object.parts.map(membersOf)
  const members = new Map<string, Member>()
  for (const variant of variants) {
    for (const [key, member] of variant ?? []) {
      const others = variants.map((each) => each?.get(key)?.isOptional ?? true)
      // All parts of an intersection apply, and one variant of a union.
      const isOptional = object.op === 'intersection' ? others.every((each) => each) : others.some((each) => each)
      members.set(key, { ...member, isOptional })
    }
  }
  return members.size === 0 ? undefined : members
}

function keysOf(members: ReadonlyMap<string, Member>, isInput: boolean): string {
  // Required parameters come first.
  const entries = [...members].sort(([, a], [, b]) => (isInput ? Number(a.isOptional) - Number(b.isOptional) : 0))
  const keys = entries.slice(0, MAX_KEYS).map(([key, member]) => {
    const type = shapeOfType(member.type)
    const list = type?.array !== undefined && type.object === undefined && !isAll(type.string) ? '[]' : ''
    return `${nameOf(key)}${isInput && member.isOptional ? '?' : ''}${list}${isInput ? limitOf(member) : ''}`
  })
  if (members.size > MAX_KEYS) keys.push('…')
  return `{ ${keys.join(', ')} }`
}

function nameOf(key: string): string {
  const short = key.length > MAX_KEY_LENGTH ? `${key.slice(0, MAX_KEY_LENGTH)}…` : key
  return /^[\p{ID_Start}$_][\p{ID_Continue}$-]*$/u.test(short) ? short : JSON.stringify(inOneLine(short))
}

/** Returns the maximum of a number, such as the size of a page. */
function limitOf({ docs }: Member): string {
  for (const schema of docs) {
    const [maximum, exclusive] = [own(schema, 'maximum'), own(schema, 'exclusiveMaximum')]
    const limit = typeof exclusive === 'number' ? exclusive - 1 : exclusive === true ? Number(maximum) - 1 : maximum
    if (typeof limit === 'number' && Number.isInteger(limit) && limit > 1 && limit <= MAX_SHOWN) return `≤${limit}`
  }
  return ''
}
