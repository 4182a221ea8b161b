import { REDACTED } from './fields.ts'

/** A shorter value is hidden only where it stands alone, since ordinary words may contain it. */
const MIN_EMBEDDED_LENGTH = 6
/** A shorter value is not hidden: `-y`, `1` and `.` are not secrets. */
const MIN_LENGTH = 3
const MAX_TEXT_LENGTH = 20_000

/** Hides values that the host knows to be secret in texts that others wrote, such as messages and output of servers. */
export class KnownSecrets {
  readonly #values: readonly string[]
  readonly #pattern: RegExp | undefined

  /** @param values as they were given. They are found decoded, encoded and escaped as well; very short ones are left out. */
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

  /** The first 20,000 characters of a text, without the values. */
  hide(text: string): string {
    const end = Math.min(text.length, MAX_TEXT_LENGTH)
    return this.#hideBetween(text.slice(0, end + this.longest), 0, end)
  }

  /**
   * The last `wanted` characters of a text, without the values. A text that was cut itself must have {@link longest}
   * characters more than `wanted`, so that a value which the cut divides is known.
   */
  hideInTail(text: string, wanted: number): string {
    return this.#hideBetween(text, Math.max(0, text.length - wanted), text.length)
  }

  /** A value that reaches over the start or the end is hidden whole. */
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

/** The parts of a URL that no message may have: everything but scheme, host and port. */
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

/** Cuts every URL in a text to scheme, host and port. URLs of files, which lead to no host, stay. */
export function cutUrls(text: string): string {
  return text.replace(URL_IN_TEXT, (_, separator: string, rest: string) => separator + hostOf(rest))
}

const URL_IN_TEXT = /((?<!\bfile):\/\/)([^\s"<>`]+)/gi

/** The host and the port that a URL parser reads, and nothing where it and more lenient readers may differ. */
function hostOf(rest: string): string {
  const authority = /^[^/?#\\]*/.exec(rest)?.[0] ?? ''
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/[^\w\].-]+$/, '')
  const isHost = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host)
  // In `user:12/34@host`, a lenient reader finds a password.
  const isAmbiguous = host.includes(':') && rest.includes('@', authority.length)
  return isHost && !isAmbiguous ? host : REDACTED
}

/** A value as others write it: decoded, encoded, escaped, line by line and word by word. */
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
    // A value with a percent sign of its own is not encoded.
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
