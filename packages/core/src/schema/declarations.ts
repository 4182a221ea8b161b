import type { Catalog } from '../catalog/catalog.ts'
import { createCatalog } from '../catalog/catalog.ts'
import { type ToolRecord, toolProvider } from '../catalog/provider.ts'
import type { JsonSchema, Tool } from '../catalog/tool.ts'
import {
  Allotment,
  Budget,
  MAX_CATALOG_TEXT,
  MAX_CATALOG_WORK,
  MAX_LISTED_TOOLS,
  MAX_SCHEMA_TEXT,
  MAX_SCHEMA_WORK,
} from './bounds.ts'
import { docsBy } from './doc.ts'
import { TypeNames } from './names.ts'
import {
  namespaceText,
  type ParsedNamespace,
  type ParsedTool,
  parseTools,
  type ToolWarning,
  type WrittenNamespace,
  writeNamespace,
} from './namespace.ts'
import { Printer } from './printer.ts'
import { type Position, Reader } from './reader.ts'
import type { Documents } from './references.ts'
import { RULES, STYLES, type Style, type StyleRules } from './style.ts'
import { type SchemaWarning, Warnings } from './warnings.ts'

export interface TypeOptions {
  /** What the type is called, if it needs a name. */
  readonly name: string
  /** `value` unless told otherwise: the schema is read to the letter. */
  readonly position?: Position
  /** Other documents that references may point into, by their absolute URI. Nothing is fetched. */
  readonly documents?: Documents
}

/** The TypeScript of one schema. */
export interface SchemaType {
  /** The named types that `type` needs. */
  readonly declarations: string
  /** A type expression. */
  readonly type: string
  /** What the type does not say. It is then wider than the schema, never narrower. */
  readonly warnings: readonly SchemaWarning[]
}

/** Converts one schema of draft-04 to 2020-12, or of OpenAPI 3. Every valid value is of the type. */
export function typeFromSchema(schema: JsonSchema, options: TypeOptions): SchemaType {
  const { name, position = 'value', documents } = options
  const warnings = new Warnings()
  const printer = new Printer(new TypeNames(), docsBy(RULES.full, ''))
  const work = new Budget(MAX_SCHEMA_WORK)
  const text = new Budget(MAX_SCHEMA_TEXT)
  const given = { name, position, warnings, work, ...(documents === undefined ? {} : { documents }) }
  const entry = printer.add(new Reader(schema, given).read(), name, text)
  if (text.isSpent) warnings.addFirst('the type is too long, so parts of it are `unknown`')
  const comments = new Budget(MAX_SCHEMA_TEXT)
  printer.comments = comments
  const inPlace = printer.print(entry)
  // What needs no other types, or is one of them, stands for itself.
  const isAlone = inPlace.declarations === '' || /^\w+$/.test(inPlace.type)
  const named = isAlone ? { declarations: '', type: inPlace.type } : printer.declare(entry, name)
  if (comments.isSpent) warnings.addFirst('the descriptions are too long, so some are left out')
  return { declarations: inPlace.declarations + named.declarations, type: named.type, warnings: warnings.list }
}

export interface DeclarationOptions {
  /** `full` unless told otherwise. */
  readonly style?: Style
  /** Steps down from `style` until the text takes no more. */
  readonly maxTokens?: number
  /** Of the model that will read the text. Without it a token is taken to be 3.5 characters. */
  readonly countTokens?: (text: string) => number
}

/** The TypeScript of some tools, and what it does not say. */
export interface Declarations {
  readonly text: string
  readonly style: Style
  /** What a style or a budget left out, in words; empty where everything is said. */
  readonly omitted: readonly string[]
  readonly warnings: readonly ToolWarning[]
}

/** The TypeScript of some tools, under one namespace. */
export function declarationsFromTools(
  tools: ToolRecord | readonly Tool[],
  options: DeclarationOptions & { readonly namespace: string },
): Declarations {
  return declarationsFromCatalog(createCatalog(toolProvider({ name: options.namespace, tools })), options)
}

