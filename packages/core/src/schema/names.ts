/** Type names that already have a meaning in the scope of the declarations. */
const TAKEN = `AbortSignal Array ArrayBuffer BigInt Boolean Capitalize Date Error Exclude Extract Function Iterator Lowercase Map
NonNullable Number Object Omit Parameters Partial Pick Promise Proxy Readonly ReadonlyArray Record RegExp Required Set String
Symbol URL Uint8Array Uppercase WeakMap any bigint boolean never null number object string symbol undefined unknown void`

/** Assigns unique type names within one text. */
export class TypeNames {
  readonly #used = new Set<string>(TAKEN.split(/\s+/))
  /** Next suffix to try for each name, since a thousand types may request the same name. */
  readonly #next = new Map<string, number>()

  claim(wanted: string): string {
    const base = typeName(wanted)
    let name = base
    let number = this.#next.get(base) ?? 2
    for (; this.#used.has(name); number++) name = `${base}${number}`
    this.#next.set(base, number)
    this.#used.add(name)
    return name
  }
}

const MAX_NAME_LENGTH = 60

/** Converts a text to a type name: `search_result` → `SearchResult`, `2d-point` → `_2dPoint`. */
function typeName(text: string): string {
  const words = text
    .slice(0, MAX_NAME_LENGTH)
    .normalize('NFC')
    .split(/[^\p{ID_Continue}$]+|_+/u)
    .filter((word) => word !== '')
  const joined = words.map(upperFirst).join('')
  if (joined === '') return 'Value'
  return /^[\p{ID_Start}$_]/u.test(joined) ? joined : `_${joined}`
}

function upperFirst(word: string): string {
  const first = String.fromCodePoint(word.codePointAt(0) as number)
  return first.toUpperCase() + word.slice(first.length)
}

/** Returns a property key, quoted only if necessary. */
export function propertyKey(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? key : quote(key)
}

/** Returns a string literal: JSON with the line separators escaped, which JSON leaves unescaped. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
