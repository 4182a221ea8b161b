import type { Catalog } from '../catalog/catalog.ts'
import type { CatalogTool, Namespace } from '../catalog/namespace.ts'
import { Allotment, MAX_CATALOG_TEXT, MAX_CATALOG_WORK, MAX_LISTED_TOOLS } from '../schema/bounds.ts'
import { RULES, type Style, type TypedStyle } from '../schema/style.ts'
import {
  namespaceText,
  type ParsedNamespace,
  type ParsedTool,
  parseTools,
  type ToolWarning,
  type WrittenNamespace,
  writeNamespace,
} from './namespace.ts'
import { summaryOf } from './short-text.ts'

/** TypeScript declarations of tools, and what they leave out. */
export interface Declarations {
  readonly text: string
  /** Least detailed style of a namespace. */
  readonly style: Style
  /** Descriptions of what a style or a budget left out. Empty if nothing was left out. */
  readonly omitted: readonly string[]
  readonly warnings: readonly ToolWarning[]
}

/** Declares everything in one style. */
export function declareAll(catalog: PartialCatalog, style: TypedStyle): Declarations {
  const namespaces = parseNamespaces(catalog)
  const written = writeNamespaces(namespaces, style)
  const unlisted = written.reduce((sum, namespace) => sum + namespace.unlisted, 0)
  return {
    text: written.map(namespaceText).join('\n'),
    style,
    omitted: omittedBy(style, unlisted, catalog.size),
    warnings: [...namespaces, ...written].flatMap(({ warnings }) => warnings),
  }
}

/** Returns a catalog with some of the tools. Only their namespaces are read. */
export function partOf(catalog: Catalog, paths: readonly string[]): PartialCatalog {
  const chosen = new Map<Namespace, Set<CatalogTool>>()
  for (const path of paths) {
    const namespace = catalog.namespace(path.slice(0, path.indexOf('.')))
    const tool = catalog.find(path)
    if (namespace === undefined || tool === undefined) continue
    chosen.set(namespace, (chosen.get(namespace) ?? new Set()).add(tool))
  }
  const namespaces = [...chosen].map(([{ identifier, description }, tools]) => ({
    identifier,
    description: summaryOf(description),
    tools: [...tools],
  }))
  return { namespaces, size: namespaces.reduce((sum, { tools }) => sum + tools.length, 0) }
}

/** The part of a catalog that is declared. */
export interface PartialCatalog {
  readonly size: number
  readonly namespaces: readonly Pick<Namespace, 'identifier' | 'description' | 'tools'>[]
}

export function parseNamespaces({ namespaces }: PartialCatalog): ParsedNamespace<Generator<ParsedTool>>[] {
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

/** @param unlisted number of tools that are not declared at all */
export const omittedBy = (style: Style, unlisted: number, size: number): readonly string[] =>
  unlisted === 0 ? OMITTED[style] : [...OMITTED[style], `${unlisted} of ${size} tools`]

export function writeNamespaces(read: readonly ParsedNamespace[], style: TypedStyle): WrittenNamespace[] {
  const text = Allotment.amongNamespaces(MAX_CATALOG_TEXT, read.length)
  return read.map((namespace) => writeNamespace(namespace, RULES[style], text))
}
