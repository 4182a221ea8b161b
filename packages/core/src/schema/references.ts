import type { JsonSchema } from '../catalog/tool.ts'
import { type Dialect, dialectOf } from './dialect.ts'
import { isRecord, isSchema, type Json, own } from './json.ts'

/** Other documents by their absolute URI. Nothing is ever fetched. */
export type Documents = { readonly [uri: string]: JsonSchema }

export interface Target {
  readonly schema: JsonSchema
  /** What a type of it may be called: the last step of the reference. */
  readonly name: string
  /** Whether it stands in a document with a name of its own, other than the one that is read. */
  readonly isEmbedded: boolean
}

/** Where a schema stands: the URI that its references are relative to, and its draft. */
interface Resource {
  readonly uri: string
  readonly dialect: Dialect
}

/** What a document without a name is called. */
const NAMELESS = 'json-schema:///'

const SCHEMA_KEYWORDS = [
  'additionalItems',
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]
const LIST_KEYWORDS = ['allOf', 'anyOf', 'items', 'oneOf', 'prefixItems']
const MAP_KEYWORDS = ['$defs', 'definitions', 'dependencies', 'dependentSchemas', 'patternProperties', 'properties']

/**
 * Finds what references point to, within one document and those it was given. Reads `$id` and anchors once, and only if
 * there is a reference. The kept libraries (json-schema-ref-parser, hyperjump) fetch, and rewrite or validate the document.
 */
export class References {
  readonly #root: JsonSchema
  readonly #documents: Documents
  readonly #resources = new Map<JsonSchema, Resource>()
  readonly #byUri = new Map<string, JsonSchema>()
  readonly #dynamicAnchors = new Map<string, JsonSchema[]>()
  readonly #places = new Map<string, Target>()
  readonly #found = new Map<string, Target | undefined>()
  readonly #rootDialect: Dialect
  #isIndexed = false

  constructor(root: JsonSchema, documents: Documents = {}) {
    this.#root = root
    this.#documents = documents
    this.#rootDialect = dialectOf(root)
  }

  dialect(schema: JsonSchema, isEmbedded: boolean): Dialect {
    if (!isEmbedded) return this.#rootDialect
    this.#indexOnce()
    return this.#resources.get(schema)?.dialect ?? this.#rootDialect
  }

  /**
   * @param isEmbedded of the schema that the reference stands in
   * @returns undefined for a reference to nothing, or to a document that was not given
   */
  resolve(reference: string, from: JsonSchema, isEmbedded: boolean): Target | undefined {
    return (isEmbedded ? undefined : this.#direct(reference)) ?? this.#resolve(reference, from)
  }

  /** Most references lead to a place in the document itself, and for those nothing needs to be indexed. */
  #direct(reference: string): Target | undefined {
    if (!reference.startsWith('#/')) return undefined
    const known = this.#places.get(reference)
    if (known !== undefined) return known
    let node: unknown = this.#root
    const steps = reference.slice(2).split('/').map(decode)
    for (const key of steps) {
      if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined
      node = (node as Json)[key]
      if (isRecord(node) && (typeof own(node, '$id') === 'string' || typeof own(node, 'id') === 'string'))
        return undefined
    }
    if (!isSchema(node)) return undefined
    const target = { schema: node, name: steps.at(-1) || 'root', isEmbedded: false }
    this.#places.set(reference, target)
    return target
  }

  #resolve(reference: string, from: JsonSchema): Target | undefined {
    this.#indexOnce()
    const base = this.#resources.get(from)?.uri ?? NAMELESS
    const key = `${base} ${reference}`
    if (!this.#found.has(key)) this.#found.set(key, this.#find(reference, base))
    return this.#found.get(key)
  }

  /** A `$dynamicRef` may mean any schema with that dynamic anchor: only a sole one is sure. */
  resolveDynamic(reference: string, from: JsonSchema): Target | undefined {
    this.#indexOnce()
    const candidates = this.#dynamicAnchors.get(reference.slice(reference.indexOf('#') + 1))
    const target = this.#resolve(reference, from)
    const isDynamic = target !== undefined && candidates?.includes(target.schema) === true
    return isDynamic && candidates.length > 1 ? undefined : target
  }

