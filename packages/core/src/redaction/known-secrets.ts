import { REDACTED } from './fields.ts'

/** Minimum length of a value that is hidden within words. Ordinary words may contain shorter values. */
const MIN_EMBEDDED_LENGTH = 6
/** Minimum length of a value that is hidden at all: `-y`, `1` and `.` are not secrets. */
const MIN_LENGTH = 3
const MAX_TEXT_LENGTH = 20_000

/** Removes known secrets from texts of other programs, such as the messages and the output of servers. */
export class KnownSecrets {
  readonly #values: readonly string[]
  readonly #pattern: RegExp | undefined

  /**
   * @param values the secrets. Decoded, encoded and escaped forms are hidden too; values under 3 characters are not.
   */
  constructor(values: Iterable<string>) {
    this.#values = [...new Set([...values].flatMap(spellings))]
      .filter(({ length }) => length >= MIN_LENGTH)
      .sort((left, right) => right.length - left.length)
    this.#pattern = this.#values.length === 0 ? undefined : new RegExp(this.#values.map(patternOf).join('|'), 'gu')
  }

  /** Length of the longest value in UTF-16 code units. */
  get longest(): number {
    return this.#values[0]?.length ?? 0
  }

  /** Returns the first 20,000 characters of a text, with the secrets replaced. */
  hide(text: string): string {
    const end = Math.min(text.length, MAX_TEXT_LENGTH)
    return this.#hideBetween(text.slice(0, end + this.longest), 0, end)
  }

  /**
   * Returns the last `wanted` characters of a text, with the secrets replaced. A text that was already cut must have
   * {@link longest} characters more than `wanted`, so that a secret at the cut is found.
   */
  hideInTail(text: string, wanted: number): string {
    return this.#hideBetween(text, Math.max(0, text.length - wanted), text.length)
  }

  /** Replaces the secrets between two positions. A secret that crosses one of them is replaced completely. */
  #hideBetween(text: string, start: number, end: number): string {
    if (this.#pattern === undefined) return text.slice(start, end)
    let hidden = ''
    let from = start
    for (const { index, 0: value } of text.matchAll(this.#pattern)) {
      if (index >= end) break
      if (index + value.length <= from) continue
      hidden += text.slice(from, Math.max(from, index)) + REDACTED
      from = index + value.length
    }
    return hidden + text.slice(from, Math.max(from, end))
  }
}

/** Returns the parts of a URL that may be secret: everything except scheme, host and port. */
export function secretsOfUrl(url: URL): string[] {
  const { href, username, password, pathname, search, hash, searchParams } = url
  const segments = pathname.split('/').filter(({ length }) => length >= 8)
  const user = [username, password].map(decoded)
  const credentials = password === '' ? [] : [user.join(':'), base64(user.join(':'))]
  return [
    href,
    ...user,
    ...credentials,
    pathname,
    ...segments,
    search,
    search.slice(1),
    ...searchParams.values(),
    hash.slice(1),
  ]
}

/** Shortens every URL in a text to scheme, host and port. `file:` URLs have no host and are kept. */
export function cutUrls(text: string): string {
  return text.replace(URL_IN_TEXT, (_, separator: string, rest: string) => separator + hostOf(rest))
}

const URL_IN_TEXT = /((?<!\bfile):\/\/)([^\s"<>`]+)/gi

/** Returns host and port of a URL, or the redaction mark if lenient parsers could read them differently. */
function hostOf(rest: string): string {
  const authority = /^[^/?#\\]*/.exec(rest)?.[0] ?? ''
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/[^\w\].-]+$/, '')
  const isHost = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host)
  // In `user:12/34@host`, a lenient parser finds a password.
  const isAmbiguous = host.includes(':') && rest.includes('@', authority.length)
  return isHost && !isAmbiguous ? host : REDACTED
}

/** Returns the forms in which a value may appear: decoded, encoded, escaped, and its lines and words separately. */
function spellings(value: string): string[] {
  const escaped = JSON.stringify(value).slice(1, -1)
  const parts = value.split(/\s+/).filter(({ length }) => length >= 8)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: writers escape them in different ways
  const lines = value.split(/[\u0000-\u001f\u007f]+/)
  return [value, value.trim(), decoded(value), encodeURIComponent(value.toWellFormed()), escaped, ...lines, ...parts]
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    // A value with a literal percent sign is not encoded.
    return value
  }
}

function patternOf(value: string): string {
  const literal = value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return value.length < MIN_EMBEDDED_LENGTH ? `(?<![\\p{L}\\d])${literal}(?![\\p{L}\\d])` : literal
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
