import type { Program } from '../contract/adapter.ts'
import type { MemberUse } from './member-uses.ts'
import { assertOneFunction, doesSomething, isExpression, parseJavaScript, planBody } from './parse.ts'
import { applyEdits, originalPosition, type Position, type PositionStep } from './positions.ts'
import { ProgramSyntaxError } from './syntax-error.ts'
import { type JavaScript, stripTypes } from './typescript.ts'
import { packagedProgram, type Unpacked, unpack } from './unpack.ts'

/**
 * A program with the steps that map its positions back to the model's text. Plain data, so that another thread can
 * create it.
 */
export interface PreparedProgram extends Program {
  readonly steps: readonly PositionStep[]
  /** The program as it was written, with its types, but without what models put around it. */
  readonly written: Unpacked
  /** Places where the program uses members of globals, such as tools, by name. At most 500 members. */
  readonly uses: readonly MemberUse[]
}

export const PROGRAM_NAME = 'program.js'

/** Space that engines overwrite if they evaluate programs as modules. */
const LEAD = ' '.repeat('export default '.length)
const OPENING = `${LEAD}async()=>{"use strict";`
const CLOSING = '\n}'

/**
 * Turns a model's text into a program. The text is parsed before it is wrapped in a function. The wrapped program is
 * parsed again, so that no text can close the wrapper.
 *
 * @throws {@link ProgramSyntaxError} with a position in the model's text
 */
export async function prepareProgram(given: string): Promise<PreparedProgram> {
  const { program } = await read({ text: withoutHashBang(given), steps: [] }, { left: MAX_READINGS })
  return program
}

interface Reading {
  readonly program: PreparedProgram
  /** Whether the program does more than evaluate to a single value or name. */
  readonly acts: boolean
}

/** Maximum number of attempts to read one text, which may be packaged several times over. */
const MAX_READINGS = 12

/** @param readings remaining attempts, shared by all readings of one text */
async function read(given: Unpacked, readings: { left: number }): Promise<Reading> {
  readings.left--
  const { text, steps } = given
  const packaged = packagedProgram(text)
  if (packaged !== undefined && readings.left > 0) {
    const inner = await unlessRefused(read({ text: packaged, steps: [] }, readings))
    // Text that is only a value rarely returns, calls or declares anything.
    if ('acts' in inner && inner.acts) return inner
  }
  const asItStands = await unlessRefused(wrap(given))
  // Fences and tags may also occur in comments and strings, so a text that parses unchanged is not unpacked.
  if (!(asItStands instanceof ProgramSyntaxError)) return asItStands
  let refusal: ProgramSyntaxError | undefined
  for (const inner of unpack(text)) {
    if (readings.left <= 0) break
    const found = await unlessRefused(read({ text: inner.text, steps: [...inner.steps, ...steps] }, readings))
    if (!(found instanceof ProgramSyntaxError)) return found
    // For a fenced program, report its own error: the text around it is prose. For repaired text, report the original
    // error.
    if (inner.steps.length === 0) refusal ??= found
  }
  throw refusal ?? asItStands
}

const unlessRefused = <T>(reading: Promise<T>): Promise<T | ProgramSyntaxError> =>
  reading.catch((error: unknown) => {
    if (error instanceof ProgramSyntaxError) return error
    throw error
  })

/** Maximum length of a text that is parsed on the caller's thread, in characters. */
const SMALL_LENGTH = 2_000

/**
 * Prepares a small text of plain JavaScript synchronously, which covers most programs. Returns undefined for any other
 * text: {@link prepareProgram} can read it in a separate process, where a hostile text blocks no other work.
 */
export function prepareSmallProgram(given: string): PreparedProgram | undefined {
  const text = withoutHashBang(given)
  if (text.length > SMALL_LENGTH || TYPE_ARGUMENTS.test(text) || packagedProgram(text) !== undefined) return undefined
  try {
    const script = isObjectLiteral(text) ? objectLiteral(text) : { text, ast: parseJavaScript(text), steps: [] }
    return wrapScript(script, { text, steps: [] }).program
  } catch (error) {
    if (error instanceof ProgramSyntaxError) return undefined
    throw error
  }
}

/** Turns a hashbang line into a comment. */
const withoutHashBang = (text: string): string => text.replace(/^#!/, '//')

async function wrap(written: Unpacked): Promise<Reading> {
  const { text, steps } = written
  const script = isObjectLiteral(text) ? objectLiteral(text) : await toJavaScript(text)
  return wrapScript({ ...script, steps: [...script.steps, ...steps] }, written)
}

function wrapScript(script: JavaScript, written: Unpacked): Reading {
  const ast = script.ast ?? parseJavaScript(script.text)
  const { edits, tail, uses } = planBody(script.text, ast)
  const { text, step } = applyEdits(script.text, edits)
  // The tail starts on a new line, since the text may end in a comment.
  const source = `${OPENING}${text}${tail === '' ? '' : `\n${tail}`}${CLOSING}`
  assertOneFunction(source)
  const steps: PositionStep[] = [{ kind: 'prefix', length: OPENING.length }, step, ...script.steps]
  return { program: { name: PROGRAM_NAME, source, steps, written, uses }, acts: doesSomething(ast) }
}

/** Number of steps that lead from the JavaScript of a program to its source. */
const WRAPPING_STEPS = 2

/** Returns the places of a use in the model's text. */
export const positionsOfUse = ({ steps }: PreparedProgram, { positions }: MemberUse): readonly Position[] =>
  positions.map((position) => originalPosition(steps.slice(WRAPPING_STEPS), position))

/** Matches calls with type arguments. `f<T>(x)` is also valid JavaScript, but means two comparisons. */
const TYPE_ARGUMENTS = /(?<![=\s])\s*>\s*[(`]/

async function toJavaScript(text: string): Promise<JavaScript> {
  if (!TYPE_ARGUMENTS.test(text)) {
    try {
      return { text, ast: parseJavaScript(text), steps: [] }
    } catch {
      // Not JavaScript. It may be TypeScript; if it is not, the TypeScript parser reports the error.
    }
  }
  return stripTypes(text)
}

function isObjectLiteral(text: string): boolean {
  const trimmed = text.trim()
  return trimmed.startsWith('{') && (trimmed.endsWith('}') || trimmed.endsWith('};')) && isExpression(text)
}

function objectLiteral(text: string): JavaScript {
  const start = text.indexOf('{')
  const end = text.lastIndexOf('}') + 1
  const { text: script, step } = applyEdits(text, [
    { start, end: start, insert: '(' },
    { start: end, end, insert: ')' },
  ])
  return { text: script, steps: [step] }
}
