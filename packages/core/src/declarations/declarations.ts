import type { Catalog } from '../catalog/catalog.ts'
import { createCatalog } from '../catalog/catalog.ts'
import type { Namespace } from '../catalog/namespace.ts'
import { type ToolRecord, toolProvider } from '../catalog/provider.ts'
import type { Tool } from '../catalog/tool.ts'
import { assertKnownOptions } from '../contract/options.ts'
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
import { RULES, STYLES, type Style, type StyleRules, type TypedStyle } from '../schema/style.ts'
import { type SchemaWarning, Warnings } from '../schema/warnings.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import { compileWildcard } from '../values/wildcard.ts'
import {
  namespaceText,
  type ParsedNamespace,
  type ParsedTool,
  parseTools,
  type ToolWarning,
  type WrittenNamespace,
  writeNamespace,
} from './namespace.ts'
import { indexOf, signaturesOf, summaryOf } from './short-text.ts'

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
  /** Counts the tokens of a text as the model that reads it does. Default: one token per 3.5 characters. */
  readonly countTokens?: (text: string) => number
}

/** TypeScript declarations of tools, and what they leave out. */
export interface Declarations {
  readonly text: string
  /** Least detailed style of a namespace. */
  readonly style: Style
  /** Descriptions of what a style or a budget left out. Empty if nothing was left out. */
  readonly omitted: readonly string[]
  readonly warnings: readonly ToolWarning[]
}

/** Generates TypeScript declarations of tools in one namespace. */
export function declarationsFromTools(
  tools: ToolRecord | readonly Tool[],
  { namespace, ...options }: DeclarationOptions & { readonly namespace: string },
): Declarations {
  return declarationsFromCatalog(createCatalog(toolProvider({ name: namespace, tools })), options)
}

const CHARACTERS_PER_TOKEN = 3.5
/** Maximum length of instructions and an index together, in tokens. Pinned tools are not counted. */
const MAX_INDEX_TOKENS = 1_000
/** Length of the shortest signatures, in tokens. A catalog whose budget is less for each tool gets an index. */
const MIN_SIGNATURE_TOKENS = 4

const OPTIONS: readonly string[] = ['style', 'maxTokens', 'pinned', 'countTokens']

/** @throws `TypeError` for an invalid option */
export function assertDeclarationOptions(options: DeclarationOptions): void {
  assertKnownOptions('declarations', options, OPTIONS)
  const { style = 'full', maxTokens = 1, pinned = [], countTokens } = options
  if (!STYLES.includes(style)) throw new TypeError(`Unknown style ${style}; the styles are ${STYLES.join(', ')}`)
  if (!(maxTokens > 0)) throw new TypeError(`\`declarations.maxTokens\` must be a positive number; got ${maxTokens}`)
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
  const { style = 'full', maxTokens = Number.POSITIVE_INFINITY } = options
  const count = options.countTokens ?? ((text: string) => Math.ceil(text.length / CHARACTERS_PER_TOKEN))
  if (maxTokens === Number.POSITIVE_INFINITY && isTyped(style)) return typed(catalog, style)
  const pinned = pinnedTools(catalog, options.pinned ?? [])
  const budget = maxTokens - count(surrounding(false)) - (pinned === undefined ? 0 : count(pinned.text))
  const shortest = style === 'index' ? undefined : signatures(catalog, budget, count)
  const rest =
    shortest === undefined
      ? index(catalog, Math.min(budget, MAX_INDEX_TOKENS - count(surrounding(false))), count)
      : detail(catalog, style, shortest, { budget, whole: maxTokens - count(surrounding(true)), count })
  if (pinned === undefined || rest.style === 'full') return rest
  return { ...rest, text: `${pinned.text}\n${rest.text}`, warnings: [...pinned.warnings, ...rest.warnings] }
}

const isTyped = (style: Style): style is TypedStyle => style === 'full' || style === 'compact'

/** Declares everything in one style. */
function typed(catalog: Pick<Catalog, 'size'> & PartialCatalog, style: TypedStyle): Declarations {
  const namespaces = parseNamespaces(catalog)
  const written = write(namespaces, RULES[style])
  const unlisted = written.reduce((sum, namespace) => sum + namespace.unlisted, 0)
  return {
    text: written.map(namespaceText).join('\n'),
    style,
    omitted: unlisted === 0 ? OMITTED[style] : [...OMITTED[style], `${unlisted} of ${catalog.size} tools`],
    warnings: [...namespaces, ...written].flatMap(({ warnings }) => warnings),
  }
}

