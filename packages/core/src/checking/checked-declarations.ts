import type { Catalog } from '../catalog/catalog.ts'
import type { GuestNames } from '../catalog/mentioned-names.ts'
import { declareAll, partOf } from '../declarations/typed-text.ts'

/** Globals of programs that are not part of the language. Their members are not checked. */
const GLOBALS =
  `AbortController AbortSignal Buffer CustomEvent DOMException Event EventTarget Iterator Temporal TextDecoder TextEncoder
  URL URLPattern URLSearchParams atob btoa clearImmediate clearInterval clearTimeout codemode console crypto exports global
  module performance process queueMicrotask require self setImmediate setInterval setTimeout structuredClone`.split(
    /\s+/,
  )

/** Types of a program's annotations that engines do not have. They cost no program. */
const TYPES = ['AbortController', 'AbortSignal', 'Buffer', 'Event', 'EventTarget', 'URL', 'URLSearchParams']

const SURROUNDINGS = [
  ...GLOBALS.map((name) => `declare var ${name}: any`),
  ...TYPES.map((name) => `type ${name} = any`),
].join('\n')

/** Matches the type `unknown`, but no property or literal of that name. */
const UNKNOWN = /(?<!["'`\w.])unknown(?!["'`\w]|\s*\??:)/g

/**
 * Declares the tools that a program mentions. Nothing is known of an undeclared output, so that a program may use it in any
 * way.
 */
export function checkedDeclarations(catalog: Catalog, names: GuestNames): string {
  const paths = Object.entries(names).flatMap(([namespace, tools]) => tools.map((tool) => `${namespace}.${tool}`))
  const { text } = declareAll(partOf(catalog, paths), 'full')
  // A namespace without values is no value itself.
  const empty = Object.entries(names)
    .filter(([namespace, tools]) => tools.length === 0 && catalog.namespace(namespace) !== undefined)
    .map(([namespace]) => `declare namespace ${namespace} { const __: undefined }`)
  return [SURROUNDINGS, ...empty, text.replaceAll(UNKNOWN, 'any')].join('\n')
}
