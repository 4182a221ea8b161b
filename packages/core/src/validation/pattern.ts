import { type AST, RegExpParser } from '@eslint-community/regexpp'
import { toRe2 } from './re2-pattern.ts'

/** Tests a text in time linear in its length. */
export interface Pattern {
  test(text: string): boolean
  /** Relative cost for each UTF-16 code unit of the text. A native regular expression has cost 1. */
  readonly costPerUnit: number
}

/**
 * Describes how a pattern of a schema is asserted. Patterns are untrusted, and a backtracking engine takes exponential
 * time for some of them. V8's engine is therefore only used if the form of the pattern excludes this.
 */
export type PatternPlan =
  | { readonly kind: 'native'; readonly regExp: RegExp }
  /** Uses RE2, which takes linear time. `size` is the maximum number of instructions of its program. */
  | { readonly kind: 're2'; readonly source: string; readonly size: number }
  /** No linear-time engine can assert the pattern. */
  | { readonly kind: 'none'; readonly reason: string }

/** Maximum length of a pattern that is asserted. The longest in 1,633 schemas of real tools has 214 characters. */
const MAX_PATTERN_LENGTH = 2_000
/** Maximum number of character sets such as `\p{…}`, each of which becomes hundreds of ranges. */
const MAX_PROPERTY_SETS = 16
const MAX_RE2_SIZE = 1_000
/** Maximum number of ways in which the bounded repetitions of a native pattern may divide a text. */
const MAX_NATIVE_WAYS = 64

/** Plans how to assert a pattern: with the `u` flag, as JSON Schema recommends, or without, as older schemas expect. */
export function planPattern(source: string): PatternPlan {
  if (source.length > MAX_PATTERN_LENGTH) return none(`it has more than ${MAX_PATTERN_LENGTH} characters`)
  for (const flags of ['u', '']) {
    const parsed = parse(source, flags === 'u')
    if (parsed === undefined) continue
    if (flags === '' && hasForeignEscape(source)) return none('it has an escape of another language, such as \\A')
    if (countPropertySets(source) > MAX_PROPERTY_SETS)
      return none(`it has more than ${MAX_PROPERTY_SETS} character sets such as \\p{…}`)
    if (isNativelyLinear(parsed)) return { kind: 'native', regExp: new RegExp(source, flags) }
    const re2 = toRe2(parsed, flags === 'u')
    if (re2 === undefined)
      return none('it has a part that RE2 does not support, such as a lookaround or a backreference')
    return re2.size > MAX_RE2_SIZE ? none('its repetitions are too large') : { kind: 're2', ...re2 }
  }
  return none('it is not a valid JavaScript regular expression')
}

const none = (reason: string): PatternPlan => ({ kind: 'none', reason })

function parse(source: string, isUnicode: boolean): AST.Pattern | undefined {
  try {
    return new RegExpParser({ ecmaVersion: 2025 }).parsePattern(source, 0, source.length, { unicode: isUnicode })
  } catch {
    // The pattern is invalid, or nested too deeply for the stack. Either way, it is not asserted.
    return undefined
  }
}

/** Whether a pattern escapes a letter that has no meaning in JavaScript, which then matches the letter itself. */
function hasForeignEscape(source: string): boolean {
  return (
    source.match(/\\./gs)?.some(([, escaped = '']) => /[a-z]/i.test(escaped) && !ESCAPES.includes(escaped)) ?? false
  )
}

/** Letters that have a meaning after a backslash without the flag `u`. */
const ESCAPES = 'bBcdDfknrsStuvwWx'

const countPropertySets = (source: string): number => source.match(/\\[pPwWsSdD]/g)?.length ?? 0

/** Loads RE2 when the first pattern needs it. */
export async function compilePattern(plan: PatternPlan): Promise<Pattern | undefined> {
  switch (plan.kind) {
    case 'none':
      return undefined
    case 'native':
      return { test: (text) => plan.regExp.test(text), costPerUnit: 1 }
    case 're2': {
      const { RE2JS } = await import('re2js')
      try {
        const compiled = RE2JS.compile(plan.source)
        return { test: (text) => compiled.matcher(text).find(), costPerUnit: RE2_COST * plan.size }
      } catch (error) {
        if (error instanceof Error && error.name.startsWith('RE2JS')) return undefined
        throw error
      }
    }
    default:
      return plan satisfies never
  }
}

/** Cost of one instruction of RE2, relative to a native step. */
const RE2_COST = 10

/** Choices of a backtracking engine while it matches a pattern. */
interface Choices {
  /** Repetitions without an upper bound. */
  unbounded: number
  /** Product of the ways in which bounded repetitions may end. */
  ways: number
}

/**
 * Whether V8's backtracking engine takes linear time for a pattern. It may have one unbounded repetition, of a single
 * character and in a pattern that begins with `^`. Bounded repetitions may end in a few ways only. Lookahead is allowed
 * before any repetition, where it runs once.
 */
function isNativelyLinear(pattern: AST.Pattern): boolean {
  const choices: Choices = { unbounded: 0, ways: pattern.alternatives.length }
  const isLinear = pattern.alternatives.every((alternative) => addChoices(alternative, choices, true))
  const isAnchored = pattern.alternatives.every(
    ({ elements: [first] }) => first?.type === 'Assertion' && first.kind === 'start',
  )
  if (!isLinear || choices.ways > MAX_NATIVE_WAYS) return false
  return choices.unbounded === 0 || (isAnchored && choices.unbounded === 1)
}

function addChoices({ elements }: AST.Alternative, choices: Choices, isTop: boolean): boolean {
  let isDecided = true
  for (const element of elements) {
    switch (element.type) {
      case 'Character':
      case 'CharacterSet':
      case 'CharacterClass':
        break
      case 'Assertion':
        if (element.kind === 'lookahead' || element.kind === 'lookbehind') {
          if (!isTop || !isDecided || element.kind === 'lookbehind') return false
          const inner: Choices = { unbounded: 0, ways: element.alternatives.length }
          if (!element.alternatives.every((alternative) => addChoices(alternative, inner, false))) return false
          if (inner.unbounded > 1 || inner.ways > MAX_NATIVE_WAYS || (inner.unbounded === 1 && choices.ways > 1))
            return false
          // In an anchored pattern, it only runs from the start of the text.
          if (inner.unbounded === 1) choices.unbounded = Math.max(choices.unbounded, 1)
        }
        break
      case 'Group':
      case 'CapturingGroup':
        choices.ways *= element.alternatives.length
        if (!element.alternatives.every((alternative) => addChoices(alternative, choices, false))) return false
        break
      case 'Quantifier': {
        const isSingle = ['Character', 'CharacterSet', 'CharacterClass'].includes(element.element.type)
        if (!isSingle) return false
        if (element.max === Number.POSITIVE_INFINITY) choices.unbounded++
        else choices.ways *= element.max - element.min + 1
        if (element.max > MAX_REPETITION && element.max !== Number.POSITIVE_INFINITY) return false
        if (element.min > MAX_REPETITION) return false
        isDecided = false
        break
      }
      default:
        return false
    }
  }
  return true
}

const MAX_REPETITION = 256
