import type { Catalog } from '../catalog/catalog.ts'
import { createCatalog } from '../catalog/catalog.ts'
import { type ToolRecord, toolProvider } from '../catalog/provider.ts'
import type { Tool } from '../catalog/tool.ts'
import { assertKnownOptions } from '../contract/options.ts'
import { Budget, MAX_SCHEMA_TEXT, MAX_SCHEMA_WORK } from '../schema/bounds.ts'
import { docsBy } from '../schema/doc.ts'
import { TypeNames } from '../schema/names.ts'
import { Printer } from '../schema/printer.ts'
import { type Position, Reader } from '../schema/reader.ts'
import type { Documents } from '../schema/references.ts'
import { RULES, STYLES, type Style } from '../schema/style.ts'
import { type SchemaWarning, Warnings } from '../schema/warnings.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import { declareWithin } from './budget.ts'
import { estimateTokens } from './estimate-tokens.ts'
import { type Declarations, declareAll, partOf } from './typed-text.ts'

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
   * Most detailed style of the declarations. Default: `full`.
   *
   * @default 'full'
   */
  readonly style?: Style
  /**
   * Maximum length in tokens, of the instructions and the declarations together if there are instructions. If full
   * declarations are longer, namespaces get shorter styles, and in the end all together an index of at most 1,000 tokens.
   * Default: 6,000 for a code mode; no maximum for declarations alone.
   *
   * @default 6_000
   */
  readonly maxTokens?: number
  /**
   * Tools that are always declared in full, as `namespace.tool` or a pattern such as `github.*`. Default: none.
   *
   * @default []
   */
  readonly pinned?: readonly string[]
  /** Counts the tokens of a text as the model that reads it does. Default: an estimate that is rather too high. */
  readonly countTokens?: (text: string) => number
}

/** Generates TypeScript declarations of tools in one namespace. */
export function declarationsFromTools(
  tools: ToolRecord | readonly Tool[],
  { namespace, ...options }: DeclarationOptions & { readonly namespace: string },
): Declarations {
  return declarationsFromCatalog(createCatalog(toolProvider({ name: namespace, tools })), options)
}

const OPTIONS: readonly string[] = ['style', 'maxTokens', 'pinned', 'countTokens']

/** @throws `TypeError` for an invalid option */
export function assertDeclarationOptions(options: DeclarationOptions): void {
  assertKnownOptions('declarations', options, OPTIONS)
  const { style = 'full', maxTokens = 1, pinned = [], countTokens } = options
  if (!STYLES.includes(style)) throw new TypeError(`Unknown style ${style}; the styles are ${STYLES.join(', ')}`)
  if (typeof maxTokens !== 'number' || !(maxTokens > 0))
    throw new TypeError(`\`declarations.maxTokens\` must be a positive number; got ${maxTokens}`)
  if (!Array.isArray(pinned) || !pinned.every((each) => typeof each === 'string'))
    throw new TypeError('`declarations.pinned` must be a list of patterns such as `github.*`')
  if (countTokens !== undefined && typeof countTokens !== 'function')
    throw new TypeError('`declarations.countTokens` must be a function')
}

/**
 * Generates TypeScript declarations of a catalog: an ambient namespace for each provider, and a function for each tool.
 * Shorter styles are comments.
 *
 * @param surrounding text that counts as part of the budget. It depends on whether something is left out. Default: none
 */
export function declarationsFromCatalog(
  catalog: Catalog,
  options: DeclarationOptions = {},
  surrounding: (isWhole: boolean) => string = () => '',
): Declarations {
  assertDeclarationOptions(options)
  const { style = 'full', maxTokens = Number.POSITIVE_INFINITY, pinned = [] } = options
  if (maxTokens === Number.POSITIVE_INFINITY && (style === 'full' || (style === 'compact' && pinned.length === 0)))
    return declareAll(catalog, style)
  return declareWithin(catalog, {
    style,
    maxTokens,
    pinned,
    count: options.countTokens ?? estimateTokens,
    surrounding,
  })
}

/** Declares some tools in full, for one reading. */
export function declarationsOf(catalog: Catalog, paths: readonly string[]): Declarations {
  return declareAll(partOf(catalog, paths), 'full')
}
