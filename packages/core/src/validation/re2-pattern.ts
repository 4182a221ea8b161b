import type { AST } from '@eslint-community/regexpp'

/** A pattern in RE2's syntax, with the maximum number of instructions of its program. */
interface Re2Pattern {
  readonly source: string
  readonly size: number
}

/** Maximum repetition count in RE2. */
const MAX_COUNT = 1_000

/** White space and line ends as JavaScript defines them. RE2's `\s` and `.` only support ASCII. */
const SPACE =
  '\\t\\n\\v\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}'
const NOT_SPACE =
  '\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}'
const LINE_ENDS = '\\n\\r\\x{2028}\\x{2029}'
const DIGIT = '0-9'
const WORD = '0-9A-Za-z_'

/** Thrown for a part of a pattern that RE2 cannot express. */
class Untranslatable extends Error {}

/**
 * Translates a JavaScript pattern, without flags or with `u`, to RE2's syntax.
 *
 * @returns undefined if the pattern has a part that RE2 cannot express, such as a lookaround or a backreference
 */
export function toRe2(pattern: AST.Pattern, isUnicode: boolean): Re2Pattern | undefined {
  try {
    return alternatives(pattern.alternatives, isUnicode)
  } catch (error) {
    if (error instanceof Untranslatable) return undefined
    throw error
  }
}

function alternatives(list: readonly AST.Alternative[], isUnicode: boolean): Re2Pattern {
  const parts = list.map(({ elements }) => elements.map((each) => element(each, isUnicode)))
  return {
    source: parts.map((part) => part.map(({ source }) => source).join('')).join('|'),
    size: parts.flat().reduce((sum, { size }) => sum + size, list.length),
  }
}

function element(node: AST.Element, isUnicode: boolean): Re2Pattern {
  switch (node.type) {
    case 'Character':
      return { source: character(node.value), size: 1 }
    case 'CharacterSet':
      return { source: `[${characterSet(node)}]`, size: 1 }
    case 'CharacterClass':
      return { source: characterClass(node), size: 1 }
    case 'Assertion':
      return { source: assertion(node), size: 1 }
    case 'Group':
    case 'CapturingGroup': {
      if (node.type === 'Group' && node.modifiers !== null) throw new Untranslatable()
      const inner = alternatives(node.alternatives, isUnicode)
      return { source: `(?:${inner.source})`, size: inner.size + 1 }
    }
    case 'Quantifier': {
      const inner = element(node.element as AST.Element, isUnicode)
      const isOpen = node.max === Number.POSITIVE_INFINITY
      if (node.min > MAX_COUNT || (!isOpen && node.max > MAX_COUNT)) throw new Untranslatable()
      const count = isOpen
        ? node.min > 1
          ? `{${node.min},}`
          : node.min === 1
            ? '+'
            : '*'
        : `{${node.min},${node.max}}`
      return {
        source: `(?:${inner.source})${count}`,
        size: inner.size * Math.max(1, isOpen ? node.min + 1 : node.max) + 1,
      }
    }
    default:
      throw new Untranslatable()
  }
}

function assertion(node: AST.Assertion): string {
  switch (node.kind) {
    case 'start':
      return '\\A'
    case 'end':
      return '\\z'
    case 'word':
      return node.negate ? '\\B' : '\\b'
    default:
      throw new Untranslatable()
  }
}

function characterClass(node: AST.CharacterClass): string {
  const parts = node.elements.map((part) => {
    switch (part.type) {
      case 'Character':
        return character(part.value)
      case 'CharacterClassRange':
        return `${character(part.min.value)}-${character(part.max.value)}`
      case 'CharacterSet':
        return characterSet(part)
      default:
        throw new Untranslatable()
    }
  })
  // An empty class matches nothing, and its negation anything.
  if (parts.length === 0) return node.negate ? '[\\x{0}-\\x{10ffff}]' : '[^\\x{0}-\\x{10ffff}]'
  return `[${node.negate ? '^' : ''}${parts.join('')}]`
}

/** Returns a character set in the syntax used inside a character class. */
function characterSet(node: AST.CharacterSet): string {
  switch (node.kind) {
    case 'any':
      return `^${LINE_ENDS}`
    case 'digit':
      return node.negate ? '\\D' : DIGIT
    case 'word':
      return node.negate ? '\\W' : WORD
    case 'space':
      return node.negate ? NOT_SPACE : SPACE
    case 'property': {
      const name = node.value ?? node.key
      if (node.strings || !/^[A-Za-z_]+$/.test(name)) throw new Untranslatable()
      return `\\${node.negate ? 'P' : 'p'}{${name}}`
    }
    default:
      throw new Untranslatable()
  }
}

function character(code: number): string {
  // RE2 matches code points, so it cannot match one half of a surrogate pair.
  if (code >= 0xd800 && code <= 0xdfff) throw new Untranslatable()
  return `\\x{${code.toString(16)}}`
}
