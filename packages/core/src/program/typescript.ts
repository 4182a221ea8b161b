import type { Program as Ast } from 'acorn'
import { withoutModuleSyntax, withUsedImports } from './module-syntax.ts'
import type { PositionStep } from './positions.ts'
import { ProgramSyntaxError } from './syntax-error.ts'

type Amaro = typeof import('amaro')

let amaro: Promise<Amaro> | undefined
let isBroken = false
let onLoaded: (() => void) | undefined

/** Loads amaro, which takes 90 to 290 ms: with the first program that has types, or ahead of it. */
export function loadTypeScript(): Promise<Amaro> {
  amaro ??= import('#typescript').then((loaded) => {
    onLoaded?.()
    return loaded
  })
  return amaro
}

/** @param listener called once, before the program that needs the stripper is stripped */
export function whenStripperLoads(listener: () => void): void {
  onLoaded = listener
}

export const isStripperLoaded = (): boolean => amaro !== undefined

/** Whether amaro has panicked. Its memory may be inconsistent since: a reader that can be replaced is. */
export const isStripperBroken = (): boolean => isBroken

export interface JavaScript {
  readonly text: string
  /** Of the text, where it was parsed on the way. */
  readonly ast?: Ast
  /** The way back to the model's text. */
  readonly steps: readonly PositionStep[]
}

/** A `return` at the top is legal in a program and nowhere else, so it is parsed inside a function. */
const OPENING = 'async()=>{'
const CLOSING = '\n}'

const UNSUPPORTED = 'UnsupportedSyntax'
/** Amaro counts columns in 16 bits, and panics over a mistake further right. */
const MAX_COLUMN = 65_535

/**
 * Takes the types out. Positions are kept, but for syntax that has no place in JavaScript, such as enums: that is
 * rewritten, and positions are mapped back.
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
  // A `return` at the top stands in no module, and an import in no function.
  const rest = withoutModuleSyntax(text)
  const without = rest && stripInFunction(rest.text)
  if (without && 'text' in without) return { ...without, text: withUsedImports(without.text, rest) }
  // Unsupported syntax was understood, and only cannot be blanked out.
  if (inFunction.code === UNSUPPORTED) return rewrite(text, transformSync)
  // `export default` stands in no function.
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
  // The opening stands on a line of its own here, so what it adds is a line.
  const wrapped = `${OPENING}\n${text}${CLOSING}`
  const inFunction = run(wrapped, (code) => code.slice(code.indexOf('{') + 2, code.lastIndexOf('}')), 1)
  if ('text' in inFunction) return inFunction
  const asModule = run(text, (code) => code, 0)
  if ('text' in asModule) return asModule
  throw later(inFunction, asModule).error
}

const PANIC = `there is a mistake in it that cannot be located, nested too deeply or in a line of more than ${MAX_COLUMN} characters: break long lines up`

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

/** Of two readings of one text, the one that got further knows better what is wrong. */
function later(left: Failure, right: Failure): Failure {
  const a = left.error.position
  const b = right.error.position
  return a.line > b.line || (a.line === b.line && a.column >= b.column) ? left : right
}