/** Declares the tools that match a pattern in full. Returns undefined if none does. */
function pinnedTools(catalog: Catalog, patterns: readonly string[]): Declarations | undefined {
  const matchers = patterns.map(compileWildcard)
  const paths = matchers.length === 0 ? [] : catalog.namespaces.flatMap(({ tools }) => tools.map(({ path }) => path))
  const chosen = paths.filter((path) => matchers.some((matches) => matches(path)))
  return chosen.length === 0 ? undefined : typed(partOf(catalog, chosen), 'full')
}

/** Writes the signatures of all tools by namespace. Returns undefined if they exceed the budget. */
function signatures(catalog: Catalog, budget: number, count: (text: string) => number): string[] | undefined {
  if (catalog.size * MIN_SIGNATURE_TOKENS > budget) return undefined
  const texts: string[] = []
  let left = budget
  for (const namespace of catalog.namespaces) {
    const text = signaturesOf(namespace)
    left -= count(text)
    if (left < 0) return undefined
    texts.push(text)
  }
  return texts
}

function index(catalog: Catalog, budget: number, count: (text: string) => number): Declarations {
  const { text, listed } = indexOf(catalog, (each) => count(each) <= budget)
  const unnamed = catalog.size - listed
  const omitted = unnamed === 0 ? OMITTED.index : [...OMITTED.index, `${unnamed} of ${catalog.size} tools`]
  return { text, style: 'index', omitted, warnings: [] }
}

/** Replaces signatures by types where the budget suffices: in all namespaces, or else in those where it costs least. */
function detail(
  catalog: Catalog,
  style: Style,
  shortest: readonly string[],
  { budget, whole, count }: { budget: number; whole: number; count: (text: string) => number },
): Declarations {
  const styles: Style[] = shortest.map(() => 'signatures')
  const texts = [...shortest]
  const warnings: ToolWarning[][] = shortest.map(() => [])
  let used = shortest.reduce((sum, text) => sum + count(text), 0)
  if (isTyped(style)) {
    // The schemas are read once, since the text may be written several times.
    const parsed = parseNamespaces(catalog).map((namespace) => ({ ...namespace, tools: [...namespace.tools] }))
    for (const candidate of STYLES.slice(STYLES.indexOf(style)).filter(isTyped)) {
      const written = write(parsed, RULES[candidate])
      const better = written.map((namespace, at) => {
        const text = namespaceText(namespace)
        return { at, text, cost: count(text) - count(texts[at] as string), warnings: namespace.warnings }
      })
      better.sort((a, b) => a.cost - b.cost)
      const total = better.reduce((sum, { cost }) => sum + cost, used)
      for (const { at, text, cost, warnings: found } of better) {
        if (styles[at] !== 'signatures' || (total > whole && used + cost > budget)) continue
        texts[at] = text
        styles[at] = candidate
        warnings[at] = [...(parsed[at]?.warnings ?? []), ...found]
        used += cost
      }
    }
  }
  const least = STYLES.findLast((each) => styles.includes(each)) ?? style
  return { text: texts.join('\n'), style: least, omitted: OMITTED[least], warnings: warnings.flat() }
}

/** Declares some tools in full, for one reading. */
export function declarationsOf(catalog: Catalog, paths: readonly string[]): Declarations {
  return typed(partOf(catalog, paths), 'full')
}

/** Returns a catalog with some of the tools. */
function partOf({ namespaces }: Catalog, paths: readonly string[]): Pick<Catalog, 'size'> & PartialCatalog {
  const chosen = new Set(paths)
  const parts = namespaces.flatMap(({ identifier, description, tools }) => {
    const found = chosen.size === 0 ? [] : tools.filter(({ path }) => chosen.has(path))
    return found.length === 0 ? [] : [{ identifier, description: summaryOf(description), tools: found }]
  })
  return { namespaces: parts, size: parts.reduce((sum, { tools }) => sum + tools.length, 0) }
}

interface PartialCatalog {
  readonly namespaces: readonly Pick<Namespace, 'identifier' | 'description' | 'tools'>[]
}

function parseNamespaces({ namespaces }: PartialCatalog): ParsedNamespace<Generator<ParsedTool>>[] {
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
  signatures: ['types', 'descriptions'],
  index: ['types', 'parameters', 'descriptions'],
}

function write(read: readonly ParsedNamespace[], rules: StyleRules): WrittenNamespace[] {
  const text = Allotment.amongNamespaces(MAX_CATALOG_TEXT, read.length)
  return read.map((namespace) => writeNamespace(namespace, rules, text))
}
