import type { Catalog } from '../catalog/catalog.ts'
import type { CatalogTool, Namespace } from '../catalog/namespace.ts'
import { shorten } from '../schema/doc.ts'
import { inOneLine } from '../values/one-line.ts'
import { outlineOf } from './outline.ts'

/** Maximum length of the description of a namespace, in characters. */
const MAX_SUMMARY = 80

/**
 * Returns the start of a description on one line, cut at the end of a sentence if possible.
 */
export function summaryOf(description: string | undefined, length = MAX_SUMMARY): string {
  return shorten(inOneLine((description ?? '').slice(0, 4 * length)).trim(), length)
}

/** Writes a comment that its text cannot end. */
const comment = (text: string): string => `/* ${text.replaceAll('*/', '*\\/')}${text.endsWith('\n') ? '' : ' '}*/\n`

/**
 * Returns a comment with one line for each tool of a namespace.
 *
 * @param except tools that are declared elsewhere. Default: none
 */
export function signaturesOf(namespace: Namespace, except: readonly CatalogTool[] = []): string {
  const others = except.length === 0 ? namespace.tools : namespace.tools.filter((tool) => !except.includes(tool))
  const lines = others.map(outlineOf)
  return comment(`${headOf(namespace)}\n${lines.join('\n')}\n`)
}

/**
 * Returns a comment for each namespace with the names of its tools, as many as fit: first the namespaces, then names of
 * each in turns.
 *
 * @param fits whether a text is short enough
 * @returns the text, and the number of tools that it names
 */
export function indexOf(catalog: Catalog, fits: (text: string) => boolean): { text: string; listed: number } {
  const { namespaces } = catalog
  const whole = (count: number, names: number) => {
    const text = namespaces
      .slice(0, count)
      .map((each) => entryOf(each, names))
      .join('')
    const more = namespaces.length - count
    return more === 0 ? text : `${text}/* and ${more} more namespaces */\n`
  }
  const most = namespaces.reduce((max, { size }) => Math.max(max, size), 0)
  const count = largest(namespaces.length, (each) => fits(whole(each, 0)))
  const names = count < namespaces.length ? 0 : largest(most, (each) => fits(whole(count, each)))
  const listed = namespaces.slice(0, count).reduce((sum, { size }) => sum + Math.min(size, names), 0)
  return { text: whole(count, names), listed }
}

function entryOf(namespace: Namespace, names: number): string {
  const head = headOf(namespace)
  if (names === 0) return comment(head)
  const named = namespace.tools.slice(0, names).map(({ identifier }) => identifier)
  const more = namespace.size - named.length
  return comment(`${head}\n${named.join(', ')}${more > 0 ? `, and ${more} more` : ''}`)
}

function headOf({ identifier, description, size }: Namespace): string {
  const summary = summaryOf(description)
  return `${identifier}, ${size} ${size === 1 ? 'tool' : 'tools'}${summary === '' ? '' : `: ${summary}`}`
}

/** Returns the largest number up to a maximum that a monotonous condition accepts, or 0. */
function largest(most: number, accepts: (count: number) => boolean): number {
  let [kept, tooMany] = [0, most + 1]
  while (tooMany - kept > 1) {
    const middle = (kept + tooMany) >> 1
    if (accepts(middle)) kept = middle
    else tooMany = middle
  }
  return kept
}
