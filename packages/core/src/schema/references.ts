import { isRecord, isSchema, type Json, own } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import { type Budget, MAX_URI_LENGTH } from './bounds.ts'
import { type Dialect, dialectOf } from './dialect.ts'
import { LIST_KEYWORDS, MAP_KEYWORDS, SCHEMA_KEYWORDS } from './subschemas.ts'

/** Other documents by absolute URI. Nothing is fetched. */
export type Documents = { readonly [uri: string]: JsonSchema }

/** The schema that a reference leads to. */
export interface Target {
  readonly schema: JsonSchema
  /** Suggested type name: the last step of the reference. */
  readonly name: string
  /** Whether the schema is in a document with its own URI, other than the one that is read. */
  readonly isEmbedded: boolean
}

/** Location of a schema: the document or embedded document that its references are relative to, and its draft. */
interface Resource {
  readonly document: Document
  readonly dialect: Dialect
}

/** Schemas that share one URI. */
interface Document {
  readonly uri: string
  readonly anchors: Map<string, JsonSchema>
  /** Targets of references in the document, by the text of the reference. */
  readonly found: Map<string, Target | undefined>
}

/** Replacement for every URI that is too long. It contains no schemas, and no URI is relative to it. */
const TOO_LONG = 'json-schema:too-long'

/** Steps to parse a URI. */
const URI_COST = 50

/** URI of a document that has none. */
const NAMELESS = 'json-schema:///'

/**
 * Resolves references within one document and the documents passed to it. Reads `$id` and anchors once, and only if a
 * reference needs them. The maintained libraries (json-schema-ref-parser, hyperjump) fetch documents, and rewrite or
 * validate them.
 */
export class References {
  readonly #root: JsonSchema
  readonly #documents: Documents
  readonly #work: Budget
  readonly #resources = new Map<JsonSchema, Resource>()
  readonly #roots = new Map<string, JsonSchema>()
  readonly #byUri = new Map<string, Document>()
  readonly #dynamicAnchors = new Map<string, Set<JsonSchema>>()
  readonly #places = new Map<string, Target>()
  readonly #rootDialect: Dialect
  #isIndexed = false

  /** @param work budget that pays for each indexed schema, and for the length of each reference */
  constructor(root: JsonSchema, work: Budget, documents: Documents = {}) {
    this.#root = root
    this.#work = work
    this.#documents = documents
    this.#rootDialect = dialectOf(root)
  }

  dialect(schema: JsonSchema, isEmbedded: boolean): Dialect {
    if (!isEmbedded) return this.#rootDialect
    this.#indexOnce()
    return this.#resources.get(schema)?.dialect ?? this.#rootDialect
  }

  /**
   * Finds the schema that a reference leads to.
   *
   * @param isEmbedded whether the schema that contains the reference is embedded
   * @returns undefined for a reference to nothing, or to a document that was not passed
   */
  resolve(reference: string, from: JsonSchema, isEmbedded: boolean): Target | undefined {
    return (isEmbedded ? undefined : this.#direct(reference)) ?? this.#resolve(reference, from)
  }

  /** Follows a reference to a location in the document itself. Most references are of this kind and need no index. */
  #direct(reference: string): Target | undefined {
    if (!reference.startsWith('#/')) return undefined
    const known = this.#places.get(reference)
    if (known !== undefined) return known
    this.#work.take(lengthCost(reference))
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
    const document = this.#resources.get(from)?.document ?? this.#documentOf(NAMELESS)
    const { found } = document
    if (!found.has(reference)) found.set(reference, this.#find(reference, document))
    return found.get(reference)
  }

  /**
   * Finds the schema of a `$dynamicRef`. It may refer to any schema with that dynamic anchor, so it is resolved only if
   * there is exactly one.
   */
  resolveDynamic(reference: string, from: JsonSchema): Target | undefined {
    this.#indexOnce()
    const candidates = this.#dynamicAnchors.get(reference.slice(reference.indexOf('#') + 1))
    const target = this.#resolve(reference, from)
    const isDynamic = target !== undefined && candidates?.has(target.schema) === true
    return isDynamic && candidates.size > 1 ? undefined : target
  }

  #find(reference: string, base: Document): Target | undefined {
    this.#work.take(URI_COST + lengthCost(reference))
    const { uri, fragment } = absolute(reference, base.uri)
    if (uri === undefined) return undefined
    const name = decode(reference.split(/[/#]/).at(-1) || uri.split('/').at(-1) || 'root')
    const anchored = fragment === '' ? undefined : this.#byUri.get(uri)?.anchors.get(fragment)
    if (anchored !== undefined) return this.#target(anchored, name)
    const resource = this.#given(uri)
    if (resource === undefined) return undefined
    if (fragment === '') return this.#target(resource, name)
    return fragment.startsWith('/') ? this.#target(this.#follow(resource, fragment), name) : undefined
  }

  #target(schema: JsonSchema | undefined, name: string): Target | undefined {
    if (schema === undefined) return undefined
    const isEmbedded = this.#resources.get(schema)?.document !== this.#resources.get(this.#root)?.document
    return { schema, name, isEmbedded }
  }

  /** Returns the schema of a URI, from the document or from those passed to the constructor. */
  #given(uri: string): JsonSchema | undefined {
    const known = this.#roots.get(uri)
    if (known !== undefined) return known
    const given = own(this.#documents, uri) ?? own(this.#documents, `${uri}#`)
    if (!isSchema(given)) return undefined
    this.#index(given, { document: this.#documentOf(uri), dialect: dialectOf(given) })
    this.#roots.set(uri, given)
    return given
  }

  /** Follows a JSON Pointer, which may pass through values that are not schemas. */
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
    this.#roots.set(NAMELESS, this.#root)
    this.#index(this.#root, { document: this.#documentOf(NAMELESS), dialect: this.#rootDialect })
  }

  #documentOf(uri: string): Document {
    const known = this.#byUri.get(uri)
    if (known !== undefined) return known
    const document = newDocument(uri)
    this.#byUri.set(uri, document)
    return document
  }

