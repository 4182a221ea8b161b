import type { Catalog } from '../catalog/catalog.ts'
import type { CatalogTool, Namespace } from '../catalog/namespace.ts'
import { STYLES, type Style, type TypedStyle } from '../schema/style.ts'
import { compileWildcard } from '../values/wildcard.ts'
import { namespaceText, type ToolWarning } from './namespace.ts'
import { indexOf, signaturesOf } from './short-text.ts'
import { type Declarations, declareAll, omittedBy, parseNamespaces, partOf, writeNamespaces } from './typed-text.ts'

/** Budget for the declarations of a catalog. */
export interface DeclarationBudget {
  readonly style: Style
  readonly maxTokens: number
  /** Patterns of tools that are declared in full. */
  readonly pinned: readonly string[]
  /** Counts tokens. */
  readonly count: (text: string) => number
  /** Text that counts as part of the budget. */
  readonly surrounding: (isWhole: boolean) => string
}

/** Maximum length of instructions and an index together, in tokens. Pinned tools are not counted. */
const MAX_INDEX_TOKENS = 1_000
/** Length of the shortest signatures, in tokens. A catalog whose budget is less for each tool gets an index. */
const MIN_SIGNATURE_TOKENS = 4
/** Tokens of the fence around the declarations. */
const FENCE_TOKENS = 8

/** The text of one namespace. Pinned tools stand at the top of all texts. */
interface Part {
  readonly pinned: Declarations | undefined
  style: Style
  text: string
  /** Tokens of the text and of its pinned tools. */
  tokens: number
  warnings: readonly ToolWarning[]
  unlisted: number
}

/**
 * Declares a catalog within a budget: as much as possible in full, then compact, then by signatures. If signatures do not
 * fit, the whole catalog gets an index.
 */
export function declareWithin(catalog: Catalog, budget: DeclarationBudget): Declarations {
  const { style, maxTokens, count, surrounding } = budget
  const pinned = pinnedTools(catalog, budget.pinned)
  const available = maxTokens - count(surrounding(false)) - FENCE_TOKENS
  const parts = style === 'index' ? undefined : signatureParts(catalog, pinned, available, count)
  if (parts === undefined) return declareIndex(catalog, pinned, available, budget)
  const candidates = STYLES.slice(STYLES.indexOf(style)).filter(isTyped)
  if (candidates.length === 0) return joined(catalog, parts)
  // The schemas are read once, since the text may be written several times.
  const parsed = parseNamespaces(catalog).map((namespace) => ({ ...namespace, tools: [...namespace.tools] }))
  for (const candidate of candidates) {
    const better = writeNamespaces(parsed, candidate).map((written, at): Part => {
      const text = namespaceText(written)
      const warnings = [...(parsed[at]?.warnings ?? []), ...written.warnings]
      const part = parts[at] as Part
      return { ...part, style: candidate, text, tokens: count(text), warnings, unlisted: written.unlisted }
    })
    if (candidate === 'full' && better.every(({ unlisted }) => unlisted === 0)) {
      const whole = better.reduce((sum, { tokens }) => sum + tokens, 0)
      if (whole <= maxTokens - count(surrounding(true)) - FENCE_TOKENS) return joined(catalog, better)
    }
    upgrade(parts, better, available)
  }
  return joined(catalog, parts)
}

const isTyped = (style: Style): style is TypedStyle => style === 'full' || style === 'compact'

/** Replaces signatures by types, first where that costs least, as long as the whole stays within the budget. */
function upgrade(parts: Part[], better: readonly Part[], available: number): void {
  const cost = (at: number) => (better[at] as Part).tokens - (parts[at] as Part).tokens
  let used = parts.reduce((sum, { tokens }) => sum + tokens, 0)
  // A part of a namespace in full and the rest compact would declare types twice.
  const candidates = [...parts.keys()].filter((at) => {
    const { style, pinned } = parts[at] as Part
    return style === 'signatures' && (better[at]?.style === 'full' || pinned === undefined)
  })
  for (const at of candidates.sort((a, b) => cost(a) - cost(b))) {
    if (used + cost(at) > available) continue
    used += cost(at)
    parts[at] = better[at] as Part
  }
}

/** Returns the signatures of all tools by namespace, or undefined if they exceed the budget. */
function signatureParts(
  catalog: Catalog,
  pinned: ReadonlyMap<Namespace, readonly CatalogTool[]>,
  available: number,
  count: (text: string) => number,
): Part[] | undefined {
  if (catalog.size * MIN_SIGNATURE_TOKENS > available) return undefined
  const parts: Part[] = []
  let left = available
  for (const namespace of catalog.namespaces) {
    const chosen = pinned.get(namespace)
    const declared = chosen === undefined ? undefined : declarePinned(catalog, chosen)
    const signatures = signaturesOf(namespace, chosen)
    const tokens = count(signatures) + (declared === undefined ? 0 : count(declared.text))
    left -= tokens
    if (left < 0) return undefined
    parts.push({
      pinned: declared,
      style: 'signatures',
      text: signatures,
      tokens,
      warnings: declared?.warnings ?? [],
      unlisted: 0,
    })
  }
  return parts
}

function declareIndex(
  catalog: Catalog,
  pinned: ReadonlyMap<Namespace, readonly CatalogTool[]>,
  available: number,
  { count, surrounding }: DeclarationBudget,
): Declarations {
  const first = pinned.size === 0 ? undefined : declarePinned(catalog, [...pinned.values()].flat())
  const room = Math.min(
    available - (first === undefined ? 0 : count(first.text)),
    MAX_INDEX_TOKENS - count(surrounding(false)) - FENCE_TOKENS,
  )
  const { text, listed } = indexOf(catalog, (each) => count(each) <= room)
  return {
    text: first === undefined ? text : `${first.text}\n${text}`,
    style: 'index',
    omitted: omittedBy('index', catalog.size - listed, catalog.size),
    warnings: first?.warnings ?? [],
  }
}

/** Returns the tools that match a pattern, by namespace. */
function pinnedTools(
  { namespaces }: Catalog,
  patterns: readonly string[],
): ReadonlyMap<Namespace, readonly CatalogTool[]> {
  const matchers = patterns.map(compileWildcard)
  const pinned = new Map<Namespace, readonly CatalogTool[]>()
  if (matchers.length === 0) return pinned
  for (const namespace of namespaces) {
    const found = namespace.tools.filter(({ path }) => matchers.some((matches) => matches(path)))
    if (found.length > 0) pinned.set(namespace, found)
  }
  return pinned
}

const declarePinned = (catalog: Catalog, tools: readonly CatalogTool[]): Declarations =>
  declareAll(
    partOf(
      catalog,
      tools.map(({ path }) => path),
    ),
    'full',
  )

function joined(catalog: Catalog, parts: readonly Part[]): Declarations {
  const pinned = parts.flatMap(({ pinned: declared, style }) =>
    declared === undefined || style === 'full' ? [] : [declared.text],
  )
  const style = STYLES.findLast((each) => parts.some((part) => part.style === each)) ?? 'full'
  const unlisted = parts.reduce((sum, part) => sum + part.unlisted, 0)
  return {
    text: [...pinned, ...parts.map(({ text }) => text)].join('\n'),
    style,
    omitted: omittedBy(style, unlisted, catalog.size),
    warnings: parts.flatMap(({ warnings }) => warnings),
  }
}
