/** The meaning of a property name pattern that matches every name, one name, or names with a fixed prefix or suffix. */
export type KeyPattern =
  | { readonly kind: 'all' }
  | { readonly kind: 'one'; readonly key: string }
  | { readonly kind: 'template'; readonly prefix: string; readonly suffix: string }

/**
 * Parses patterns such as `^x-`, `_id$` and `^name$`, and patterns that match every name. The pattern is never
 * executed, so a pattern with exponential matching time costs no more than any other.
 *
 * @returns undefined for a pattern that a template literal type cannot express
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

/** Removes the escapes from a literal pattern. Returns undefined if a character has a special meaning. */
function unescapeLiteral(text: string): string | undefined {
  const literal = text.replace(/\\([^\p{L}\p{N}])/gu, '')
  return /[\\^$.*+?()[\]{}|]/.test(literal) ? undefined : text.replace(/\\(.)/gs, '$1')
}
