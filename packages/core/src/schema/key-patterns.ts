/** What a regular expression of property names means, where it means no more than a beginning, an end or a whole. */
export type KeyPattern =
  | { readonly kind: 'all' }
  | { readonly kind: 'one'; readonly key: string }
  | { readonly kind: 'template'; readonly prefix: string; readonly suffix: string }

/**
 * Reads `^x-`, `_id$`, `^name$` and patterns of anything. A pattern is never run: one that takes for ever to match is
 * read as quickly as any other.
 *
 * @returns undefined for a pattern that a template literal type cannot say
 */
export function parseKeyPattern(pattern: string): KeyPattern | undefined {
  const [, start = '', middle = '', end = ''] = /^(\^?)(.*?)(\$?)$/s.exec(pattern) ?? []
  if (pattern === '^$') return { kind: 'one', key: '' }
  if (middle === '' || middle === '.*') return { kind: 'all' }
  const text = unescapeLiteral(middle.replace(/^\.\*|\.\*$/g, ''))
  if (text === undefined) return undefined
  const isFixedStart = start !== '' && !middle.startsWith('.*')
  const isFixedEnd = end !== '' && !middle.endsWith('.*')
  if (isFixedStart && isFixedEnd) return { kind: 'one', key: text }
  if (isFixedStart) return { kind: 'template', prefix: text, suffix: '' }
  return isFixedEnd ? { kind: 'template', prefix: '', suffix: text } : undefined
}

/** Undefined where a character has a meaning. */
function unescapeLiteral(text: string): string | undefined {
  const literal = text.replace(/\\([^\p{L}\p{N}])/gu, '')
  return /[\\^$.*+?()[\]{}|]/.test(literal) ? undefined : text.replace(/\\(.)/gs, '$1')
}
