import type { TypedProgram, TypeMistake } from '@glovebox/core'
import type { Finding } from './engine.ts'
import { inPlainWords } from './plain-words.ts'

/** A finding in the program that was given. */
interface Place {
  readonly code: string
  readonly message: string
  readonly start: number
  readonly end: number
  /** Names of the namespaces. */
  readonly namespaces: ReadonlySet<string>
}

type Rule = (place: Place) => boolean

const always: Rule = () => true

/** Whether a finding is in the arguments of a tool. What other functions accept at run time, their types do not say. */
const inToolCall: Rule = ({ code, message, start, namespaces }) => {
  // TypeScript forgets which literal a variable has.
  if (WIDENED.test(message.split('\n').at(-1) ?? '')) return false
  const callee = calleeBefore(code, start)
  return callee !== undefined && namespaces.has(callee)
}

const WIDENED =
  /^\s*(?:Type|Argument of type) '(?:string|number|boolean)' is not assignable to (?:type|parameter of type) '(?:["\d-]|true|false)|^\s*(?:Type|Argument of type) 'string' is not assignable to (?:type|parameter of type) '[A-Z]\w*'/

/** Whether a property is missing, and read in a way that fails or is wrong. */
const missingProperty: Rule = ({ code, message, start, end }) => {
  const [, property = '', type = ''] = /^Property '(.*?)' does not exist on type '([\s\S]*?)'\./.exec(message) ?? []
  if (/^(?:\{\s*\}|never|unknown|object|Object|Function|ImportMeta)$/.test(type)) return false
  // Some members of a union have it.
  if (message.includes('\n')) return false
  if (type.startsWith('Promise<')) return true
  const after = code.slice(end, end + 40)
  // A program may test whether a tool exists. Only its call fails.
  if (type.startsWith('typeof ')) return /^\s*\(/.test(after) && !isTested(code, type.slice('typeof '.length), property)
  if (/\?\.\s*$/.test(code.slice(Math.max(0, start - 10), start)) || /^\s*(?:\?\?|\|\||&&|\?)/.test(after)) return false
  // Objects of programs grow.
  return !isAssigned(code, property)
}

/** Whether a member is also read without being called. */
const isTested = (code: string, object: string, member: string): boolean =>
  code
    .split(`${object}.${member}`)
    .slice(1)
    .some((rest) => !/^(?:[\p{ID_Continue}$]|\s*\()/u.test(rest))

const isAssigned = (code: string, property: string): boolean =>
  /^[\p{ID_Continue}$]+$/u.test(property) &&
  new RegExp(`\\.${property.replaceAll('$', '\\$')}\\s*(?:[-+*/|&?]{0,2}=(?!=|>)|\\+\\+|--)`, 'u').test(code)

const unknownName: Rule = ({ code, start, end }) => !code.includes(`typeof ${code.slice(start, end)}`)

/** Findings that are mistakes of a program, by code. All others are a matter of strictness. */
const RULES: Readonly<Record<number, Rule>> = {
  // Cannot find name.
  2304: unknownName,
  2552: unknownName,
  2583: unknownName,
  2584: unknownName,
  // A name that only types have.
  2693: unknownName,
  // Property does not exist.
  2339: missingProperty,
  2551: missingProperty,
  // Wrong, missing or unknown properties of an input.
  2322: inToolCall,
  2345: inToolCall,
  2353: inToolCall,
  2559: inToolCall,
  2561: inToolCall,
  2739: inToolCall,
  2740: inToolCall,
  2741: inToolCall,
  2820: inToolCall,
  // Too few arguments. Further ones are ignored at run time.
  2554: (place) => {
    const [, expected = 0, given = 0] = /Expected (\d+) arguments?, but got (\d+)/.exec(place.message) ?? []
    return Number(given) < Number(expected) && isToolName(place)
  },
  // A call of something that is no function.
  2349: always,
  2351: always,
  // Not iterable.
  2461: always,
  2488: always,
  // A promise in an operation.
  2365: ({ message }) => message.includes('Promise<'),
  // A comparison with a value that cannot occur.
  2367: ({ message }) => /"[^']* \| /.test(message) || message.includes('Promise<'),
  2678: ({ message }) => /"[^']* \| /.test(message),
  // A constant that is assigned, and a variable that is used before its declaration.
  2588: always,
  2448: always,
}

/** Length of the line before the program in its file. */
const OPENING = 'async function program() {\n'

/** Returns the text of the file that is checked. */
export const fileOf = (code: string): string => `${OPENING}${code}\n}\nexport {}\n`

/** Returns the mistakes among findings, in the order of the program. */
export function mistakesAmong(findings: readonly Finding[], { code, declarations }: TypedProgram): TypeMistake[] {
  const namespaces = new Set(
    [...declarations.matchAll(/^declare namespace ([\p{ID_Continue}$]+)/gmu)].map(([, name = '']) => name),
  )
  return findings
    .map((finding) => ({ ...finding, start: finding.start - OPENING.length, end: finding.end - OPENING.length }))
    .filter(({ code: rule, message, start, end }) => {
      if (start < 0 || end > code.length) return false
      return RULES[rule]?.({ code, message, start, end, namespaces }) === true
    })
    .sort((left, right) => left.start - right.start)
    .map(({ message, start, end }) => ({ message: inPlainWords(message), start, end }))
}

/** Maximum number of characters before a place that are searched for the start of its call. */
const MAX_SEARCHED = 5_000

/** Returns the namespace of the function in whose arguments a place is. */
function calleeBefore(code: string, start: number): string | undefined {
  let depth = 0
  for (let at = start - 1; at >= Math.max(0, start - MAX_SEARCHED); at--) {
    const character = code[at]
    if (character === ')' || character === ']' || character === '}') depth++
    else if (character === '[' || character === '{') depth = Math.max(0, depth - 1)
    else if (character === '(') {
      if (depth > 0) depth--
      else {
        const callee = /([\p{ID_Continue}$]+)\s*\??\.\s*[\p{ID_Continue}$]+\s*(?:\?\.)?$/u.exec(
          code.slice(Math.max(0, at - 300), at),
        )
        if (callee !== null) return callee[1]
      }
    }
  }
  return undefined
}

/** Whether a place is the name of a tool, as in a call without arguments. */
const isToolName = ({ code, start, namespaces }: Place): boolean => {
  const [, namespace = ''] =
    /([\p{ID_Continue}$]+)\s*\??\.\s*$/u.exec(code.slice(Math.max(0, start - 300), start)) ?? []
  return namespaces.has(namespace)
}
