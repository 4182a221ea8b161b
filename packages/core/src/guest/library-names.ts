/** The globals of each library that is evaluated when a program first touches one. */
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

/** Libraries that others touch while they are evaluated. */
const NEEDED_BY: { readonly [name: string]: readonly string[] } = {
  base64: ['text-decoder'],
  buffer: ['digests'],
  url: ['url-pattern'],
}

/**
 * The libraries of globals that a program may touch, read off its text: strict code reaches a global by its name or
 * through `globalThis`, and either may be written with escapes. Members of `crypto` are counted with them.
 */
export function librariesTouchedBy(source: string): string[] {
  const reachesAll = source.includes('globalThis') || source.includes('\\u')
  const mentioned = LIBRARIES_BY_NAME.filter(([, names]) => reachesAll || names.some((name) => source.includes(name)))
  const names: string[] = mentioned.map(([name]) => name)
  const needed = Object.keys(NEEDED_BY).filter((name) => NEEDED_BY[name]?.some((other) => names.includes(other)))
  return [...new Set([...needed, ...names])]
}
