import type { Program as Ast } from 'acorn'
import { withoutModuleSyntax, withUsedImports } from './module-syntax.ts'
import type { PositionStep } from './positions.ts'
import { ProgramSyntaxError } from './syntax-error.ts'

type Amaro = typeof import('amaro')

let amaro: Promise<Amaro> | undefined
let isBroken = false
let onLoaded: (() => void) | undefined

/** Loads amaro, which takes 90 to 290 ms. It is loaded once, for the first program with types or earlier. */
export function loadTypeScript(): Promise<Amaro> {
  amaro ??= import('#typescript').then((loaded) => {
    onLoaded?.()
    return loaded
  })
  return amaro
}

/** Registers a listener that is called once, before the first program is stripped. */
export function whenStripperLoads(listener: () => void): void {
  onLoaded = listener
}

export const isStripperLoaded = (): boolean => amaro !== undefined

/** Returns whether amaro has panicked. Its memory may be inconsistent afterwards, so a reader process is replaced. */
export const isStripperBroken = (): boolean => isBroken

/** JavaScript made from a model's text. */
export interface JavaScript {
  readonly text: string
  /** Syntax tree of the text, if it has already been parsed. */
  readonly ast?: Ast
  /** Steps that map positions back to the model's text. */
  readonly steps: readonly PositionStep[]
}

/** A program may `return` at the top level, which no module or script may, so it is parsed inside a function. */
const OPENING = 'async()=>{'
const CLOSING = '\n}'

const UNSUPPORTED = 'UnsupportedSyntax'
/** Amaro counts columns in 16 bits, and panics on a syntax error in a later column. */
const MAX_COLUMN = 65_535

/**
 * Removes the types and keeps all positions. Syntax that JavaScript does not have, such as an enum, is rewritten, and
 * its positions are mapped back.
 *
 * @throws {@link ProgramSyntaxError}
 */
export async function stripTypes(text: string): Promise<JavaScript> {
  const { transformSync } = await loadTypeScript()
  const stripInFunction = (body: string) =>
    attempt(() => {
      const { code } = transformSync(OPENING + body + CLOSING, { mode: 'strip-only' })
      return { text: code.slice(OPENING.length, code.lastIndexOf('}') - 1), steps: [] }
    }, OPENING.length)
  const inFunction = stripInFunction(text)
  if ('text' in inFunction) return inFunction
  // A module cannot contain a top-level `return`, and a function cannot contain an import.
  const rest = withoutModuleSyntax(text)
  const without = rest && stripInFunction(rest.text)
  if (without && 'text' in without) return { ...without, text: withUsedImports(without.text, rest) }
  // Unsupported syntax is valid but cannot be replaced with blanks.
  if (inFunction.code === UNSUPPORTED) return rewrite(text, transformSync)
  // A function cannot contain `export default`.
  const asModule = attempt(() => ({ text: transformSync(text, { mode: 'strip-only' }).code, steps: [] }), 0)
  if ('text' in asModule) return asModule
  if (asModule.code === UNSUPPORTED) return rewrite(text, transformSync)
  throw later(inFunction, asModule).error
}

function rewrite(text: string, transformSync: Amaro['transformSync']): JavaScript {
  const run = (source: string, unwrap: (code: string) => string, linesBefore: number) =>
    attempt(() => {
      const { code, map } = transformSync(source, { mode: 'transform', sourceMap: true })
      return { text: unwrap(code), steps: [{ kind: 'trace', map: map as string, linesBefore }] }
    }, 0)
  // The opening is on a separate line here, so it adds one line.
  const wrapped = `${OPENING}\n${text}${CLOSING}`
  const inFunction = run(wrapped, (code) => code.slice(code.indexOf('{') + 2, code.lastIndexOf('}')), 1)
  if ('text' in inFunction) return inFunction
  const asModule = run(text, (code) => code, 0)
  if ('text' in asModule) return asModule
  throw later(inFunction, asModule).error
}

const PANIC = `a syntax error cannot be located: it is nested too deeply or in a line of more than ${MAX_COLUMN} characters; break long lines up`

interface Failure {
  readonly code: unknown
  readonly error: ProgramSyntaxError
}

function attempt(parse: () => JavaScript, shift: number): JavaScript | Failure {
  try {
    return parse()
  } catch (thrown) {
    const { code, message, startLine, startColumn } = thrown as {
      code?: string
      message?: string
      startLine?: number
      startColumn?: number
    }
    if (typeof startLine !== 'number' || typeof startColumn !== 'number') {
      isBroken = true
      return { code, error: new ProgramSyntaxError(PANIC, { line: 1, column: 1 }) }
    }
    const column = startColumn + 1 - (startLine === 1 ? shift : 0)
    return { code, error: new ProgramSyntaxError(String(message), { line: startLine, column: Math.max(1, column) }) }
  }
}

/** Returns the failure with the later position: the parser that got further reports the error better. */
function later(left: Failure, right: Failure): Failure {
  const a = left.error.position
  const b = right.error.position
  return a.line > b.line || (a.line === b.line && a.column >= b.column) ? left : right
}
