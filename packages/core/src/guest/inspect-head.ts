import { getOwnPropertyDescriptor, hasOwn, objectKeys } from '../protocol/intrinsics.ts'
import { chainOf, errorText, functionKind, type Kind, kindOf } from './inspect-kind.ts'

/** Describes an object in the text before its entries. */
export interface Head {
  readonly kind: Kind
  readonly chain: readonly object[]
  /** Name of the constructor. Null for an object without a prototype. */
  readonly name: string | null
  /** Value of `Symbol.toStringTag`. Empty if it is shown among the entries. */
  readonly tag: string
}

/** @param isCutOff whether the contents of the object are too deep to be shown */
export function headOf(value: object, showHidden: boolean, isCutOff: boolean): Head {
  const chain = chainOf(value)
  const tag: unknown = (value as Record<symbol, unknown>)[Symbol.toStringTag]
  const isShown =
    typeof tag === 'string' && tag !== '' && !(showHidden ? hasOwn : isEnumerable)(value, Symbol.toStringTag)
  return { kind: kindOf(value, chain), chain, name: constructorName(value, chain, isCutOff), tag: isShown ? tag : '' }
}

export const isEnumerable = (value: object, key: PropertyKey): boolean =>
  getOwnPropertyDescriptor(value, key)?.enumerable === true

function constructorName(value: object, chain: readonly object[], isCutOff: boolean): string | null {
  for (const link of chain) {
    const maker: unknown = getOwnPropertyDescriptor(link, 'constructor')?.value
    if (typeof maker === 'function' && maker.name !== '' && value instanceof maker) return String(maker.name)
  }
  const parent = chain[1]
  if (parent === undefined) return null
  if (isCutOff) return 'Object <Complex prototype>'
  const name = constructorName(parent, chain.slice(1), isCutOff)
  return `Object <${name ?? `[Object: null prototype]${objectKeys(parent).length === 0 ? ' {}' : ''}`}>`
}

/** Returns the text before the opening bracket, with a space at its end. */
export function prefix({ name, tag }: Head, fallback: string, size = ''): string {
  return name === null
    ? `[${fallback}${size}: null prototype]${tagSuffix(fallback, tag)} `
    : `${name}${size}${tagSuffix(name, tag)} `
}

export function tagSuffix(name: string | null, tag: string): string {
  return tag !== '' && tag !== name ? ` [${tag}]` : ''
}

/** Returns the text of a value, with a prefix only if the prefix has more than the name of the kind. */
export function prefixed(head: Head, text: string): string {
  const before = prefix(head, head.kind)
  return before === `${head.kind} ` ? text : before + text
}

export function functionText(value: object, { chain, name, tag }: Head): string {
  const type = functionKind(chain)
  const own: unknown = (value as { name?: unknown }).name
  const called = own === '' ? ' (anonymous)' : `: ${String(own)}`
  const maker = name !== null && name !== type && name !== 'Function' ? ` ${name}` : ''
  return `[${type}${name === null ? ' (null prototype)' : ''}${called}]${maker}${tagSuffix(name, tag)}`
}

export function classText(value: object, { chain, name, tag }: Head): string {
  const own: unknown = hasOwn(value, 'name') && (value as { name?: unknown }).name
  const maker = name !== null && name !== 'Function' ? ` [${name}]` : ''
  const parent: unknown = (chain[1] as { name?: unknown } | undefined)?.name
  const heritage = name === null ? ' extends [null prototype]' : parent ? ` extends ${String(parent)}` : ''
  return `[class ${own ? String(own) : '(anonymous)'}${maker}${tagSuffix(name, tag)}${heritage}]`
}

/** Shows an error without its stack, because stacks differ between engines. */
export function showError(value: Error, head: Head, indent: number): string {
  const text = errorText(value)
  const named: unknown = value.name
  const name = typeof named === 'string' && named !== '' ? named : 'Error'
  const called = prefix(head, 'Error').slice(0, -1)
  const after = text.slice(name.length)
  const isNamed = name.endsWith('Error') && text.startsWith(name) && (after === '' || after.startsWith(':'))
  const improved =
    !isNamed || name === called ? text : called.includes(name) ? called + after : `${called} [${name}]${after}`
  return `[${improved}]`.replaceAll('\n', `\n${' '.repeat(indent)}`)
}
