import { SHAPE_KINDS, type Shape, type ShapeKind, type ShapeParts } from '../contract/shape-store.ts'
import { Budget } from '../schema/bounds.ts'
import { isRecord } from '../values/json.ts'
import { isPropertyName } from './property-names.ts'
import { MAX_ROW, MAX_SHAPE_DEPTH } from './shape.ts'
import { findTable, type TextTable } from './text-table.ts'

/** Maximum number of values examined per result. */
const MAX_VALUES = 10_000
/** Maximum number of elements examined per list. Of longer lists, elements at equal distances are examined. */
const MAX_ELEMENTS = 500
/** Minimum of that number for lists in lists. */
const MIN_ELEMENTS = 20
/** Maximum number of properties of an object. Names of more are data. */
const MAX_PROPERTIES = 120
/** Maximum number of properties of an object whose values have the same kind. Names of more are data. */
const MAX_ALIKE = 24
/** Maximum number of places in one shape: properties, elements and columns. */
const MAX_PLACES = 2_000
/** Maximum number of texts of one result in which a table is searched. */
const MAX_TEXTS = 100

/** Options for {@link ShapeBuilder}. */
export interface ShapeBuilderOptions {
  /** Whether the header lines of text tables are kept. */
  readonly headers: boolean
}

/** Builds the shape of values: of results that are added one by one, and of shapes. A shape only ever becomes wider. */
export class ShapeBuilder {
  readonly #growth: Growth
  readonly #root: Place

  constructor({ headers }: ShapeBuilderOptions) {
    this.#growth = { headers, places: new Budget(MAX_PLACES), changes: 0 }
    this.#root = new Place(this.#growth)
  }

  /** Number of times that something made the shape wider. */
  get changes(): number {
    return this.#growth.changes
  }

  /** Undefined before anything was added. */
  get shape(): Shape | undefined {
    return this.#root.shape
  }

  add(value: unknown): void {
    this.#root.add(value, 0, {
      values: new Budget(MAX_VALUES),
      texts: new Budget(MAX_TEXTS),
      elements: MAX_ELEMENTS,
    })
  }

  addShape(shape: Shape): void {
    this.#root.addShape(shape)
  }
}

/** Budgets for examining one result. */
interface Effort {
  readonly values: Budget
  /** Texts in which a table is searched. */
  readonly texts: Budget
  /** Maximum number of elements examined in a list at this depth. */
  readonly elements: number
}

/** State that the places of one shape share. */
interface Growth extends ShapeBuilderOptions {
  readonly places: Budget
  changes: number
}

/** Everything that was seen at one place of the values. */
class Place {
  readonly #growth: Growth
  readonly #kinds = new Set<ShapeKind>()
  /** Whether values have no JSON type, or are too deep. */
  #isUnclear = false
  #hasObject = false
  readonly #properties = new Map<string, Place>()
  #required: Set<string> | undefined
  /** Values of objects, once property names are data. */
  #values: Place | undefined
  #elements: Place | undefined
  /** Elements of rows. Undefined for lists that are no rows. */
  #row: Place[] | undefined
  #isRow: boolean | undefined
  /** The table that every text is. Null if texts differ. */
  #table: TextTable | Pick<TextTable, 'format'> | null | undefined

  constructor(growth: Growth) {
    this.#growth = growth
  }

