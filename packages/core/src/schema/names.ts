/** Type names that mean something already in the scope of the declarations. */
const TAKEN = [
  'Array',
  'ArrayBuffer',
  'Boolean',
  'Date',
  'Error',
  'Function',
  'Map',
  'Number',
  'Object',
  'Partial',
  'Pick',
  'Omit',
  'Promise',
  'ReadonlyArray',
  'Readonly',
  'Record',
  'RegExp',
  'Required',
  'Set',
  'String',
  'Symbol',
  'Uint8Array',
  'any',
  'bigint',
  'boolean',
  'never',
  'null',
  'number',
  'object',
  'string',
  'symbol',
  'undefined',
  'unknown',
  'void',
]

/** Hands out type names within one text, each once. */
export class TypeNames {
  readonly #used = new Set<string>(TAKEN)

  claim(wanted: string): string {
    const base = typeName(wanted)
    let name = base
    for (let suffix = 2; this.#used.has(name); suffix++) name = `${base}${suffix}`
    this.#used.add(name)
    return name
  }
}

/** `search_result` → `SearchResult`, `2d-point` → `_2dPoint`. */
function typeName(text: string): string {
  const words = text
    .normalize('NFC')
    .split(/[^\p{ID_Continue}$]+|_+/u)
    .filter((word) => word !== '')
  const joined = words.map((word) => (word[0] as string).toUpperCase() + word.slice(1)).join('')
  if (joined === '') return 'Value'
  return /^[\p{ID_Start}$_]/u.test(joined) ? joined : `_${joined}`
}

/** A property's key, quoted only if it must be. */
export function propertyKey(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? key : JSON.stringify(key)
}