  #find(reference: string, base: string): Target | undefined {
    const uri = absolute(reference, base)
    if (uri === undefined) return undefined
    const [document, fragment = ''] = uri.split('#', 2) as [string, string?]
    const name = decode(reference.split(/[/#]/).at(-1) || document.split('/').at(-1) || 'root')
    const anchored = this.#byUri.get(uri)
    if (anchored !== undefined) return this.#target(anchored, name)
    const resource = this.#document(document)
    if (resource === undefined) return undefined
    if (fragment === '') return this.#target(resource, name)
    return fragment.startsWith('/') ? this.#target(this.#follow(resource, fragment), name) : undefined
  }

  #target(schema: JsonSchema | undefined, name: string): Target | undefined {
    if (schema === undefined) return undefined
    const isEmbedded = this.#resources.get(schema)?.uri !== this.#resources.get(this.#root)?.uri
    return { schema, name, isEmbedded }
  }

  #document(uri: string): JsonSchema | undefined {
    const known = this.#byUri.get(uri)
    if (known !== undefined) return known
    const given = own(this.#documents, uri) ?? own(this.#documents, `${uri}#`)
    if (!isSchema(given)) return undefined
    this.#index(given, { uri, dialect: dialectOf(given) })
    this.#byUri.set(uri, given)
    return given
  }

  /** Follows a JSON Pointer, which may lead through what is no schema. */
  #follow(resource: JsonSchema, pointer: string): JsonSchema | undefined {
    let node: unknown = resource
    let current = this.#resources.get(resource)
    for (const step of pointer.slice(1).split('/')) {
      const key = decode(step)
      if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined
      node = (node as Json)[key]
      if (isSchema(node)) current = this.#resources.get(node) ?? current
    }
    if (!isSchema(node)) return undefined
    if (current !== undefined && isRecord(node) && !this.#resources.has(node)) this.#index(node, current)
    return node
  }

  #indexOnce(): void {
    if (this.#isIndexed) return
    this.#isIndexed = true
    this.#byUri.set(NAMELESS, this.#root)
    this.#index(this.#root, { uri: NAMELESS, dialect: this.#rootDialect })
  }

  /** Without recursion: a document may be as deep as it likes. */
  #index(root: JsonSchema, inherited: Resource): void {
    const pending: [unknown, Resource][] = [[root, inherited]]
    for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
      const [node, outer] = entry
      if (!isRecord(node) || this.#resources.has(node)) continue
      const resource = this.#register(node, outer)
      for (const keyword of SCHEMA_KEYWORDS) if (Object.hasOwn(node, keyword)) pending.push([node[keyword], resource])
      for (const keyword of LIST_KEYWORDS) {
        const list = own(node, keyword)
        if (Array.isArray(list)) for (const item of list) pending.push([item, resource])
      }
      for (const keyword of MAP_KEYWORDS) {
        const map = own(node, keyword)
        if (isRecord(map)) for (const value of Object.values(map)) pending.push([value, resource])
      }
    }
  }

  #register(node: Json, outer: Resource): Resource {
    const dialect = dialectOf(node, outer.dialect)
    const hidden = dialect.isOld && typeof own(node, '$ref') === 'string'
    const id = hidden ? undefined : own(node, dialect.id)
    let resource = outer
    if (typeof id === 'string' && !id.startsWith('#')) {
      const uri = absolute(id, outer.uri)?.split('#')[0]
      if (uri !== undefined) {
        resource = { uri, dialect }
        if (!this.#byUri.has(uri)) this.#byUri.set(uri, node)
      }
    } else if (dialect !== outer.dialect) {
      resource = { uri: outer.uri, dialect }
    }
    this.#resources.set(node, resource)
    const anchors = [own(node, '$anchor'), own(node, '$dynamicAnchor')]
    if (dialect.isOld && typeof id === 'string' && id.startsWith('#')) anchors.push(id.slice(1))
    for (const anchor of anchors) {
      if (typeof anchor === 'string') this.#byUri.set(`${resource.uri}#${anchor}`, node)
    }
    const dynamic = own(node, '$recursiveAnchor') === true ? '' : anchors[1]
    if (typeof dynamic === 'string') {
      const known = this.#dynamicAnchors.get(dynamic)
      if (known === undefined) this.#dynamicAnchors.set(dynamic, [node])
      else known.push(node)
    }
    return resource
  }
}

function absolute(reference: string, base: string): string | undefined {
  // Most references: no URL needs to be parsed.
  if (reference.startsWith('#')) return base.split('#')[0] + (reference === '#' ? '' : reference)
  return URL.parse(reference, base)?.href
}

/** One step of a JSON Pointer in a URI fragment. */
function decode(step: string): string {
  if (!/[%~]/.test(step)) return step
  let decoded = step
  try {
    decoded = decodeURIComponent(step)
  } catch {
    // A lone percent sign is meant as it stands.
  }
  return decoded.replaceAll('~1', '/').replaceAll('~0', '~')
}