  get shape(): Shape | undefined {
    if (this.#isUnclear) return true
    if (this.#kinds.size === 0) return undefined
    const type = SHAPE_KINDS.filter((kind) => this.#kinds.has(kind))
    return { type, ...this.#objectParts(), ...this.#listParts(), ...this.#textParts() }
  }

  add(value: unknown, depth: number, effort: Effort, isInList = false): void {
    if (this.#isUnclear || !effort.values.tryTake(1)) return
    const kind = kindOf(value)
    if (kind === undefined || depth > MAX_SHAPE_DEPTH) return this.#giveUp()
    this.#addKind(kind)
    if (typeof value === 'string') this.#addText(value, effort)
    else if (Array.isArray(value)) this.#addList(value, depth, effort, isInList)
    else if (isRecord(value)) {
      this.#addObject(
        Object.keys(value).filter((key) => value[key] !== undefined),
        (place, key) => place.add(value[key], depth + 1, effort),
      )
    }
  }

  addShape(shape: Shape): void {
    if (this.#isUnclear) return
    if (shape === true) return this.#giveUp()
    for (const kind of shape.type) this.#addKind(kind)
    if (shape.type.includes('string')) {
      const { contentMediaType: format, title: header } = shape
      this.#addTable(format === undefined ? undefined : { format, ...(header !== undefined && { header }) })
    }
    if (shape.type.includes('array')) this.#addListShape(shape)
    if (shape.type.includes('object')) this.#addObjectShape(shape)
  }

  #addKind(kind: ShapeKind): void {
    if (this.#kinds.has(kind)) return
    this.#kinds.add(kind)
    this.#growth.changes++
  }

  #giveUp(): void {
    this.#isUnclear = true
    this.#growth.changes++
    this.#properties.clear()
    this.#values = undefined
    this.#elements = undefined
    this.#row = undefined
  }

  #inner(): Place {
    const place = new Place(this.#growth)
    if (!this.#growth.places.tryTake(1)) place.#giveUp()
    return place
  }

  #addList(list: readonly unknown[], depth: number, effort: Effort, isInList: boolean): void {
    const isRow = isInList && list.length > 1 && list.length <= MAX_ROW && this.#isRow !== false
    if (isRow && (this.#row === undefined || this.#row.length === list.length)) {
      this.#isRow = true
      this.#row ??= list.map(() => this.#inner())
      for (const [at, place] of this.#row.entries()) place.add(list[at], depth + 1, effort, true)
      return
    }
    if (isInList || list.length > 0) this.#unrow()
    if (list.length === 0) return
    this.#elements ??= this.#inner()
    const step = Math.ceil(list.length / effort.elements)
    const inner = { ...effort, elements: Math.max(MIN_ELEMENTS, Math.floor(effort.elements / list.length)) }
    for (let at = 0; at < list.length; at += step) this.#elements.add(list[at], depth + 1, inner, true)
  }

  #addListShape({ items, prefixItems: row }: ShapeParts): void {
    if (
      row !== undefined &&
      row.length <= MAX_ROW &&
      this.#isRow !== false &&
      (this.#row ?? row).length === row.length
    ) {
      this.#isRow = true
      this.#row ??= row.map(() => this.#inner())
      for (const [at, place] of this.#row.entries()) place.addShape(row[at] as Shape)
      return
    }
    const elements = [...(items === undefined ? [] : [items]), ...(row ?? [])]
    // A list without elements is no row either.
    this.#unrow()
    if (elements.length === 0) return
    this.#elements ??= this.#inner()
    for (const each of elements) this.#elements.addShape(each)
  }

  /** Treats rows as lists, since not all lists here are rows of one length. */
  #unrow(): void {
    const row = this.#row
    this.#isRow = false
    this.#row = undefined
    if (row === undefined) return
    this.#growth.changes++
    this.#elements ??= this.#inner()
    for (const { shape } of row) if (shape !== undefined) this.#elements.addShape(shape)
  }

  #addObjectShape({ properties = {}, required, additionalProperties: values }: ShapeParts): void {
    if (values !== undefined) {
      this.#useAsMap().addShape(values)
      return
    }
    const keys = Object.keys(properties)
    this.#addObject(keys, (place, key) => place.addShape(properties[key] as Shape), required)
  }

  /**
   * @param required properties that all objects have, if these are several objects. Default: it is one object
   */
  #addObject(keys: readonly string[], fill: (place: Place, key: string) => void, required?: readonly string[]): void {
    const isFirst = !this.#hasObject
    this.#hasObject = true
    const known = new Set(this.#properties.keys())
    for (const key of keys) {
      if (this.#values === undefined && (!isPropertyName(key) || !this.#hasRoomFor(key))) this.#useAsMap()
      fill(this.#values ?? this.#place(key), key)
    }
    if (this.#values !== undefined) return
    const always = new Set(required?.filter((key) => this.#properties.has(key)) ?? keys)
    const before = this.#required
    if (isFirst) this.#required = required && always
    else this.#required = new Set([...(before ?? known)].filter((key) => always.has(key)))
    if (before?.size !== this.#required?.size) this.#growth.changes++
    if (this.#looksLikeMap(keys, known)) this.#useAsMap()
  }

  #place(key: string): Place {
    let place = this.#properties.get(key)
    if (place === undefined) {
      place = this.#inner()
      this.#properties.set(key, place)
      this.#growth.changes++
    }
    return place
  }

  #hasRoomFor(key: string): boolean {
    return this.#properties.has(key) || (this.#properties.size < MAX_PROPERTIES && !this.#growth.places.isSpent)
  }

  /** Returns whether the names are data although each of them could be a word. */
  #looksLikeMap(keys: readonly string[], known: ReadonlySet<string>): boolean {
    const isNew = known.size > 1 && keys.length > 1 && !keys.some((key) => known.has(key))
    return (isNew || this.#properties.size > MAX_ALIKE) && this.#areAlike()
  }

  #areAlike(): boolean {
    const kinds = new Set([...this.#properties.values()].flatMap((place) => [...place.#kinds]))
    kinds.delete('null')
    return kinds.size === 1
  }

  /** Forgets the names of properties, and returns the place of all their values. */
  #useAsMap(): Place {
    if (this.#values === undefined) {
      this.#values = this.#inner()
      this.#growth.changes++
      for (const { shape } of this.#properties.values()) if (shape !== undefined) this.#values.addShape(shape)
      this.#properties.clear()
      this.#required = undefined
    }
    return this.#values
  }

  #addText(text: string, { texts }: Effort): void {
    if (this.#table === null) return
    this.#addTable(text.includes('\n') && texts.tryTake(1) ? findTable(text) : undefined)
  }

  #addTable(table: TextTable | Pick<TextTable, 'format'> | undefined): void {
    const known = this.#table
    if (known === null) return
    if (table === undefined || (known !== undefined && known.format !== table.format)) this.#table = null
    else if (known === undefined) this.#table = table
    else if (headerOf(known) !== headerOf(table)) this.#table = { format: known.format }
    if (this.#table !== known) this.#growth.changes++
  }

  #objectParts(): Partial<ShapeParts> {
    if (!this.#kinds.has('object')) return {}
    if (this.#values !== undefined) return { additionalProperties: this.#values.shape ?? true }
    const properties = [...this.#properties].map(([key, place]) => [key, place.shape ?? true])
    const required = this.#required && { required: [...this.#required] }
    return { properties: Object.fromEntries(properties), ...required }
  }

  #listParts(): Partial<ShapeParts> {
    if (this.#row !== undefined) return { prefixItems: this.#row.map((place) => place.shape ?? true) }
    const items = this.#elements?.shape
    return items === undefined ? {} : { items }
  }

  #textParts(): Partial<ShapeParts> {
    const table = this.#table
    if (table === undefined || table === null) return {}
    const header = this.#growth.headers ? headerOf(table) : undefined
    return { contentMediaType: table.format, ...(header !== undefined && { title: header }) }
  }
}

const headerOf = (table: Partial<TextTable>): string | undefined => table.header

/** Returns the kind of a JSON value, or undefined for other values: dates, maps, bytes. */
function kindOf(value: unknown): ShapeKind | undefined {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value as ShapeKind
    case 'object': {
      const prototype: unknown = Object.getPrototypeOf(value)
      return prototype === Object.prototype || prototype === null ? 'object' : undefined
    }
    default:
      return undefined
  }
}
