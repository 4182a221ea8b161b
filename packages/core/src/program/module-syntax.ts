import { blank } from './positions.ts'

/** Statements that only a module may have, taken out so that the rest can be read as the body of a function. */
export interface WithoutModuleSyntax {
  /** As long as the text it was made of, line for line. */
  readonly text: string
  readonly imports: readonly Import[]
}

interface Import {
  readonly start: number
  /** Without what it imports as types. */
  readonly text: string
  /** Empty for one that imports types alone. */
  readonly names: readonly string[]
}

const IMPORT =
  /^[ \t]*import\b[ \t]*(type\b(?![ \t]*(?:,|from\b))[ \t]*)?([\w$*{][^'"`;()]{0,5000}?\bfrom\b\s*)?(["'])[^"'\n]*\3(?:[ \t]*with[ \t]*\{[^{}]*\})?[ \t]*;?/gm
/** What TypeScript exports beside values and functions vanishes with the types. */
const EXPORT =
  /^([ \t]*)export(?=[ \t]+(?:declare|abstract|async|function|class|const|let|var|enum|interface|type)\b(?![ \t]*[{*]))/gm

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

/** The names that a clause declares: what stands behind `as`, or alone. */
const namesOf = (clause: string): string[] =>
  [...clause.replace(/\bfrom\s*$/, '').matchAll(/(?:[\w$]+\s+as\s+|\*\s*as\s+)?([\w$]+)/g)].map(
    ([, name]) => name as string,
  )

/**
 * Puts imports back whose names a program uses, which its reader then refuses. Those whose names stood for types alone
 * are left out, as every compiler of TypeScript leaves them out.
 *
 * @param stripped the text without its types, place for place
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
