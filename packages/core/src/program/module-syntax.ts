import { blank } from './positions.ts'

/** A text without its module syntax, so that the rest can be parsed as a function body. */
export interface WithoutModuleSyntax {
  /** The text, with the same length and the same lines as the original. */
  readonly text: string
  readonly imports: readonly Import[]
}

interface Import {
  readonly start: number
  /** The import statement, with its type imports blanked out. */
  readonly text: string
  /** Names that the import declares. Empty for an import that declares none: `import "x"`. */
  readonly names: readonly string[]
}

const IMPORT =
  /^[ \t]*import\b[ \t]*(type\b(?![ \t]*(?:,|from\b))[ \t]*)?([\w$*{][^'"`;()]{0,5000}?\bfrom\b\s*)?(["'])[^"'\n]*\3(?:[ \t]*with[ \t]*\{[^{}]*\})?[ \t]*;?/gm
/** Matches `export` before a declaration. `export type { … }` and `export type *` are left to the type stripper. */
const EXPORT =
  /^([ \t]*)export(?=[ \t]+(?:declare|abstract|async|function|class|const|let|var|enum|interface|type)\b(?![ \t]*[{*]))/gm

/** Removes imports, and `export` before declarations. Returns undefined if the text has neither. */
export function withoutModuleSyntax(text: string): WithoutModuleSyntax | undefined {
  const imports: Import[] = []
  const rest = text
    .replace(IMPORT, (statement: string, type: string | undefined, clause = '', _quote, start: number) => {
      const values = clause.replace(/\btype\s+[\w$]+(?:\s+as\s+[\w$]+)?\s*,?/g, blank)
      const names = type === undefined ? namesOf(values) : []
      const isOfTypes = type !== undefined || (clause !== '' && names.length === 0)
      if (!isOfTypes) imports.push({ start, text: statement.replace(clause, () => values), names })
      return blank(statement)
    })
    .replace(EXPORT, (_, indent: string) => `${indent}      `)
  return rest === text ? undefined : { text: rest, imports }
}

/** Returns the names that an import clause declares: the name after `as`, or the only name. */
const namesOf = (clause: string): string[] =>
  [...clause.replace(/\bfrom\s*$/, '').matchAll(/(?:[\w$]+\s+as\s+|\*\s*as\s+)?([\w$]+)/g)].map(
    ([, name]) => name as string,
  )

/**
 * Restores imports, so that the parser rejects them. Imports whose names are used only as types stay out, as in every
 * TypeScript compiler.
 *
 * @param stripped the text without its types, at the same offsets
 */
export function withUsedImports(stripped: string, { text, imports }: WithoutModuleSyntax): string {
  let result = stripped
  for (const each of imports) {
    if (each.names.length > 0 && each.names.every((name) => uses(text, name) && !uses(stripped, name))) continue
    result = result.slice(0, each.start) + each.text + result.slice(each.start + each.text.length)
  }
  return result
}

const uses = (text: string, name: string): boolean =>
  new RegExp(`(?<![\\w$.])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(text)