  /** Indexes a document without recursion, since it may be nested to any depth. */
  #index(root: JsonSchema, inherited: Resource): void {
    const pending: [unknown, Resource][] = [[root, inherited]]
    for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
      const [node, outer] = entry
      this.#work.take(1)
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
      this.#work.take(URI_COST + lengthCost(id))
      const { uri } = absolute(id, outer.document.uri)
      if (uri !== undefined) {
        resource = { document: uri === TOO_LONG ? newDocument(uri) : this.#documentOf(uri), dialect }
        if (uri !== TOO_LONG && !this.#roots.has(uri)) this.#roots.set(uri, node)
      }
    } else if (dialect !== outer.dialect) {
      resource = { document: outer.document, dialect }
    }
    this.#resources.set(node, resource)
    const anchors = [own(node, '$anchor'), own(node, '$dynamicAnchor')]
    if (dialect.isOld && typeof id === 'string' && id.startsWith('#')) anchors.push(id.slice(1))
    for (const anchor of anchors) {
      if (typeof anchor === 'string') resource.document.anchors.set(anchor, node)
    }
    const dynamic = own(node, '$recursiveAnchor') === true ? '' : anchors[1]
    if (typeof dynamic === 'string') {
      const known = this.#dynamicAnchors.get(dynamic)
      if (known === undefined) this.#dynamicAnchors.set(dynamic, new Set([node]))
      else known.add(node)
    }
    return resource
  }
}

const lengthCost = (text: string): number => 1 + (text.length >> 4)

function newDocument(uri: string): Document {
  return { uri, anchors: new Map(), found: new Map() }
}

/** Returns the absolute URI, or undefined for an invalid one, and the fragment as written in the reference. */
function absolute(reference: string, base: string): { readonly uri: string | undefined; readonly fragment: string } {
  const at = reference.indexOf('#')
  // Most references are only a fragment, so no URL needs to be parsed.
  if (at === 0) return { uri: base, fragment: reference.slice(1) }
  const fragment = at < 0 ? '' : reference.slice(at + 1)
  const relative = at < 0 ? reference : reference.slice(0, at)
  if (relative.length > MAX_URI_LENGTH) return { uri: TOO_LONG, fragment }
  const href = URL.parse(relative, base)?.href
  return { uri: href !== undefined && href.length > MAX_URI_LENGTH ? TOO_LONG : href, fragment }
}

/** Decodes one step of a JSON Pointer in a URI fragment. */
function decode(step: string): string {
  if (!/[%~]/.test(step)) return step
  let decoded = step
  try {
    decoded = decodeURIComponent(step)
  } catch {
    // A lone percent sign is kept unchanged.
  }
  return decoded.replaceAll('~1', '/').replaceAll('~0', '~')
}