const CHARACTERS_PER_TOKEN = 3.5

/** The TypeScript of a catalog: an ambient namespace for each provider, a function for each tool. */
export function declarationsFromCatalog(catalog: Catalog, options: DeclarationOptions = {}): Declarations {
  const { style = 'full', maxTokens = Number.POSITIVE_INFINITY } = options
  const countTokens = options.countTokens ?? ((text: string) => Math.ceil(text.length / CHARACTERS_PER_TOKEN))
  if (!STYLES.includes(style)) throw new TypeError(`Unknown style ${style}; the styles are ${STYLES.join(', ')}`)
  const count = catalog.namespaces.reduce((sum, { tools }) => sum + tools.length, 0)
  const namespaces = parseNamespaces(catalog)
  const done = (
    written: readonly WrittenNamespace[],
    text: string,
    textStyle: Style,
    unlisted = written.reduce((sum, namespace) => sum + namespace.unlisted, 0),
  ): Declarations => ({
    text,
    style: textStyle,
    omitted: unlisted === 0 ? OMITTED[textStyle] : [...OMITTED[textStyle], `${unlisted} of ${count} tools`],
    warnings: [...namespaces, ...written].flatMap(({ warnings }) => warnings),
  })
  if (maxTokens === Number.POSITIVE_INFINITY) {
    const written = write(namespaces, RULES[style])
    return done(written, textOf(written), style)
  }
  // What may be written again is read once, and kept.
  const read = namespaces.map((namespace) => ({ ...namespace, tools: [...namespace.tools] }))
  const fits = (text: string): boolean => countTokens(text) <= maxTokens
  let written: readonly WrittenNamespace[] = []
  for (const candidate of STYLES.slice(STYLES.indexOf(style))) {
    written = write(read, RULES[candidate])
    const text = textOf(written)
    if (fits(text)) return done(written, text, candidate)
  }
  const listed = cut(written, fits)
  return done(written, textOf(written, listed), 'signatures', count - listed)
}

function parseNamespaces({ namespaces }: Catalog): ParsedNamespace<Generator<ParsedTool>>[] {
  const work = Allotment.amongNamespaces(MAX_CATALOG_WORK, namespaces.length)
  return namespaces.map(({ identifier, description, tools }) => {
    const listed = tools.slice(0, MAX_LISTED_TOOLS)
    const warnings: ToolWarning[] = []
    return {
      identifier,
      description,
      tools: parseTools(listed, warnings, work),
      count: listed.length,
      unlisted: tools.length - listed.length,
      warnings,
    }
  })
}

const OMITTED: { readonly [style in Style]: readonly string[] } = {
  full: [],
  compact: ['examples', 'long descriptions'],
  signatures: ['types', 'descriptions of properties', 'long descriptions'],
}

/** Where even the shortest style is too long, tools are left out from the end: as many as must be. */
function cut(written: readonly WrittenNamespace[], fits: (text: string) => boolean): number {
  let [kept, tooMany] = [0, written.reduce((sum, { functions }) => sum + functions.length, 0)]
  while (tooMany - kept > 1) {
    const middle = (kept + tooMany) >> 1
    if (fits(textOf(written, middle))) kept = middle
    else tooMany = middle
  }
  return kept
}

function write(read: readonly ParsedNamespace[], rules: StyleRules): WrittenNamespace[] {
  const text = Allotment.amongNamespaces(MAX_CATALOG_TEXT, read.length)
  return read.map((namespace) => writeNamespace(namespace, rules, text))
}

/** @param most how many tools there is room for */
function textOf(written: readonly WrittenNamespace[], most = Number.POSITIVE_INFINITY): string {
  let left = most
  const texts = written.map((namespace) => {
    const kept = Math.min(left, namespace.functions.length)
    left -= kept
    return namespaceText(namespace, kept)
  })
  return texts.join('\n')
}
