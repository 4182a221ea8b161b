import type { Catalog } from '../catalog/catalog.ts'
import { createCatalog } from '../catalog/catalog.ts'
import { type ToolRecord, toolProvider } from '../catalog/provider.ts'
import type { Tool } from '../catalog/tool.ts'
import {
  Allotment,
  Budget,
  MAX_CATALOG_TEXT,
  MAX_CATALOG_WORK,
  MAX_LISTED_TOOLS,
  MAX_SCHEMA_TEXT,
  MAX_SCHEMA_WORK,
} from '../schema/bounds.ts'
import { docsBy } from '../schema/doc.ts'
import { TypeNames } from '../schema/names.ts'
import { Printer } from '../schema/printer.ts'
import { type Position, Reader } from '../schema/reader.ts'
import type { Documents } from '../schema/references.ts'
import { RULES, STYLES, type Style, type StyleRules } from '../schema/style.ts'
import { type SchemaWarning, Warnings } from '../schema/warnings.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import {
  namespaceText,
  type ParsedNamespace,
  type ParsedTool,
  parseTools,
  type ToolWarning,
  type WrittenNamespace,
  writeNamespace,
} from './namespace.ts'

/** Options for converting one schema. */
export interface TypeOptions {
  /** Name of the type, if it needs one. */
  readonly name: string
  /**
   * How the values of the schema are used. Default: `value`, which follows the schema literally.
   *
   * @default 'value'
   */
  readonly position?: Position
  /** Other documents that references may point to, by absolute URI. Nothing is fetched. */
  readonly documents?: Documents
}

/** The TypeScript type of one schema. */
export interface SchemaType {
  /** Declarations of the named types that `type` uses. */
  readonly declarations: string
  /** A type expression. */
  readonly type: string
  /** Parts of the schema that the type does not express. The type is then wider than the schema, never narrower. */
  readonly warnings: readonly SchemaWarning[]
}

/**
 * Converts one schema of JSON Schema draft-04 to 2020-12, or of OpenAPI 3. Every valid value is assignable to the type.
 */
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
  // A type that needs no other types, or is the name of one, needs no declaration.
  const isAlone = inPlace.declarations === '' || /^\w+$/.test(inPlace.type)
  const named = isAlone ? { declarations: '', type: inPlace.type } : printer.declare(entry, name)
  if (comments.isSpent) warnings.addFirst('the descriptions are too long, so some are left out')
  return { declarations: inPlace.declarations + named.declarations, type: named.type, warnings: warnings.list }
}

/** Detail level and token budget of declarations. */
export interface DeclarationOptions {
  /**
   * Detail level of the declarations. Default: `full`.
   *
   * @default 'full'
   */
  readonly style?: Style
  /**
   * Maximum length of the text in tokens. If the text is longer, less detailed styles are tried, and then tools are
   * left out. Default: no maximum.
   *
   * @default Infinity
   */
  readonly maxTokens?: number
  /** Counts the tokens of a text as the model that reads it does. Default: one token per 3.5 characters. */
  readonly countTokens?: (text: string) => number
}

/** TypeScript declarations of tools, and what they leave out. */
export interface Declarations {
  readonly text: string
  readonly style: Style
  /** Descriptions of what a style or a budget left out. Empty if nothing was left out. */
  readonly omitted: readonly string[]
  readonly warnings: readonly ToolWarning[]
}

/** Generates TypeScript declarations of tools in one namespace. */
export function declarationsFromTools(
  tools: ToolRecord | readonly Tool[],
  options: DeclarationOptions & { readonly namespace: string },
): Declarations {
  return declarationsFromCatalog(createCatalog(toolProvider({ name: options.namespace, tools })), options)
}

const CHARACTERS_PER_TOKEN = 3.5

/**
 * Generates TypeScript declarations of a catalog: an ambient namespace for each provider, and a function for each tool.
 */
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
  // The schemas are read once, since the text may be written several times.
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

/** Returns how many tools fit if even the shortest style is too long. Tools are left out from the end. */
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

/** @param most maximum number of tools */
function textOf(written: readonly WrittenNamespace[], most = Number.POSITIVE_INFINITY): string {
  let left = most
  const texts = written.map((namespace) => {
    const kept = Math.min(left, namespace.functions.length)
    left -= kept
    return namespaceText(namespace, kept)
  })
  return texts.join('\n')
}
