/** Shows primitives and keys. The rules are those of Node's `util.inspect`. */

interface TextLimits {
  readonly breakLength: number
  readonly maxStringLength: number
}

const UNLIMITED: TextLimits = { breakLength: Infinity, maxStringLength: Infinity }
const IDENTIFIER = /^[a-zA-Z_][a-zA-Z_0-9]*$/
const ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '\\': '\\\\',
  "'": "\\'",
}
const PLAIN = /^[ !#-&(-[\]-~]*$/
const LONE_SURROGATE = '[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]'
const UNPRINTABLE = new RegExp(`[\\x00-\\x1f\\\\\\x7f-\\x9f]|${LONE_SURROGATE}`, 'g')
const UNPRINTABLE_OR_QUOTE = new RegExp(`'|${UNPRINTABLE.source}`, 'g')

/** Returns a string as a literal, in single quotes or, if that avoids escapes, in other quotes. */
function quote(text: string): string {
  if (PLAIN.test(text)) return `'${text}'`
  if (!text.includes("'")) return `'${text.replace(UNPRINTABLE, escapeCharacter)}'`
  if (!text.includes('"')) return `"${text.replace(UNPRINTABLE, escapeCharacter)}"`
  if (!text.includes('`') && !text.includes('${')) return `\`${text.replace(UNPRINTABLE, escapeCharacter)}\``
  return `'${escapeText(text)}'`
}

/** Escapes quotes and unprintable characters for a literal in single quotes. */
function escapeText(text: string): string {
  return text.replace(UNPRINTABLE_OR_QUOTE, escapeCharacter)
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0)
  const hex = code.toString(16)
  return ESCAPES[character] ?? (code < 256 ? `\\x${hex.toUpperCase().padStart(2, '0')}` : `\\u${hex}`)
}

export function isPrimitive(value: unknown): value is string | number | bigint | boolean | symbol | null | undefined {
  return (typeof value !== 'object' && typeof value !== 'function') || value === null
}

/** @param indent column at which the text begins */
export function showPrimitive(value: unknown, limits = UNLIMITED, indent = 0): string {
  if (typeof value === 'string') return showString(value, limits, indent)
  if (typeof value === 'bigint') return `${value}n`
  return Object.is(value, -0) ? '-0' : String(value)
}

function showString(value: string, { breakLength, maxStringLength }: TextLimits, indent: number): string {
  const rest = value.length - maxStringLength
  const text = rest > 0 ? value.slice(0, maxStringLength) : value
  const more = rest > 0 ? `... ${counted(rest, 'more character')}` : ''
  if (text.length <= 16 || text.length <= breakLength - indent - 4) return quote(text) + more
  return (
    text
      .split(/(?<=\n)/)
      .map(quote)
      .join(` +\n${' '.repeat(indent + 2)}`) + more
  )
}

/** Returns the key of a property in approximately the form of source code. */
export function showKey(key: PropertyKey): string {
  if (typeof key === 'symbol') return escapeText(String(key))
  const name = String(key)
  return IDENTIFIER.test(name) && name !== '__proto__' ? name : quote(name)
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
