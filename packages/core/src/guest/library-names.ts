/** Globals of each library. A library is evaluated when a program first uses one of its globals. */
export const LIBRARIES = [
  ['url', ['URL', 'URLSearchParams']],
  ['base64', ['atob', 'btoa']],
  ['text-decoder', ['TextDecoder']],
  ['buffer', ['Buffer']],
  ['url-pattern', ['URLPattern']],
] as const

/** Members of `crypto` that a library provides. */
export const DIGESTS = ['subtle', 'createHash'] as const
const LIBRARIES_BY_NAME: readonly (readonly [library: string, names: readonly string[]])[] = [
  ...LIBRARIES,
  ['digests', DIGESTS],
]

/** For each library, the libraries that use it while they are evaluated. */
const NEEDED_BY: { readonly [name: string]: readonly string[] } = {
  base64: ['text-decoder'],
  buffer: ['digests'],
  url: ['url-pattern'],
}

/**
 * Returns the libraries that a program may use, determined from its text. Strict code accesses a global by its name or
 * through `globalThis`, and either may be written with escapes. The members of `crypto` are included.
 */
export function librariesTouchedBy(source: string): string[] {
  const reachesAll = source.includes('globalThis') || source.includes('\\u')
  const mentioned = LIBRARIES_BY_NAME.filter(([, names]) => reachesAll || names.some((name) => source.includes(name)))
  const names: string[] = mentioned.map(([name]) => name)
  const needed = Object.keys(NEEDED_BY).filter((name) => NEEDED_BY[name]?.some((other) => names.includes(other)))
  return [...new Set([...needed, ...names])]
}
