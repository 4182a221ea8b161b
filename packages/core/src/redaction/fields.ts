/** The text that replaces every secret. */
export const REDACTED = '[redacted]'

/**
 * Matches the name of a field that holds a secret, and the separator before its value: `password=`, `"api_key": `,
 * `X-Api-Key: `, `clientSecret => `. It does not match the parser message "Unexpected token = in JSON".
 */
const FIELD =
  /(x-[\w-]{0,40}?(?:key|token|secret|signature)|(?:proxy-)?authorization|(?:api|access|account|subscription|signing|encryption|private|secret(?:[-_ ]?access)?)[-_ ]?key|pass(?:word|wd|phrase)|pwd(?==)|secret|(?<!unexpected )token)(\\{0,16}["'`])?\s{0,8}(%3d|=>|:=|=(?!=)|:(?![:=]))\s{0,8}/gi

const AUTHORIZATION = /authorization$/i

/** Matches schemes whose credentials are one word. */
const ONE_WORD = /(?:bearer|basic|token|apikey|api-key|negotiate|ntlm|dpop|bot)\s{1,8}(?=[^\s"'`<])/iy
/** Matches schemes whose credentials are a list, such as `Digest username="…", response="…"`. */
const LIST = /(?:digest|hawk|oauth|signature|aws4-hmac-sha256)\s{1,8}(?=\S)/iy

const QUOTE = /(\\{0,16})(["'`])/y
/** Matches text up to a space, an ampersand or a quote. A placeholder such as `<token>` is not a secret. */
const WORD = /(?!<)(?:[^\s"'`&\\]|\\(?!\\*["'`]))+/y
const ENCODED_WORD = /(?:[^\s"'`&\\%]|%(?!26))+/y
const LINE = /[^\r\n]+/y

/** Replaces the values of fields that hold secrets. */
export function redactFields(text: string): string {
  let redacted = ''
  let from = 0
  for (const field of text.matchAll(FIELD)) {
    // This name is part of a value that has been replaced.
    if (field.index < from) continue
    const value = secretAt(text, field)
    if (value === undefined) continue
    redacted += text.slice(from, value.start) + REDACTED
    from = value.end
  }
  return redacted + text.slice(from)
}

interface Span {
  readonly start: number
  readonly end: number
}

function secretAt(text: string, field: RegExpExecArray): Span | undefined {
  const [whole, name = '', closing, separator = ''] = field
  const at = field.index + whole.length
  const quote = matchAt(QUOTE, text, at)
  if (quote !== undefined) {
    const [opening, backslashes = '', mark = ''] = quote
    const start = at + opening.length
    const end = endOfQuoted(text, start, mark, backslashes.length)
    return end === start ? undefined : { start, end }
  }
  if (AUTHORIZATION.test(name)) {
    const scheme = matchAt(ONE_WORD, text, at)?.[0] ?? ''
    if (scheme !== '') return spanOf(WORD, text, at + scheme.length)
    const list = matchAt(LIST, text, at)?.[0] ?? ''
    if (list !== '') return spanOf(LINE, text, at + list.length)
  }
  const span = spanOf(separator.startsWith('%') ? ENCODED_WORD : WORD, text, at)
  if (span === undefined || isAssignment(name, separator)) return span
  const value = text.slice(span.start, span.end)
  return looksSecret(value, closing !== undefined) ? span : undefined
}

/** Returns false if prose may follow the separator, as in "Invalid password: must not be empty". */
function isAssignment(name: string, separator: string): boolean {
  return (separator !== ':' && !AUTHORIZATION.test(name)) || /^x-/i.test(name)
}

/** Returns whether a value looks like a secret. The value of a quoted key is not prose, but may be `null` or `{`. */
function looksSecret(value: string, isQuotedKey: boolean): boolean {
  if (value.length >= 20) return true
  return (isQuotedKey || value.length >= 6) && /\d/.test(value)
}

/**
 * Returns the end of a quoted value: the position before its closing quote, or the end of a text that was cut.
 *
 * @param depth number of backslashes before the opening quote: 1 for JSON within a JSON string, then 3, 7 …
 */
function endOfQuoted(text: string, start: number, quote: string, depth: number): number {
  let backslashes = 0
  for (let at = start; at < text.length; at++) {
    const char = text[at]
    if (char === '\\') {
      backslashes++
      continue
    }
    // A quote is escaped if an odd number of escaped backslashes precedes it.
    if (char === quote && backslashes >= depth && ((backslashes - depth) / (depth + 1)) % 2 === 0) return at - depth
    backslashes = 0
  }
  return text.length
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function spanOf(pattern: RegExp, text: string, at: number): Span | undefined {
  const word = matchAt(pattern, text, at)
  return word === undefined ? undefined : { start: at, end: at + word[0].length }
}
