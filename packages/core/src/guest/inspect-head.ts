import { getOwnPropertyDescriptor, hasOwn, objectKeys } from '../protocol/intrinsics.ts'
import { chainOf, errorText, functionKind, type Kind, kindOf } from './inspect-kind.ts'

/** What identifies an object in front of its entries. */
export interface Head {
  readonly kind: Kind
  readonly chain: readonly object[]
  /** The constructor's name. Null for an object without any prototype. */
  readonly name: string | null
  /** Its `Symbol.toStringTag`, unless that is shown among the entries. */
  readonly tag: string
}

/** @param isCutOff whether the object's insides are too deep to be shown */
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

/** What stands before the bracket, a space at its end. */
export function prefix({ name, tag }: Head, fallback: string, size = ''): string {
  return name === null
    ? `[${fallback}${size}: null prototype]${tagSuffix(fallback, tag)} `
    : `${name}${size}${tagSuffix(name, tag)} `
}

export function tagSuffix(name: string | null, tag: string): string {
  return tag !== '' && tag !== name ? ` [${tag}]` : ''
}

/** The text of a kind that shows itself, its name before it only where that tells more. */
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

/** Stacks differ between engines; a message and what hangs on the error do not. */
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
