/** The globals of each library that is evaluated when a program first touches one. */
export const LIBRARIES = [
  ['url', ['URL', 'URLSearchParams']],
  ['base64', ['atob', 'btoa']],
  ['text-decoder', ['TextDecoder']],
] as const

/** Libraries that others touch while they are evaluated. */
const NEEDED_BY: { readonly [name: string]: readonly string[] } = { base64: ['text-decoder'] }

/**
 * The libraries of globals that a program may touch, read off its text: strict code reaches a global by its name or
 * through `globalThis`, and either may be written with escapes.
 */
export function librariesTouchedBy(source: string): string[] {
  const reachesAll = source.includes('globalThis') || source.includes('\\u')
  const mentioned = LIBRARIES.filter(([, globals]) => reachesAll || globals.some((name) => source.includes(name)))
  const names: string[] = mentioned.map(([name]) => name)
  const needed = Object.keys(NEEDED_BY).filter((name) => NEEDED_BY[name]?.some((other) => names.includes(other)))
  return [...new Set([...needed, ...names])]
}
