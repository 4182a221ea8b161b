/** Words that TypeScript or strict mode reserves, and properties that built-ins look up on any object. */
const RESERVED = new Set(
  `then toJSON arguments async await break case catch class const continue debugger default delete do else enum eval export extends false
  finally for function if implements import in instanceof interface let new null package private protected public return
  static super switch this throw true try typeof undefined var void while with yield`.split(/\s+/),
)

/**
 * Maximum length of an identifier in UTF-16 code units, without a suffix for uniqueness. Real names have at most 128.
 */
const MAX_LENGTH = 128
/** Maximum length of a name that is read. It is larger because separators are not part of the identifier. */
const MAX_READ_LENGTH = 4 * MAX_LENGTH

/** Converts a name to an identifier: `read_text_file` → `readTextFile`, `2fa` → `_2fa`, `delete` → `delete_`. */
export function identifierFor(name: string): string {
  let joined = ''
  for (const word of name
    .slice(0, MAX_READ_LENGTH)
    .normalize('NFC')
    .split(/[^\p{ID_Continue}$]+|_+/u)) {
    if (word !== '') joined += joined === '' ? lowerFirst(word) : upperFirst(word)
  }
  // Half of a surrogate pair is not valid in an identifier.
  if (joined.length > MAX_LENGTH) joined = joined.slice(0, MAX_LENGTH).replace(/[\uD800-\uDBFF]$/, '')
  if (joined === '') return '_'
  if (!/^[\p{ID_Start}$_]/u.test(joined)) return `_${joined}`
  return RESERVED.has(joined) ? `${joined}_` : joined
}

/** Lowercases the first letter, or a leading acronym: `URLFor` → `urlFor`, `README` → `readme`, `getX` → `getX`. */
function lowerFirst(word: string): string {
  return word.replace(/^\p{Lu}+(?=\p{Lu}\p{Ll})|^\p{Lu}+(?!\p{Ll})|^\p{Lu}/u, (capitals) => capitals.toLowerCase())
}

function upperFirst(word: string): string {
  const first = String.fromCodePoint(word.codePointAt(0) as number)
  return first.toUpperCase() + word.slice(first.length)
}

/**
 * Assigns unique identifiers to names. Names that are valid identifiers are assigned first, so that adding a tool with
 * an invalid name does not rename a tool with a valid one.
 */
export function assignIdentifiers(
  names: readonly string[],
  isTaken: (identifier: string) => boolean = () => false,
): string[] {
  const used = new Set<string>()
  const identifiers = new Array<string | undefined>(names.length)
  /** The next suffix to try by identifier: thousands of names may convert to the same one. */
  const next = new Map<string, number>()
  const assign = (index: number, wanted: string) => {
    let identifier = wanted
    if (used.has(identifier) || isTaken(identifier)) {
      let suffix = next.get(wanted) ?? 2
      do identifier = `${wanted}_${suffix++}`
      while (used.has(identifier) || isTaken(identifier))
      next.set(wanted, suffix)
    }
    used.add(identifier)
    identifiers[index] = identifier
  }
  const wanted = names.map(identifierFor)
  names.forEach((name, index) => {
    if (wanted[index] === name) assign(index, name)
  })
  names.forEach((_, index) => {
    if (identifiers[index] === undefined) assign(index, wanted[index] as string)
  })
  return identifiers as string[]
}
