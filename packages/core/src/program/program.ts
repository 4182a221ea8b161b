import type { Program } from '../contract.ts'
import { assertOneFunction, doesSomething, isExpression, parseJavaScript, planBody } from './parse.ts'
import { applyEdits, type PositionStep } from './positions.ts'
import { ProgramSyntaxError } from './syntax-error.ts'
import { type JavaScript, stripTypes } from './typescript.ts'
import { packagedProgram, type Unpacked, unpack } from './unpack.ts'

/** A program with the way back from a place in it to the model's text. Plain data, so that another thread may make it. */
export interface PreparedProgram extends Program {
  readonly steps: readonly PositionStep[]
}

export const PROGRAM_NAME = 'program.js'

/** Written over by engines whose programs are modules. */
const LEAD = ' '.repeat('export default '.length)
const OPENING = `${LEAD}async()=>{"use strict";`
const CLOSING = '\n}'

/**
 * Makes a model's text a program. It is parsed first, as it stands, and wrapped only then; what comes of that is parsed
 * again, so that no text can close the wrapper.
 *
 * @throws {@link ProgramSyntaxError} with a place in the model's text
 */
export async function prepareProgram(given: string): Promise<PreparedProgram> {
  const { program } = await read({ text: withoutHashBang(given), steps: [] }, { left: MAX_READINGS })
  return program
}

interface Reading {
  readonly program: PreparedProgram
  /** Whether it is more than one value or name. */
  readonly acts: boolean
}

/** Ways in which one text is read: what is packed may be packed again. */
const MAX_READINGS = 12

/** @param readings how many are left; shared by all readings of one text */
async function read(given: Unpacked, readings: { left: number }): Promise<Reading> {
  readings.left--
  const { text, steps } = given
  const packaged = packagedProgram(text)
  if (packaged !== undefined && readings.left > 0) {
    const inner = await unlessRefused(read({ text: packaged, steps: [] }, readings))
    // A text that a program gives as its value seldom returns, calls or declares something itself.
    if ('acts' in inner && inner.acts) return inner
  }
  const asItStands = await unlessRefused(wrap(given))
  // What is taken away may also stand in a comment or in a text, so what is a program as it stands is left alone.
  if (!(asItStands instanceof ProgramSyntaxError)) return asItStands
  let refusal: ProgramSyntaxError | undefined
  for (const inner of unpack(text)) {
    if (readings.left <= 0) break
    const found = await unlessRefused(read({ text: inner.text, steps: [...inner.steps, ...steps] }, readings))
    if (!(found instanceof ProgramSyntaxError)) return found
    // What stands in a fence is the program, and prose around it none; what is repaired was one before.
    if (inner.steps.length === 0) refusal ??= found
  }
  throw refusal ?? asItStands
}

const unlessRefused = <T>(reading: Promise<T>): Promise<T | ProgramSyntaxError> =>
  reading.catch((error: unknown) => {
    if (error instanceof ProgramSyntaxError) return error
    throw error
  })

/** Longer texts, and those with types, cost more than the caller's thread should give. */
const SMALL_LENGTH = 2_000

/**
 * The same at once, for what most models write: a small text of plain JavaScript. Undefined for any other, which
 * {@link prepareProgram} then reads, where a hostile text can hold up nobody.
 */
export function prepareSmallProgram(given: string): PreparedProgram | undefined {
  const text = withoutHashBang(given)
  if (text.length > SMALL_LENGTH || TYPE_ARGUMENTS.test(text) || packagedProgram(text) !== undefined) return undefined
  try {
    return wrapScript(isObjectLiteral(text) ? objectLiteral(text) : { text, ast: parseJavaScript(text), steps: [] })
      .program
  } catch (error) {
    if (error instanceof ProgramSyntaxError) return undefined
    throw error
  }
}

/** A first line for a shell is a comment. */
const withoutHashBang = (text: string): string => text.replace(/^#!/, '//')

async function wrap({ text, steps }: Unpacked): Promise<Reading> {
  const script = isObjectLiteral(text) ? objectLiteral(text) : await toJavaScript(text)
  return wrapScript({ ...script, steps: [...script.steps, ...steps] })
}

function wrapScript(script: JavaScript): Reading {
  const ast = script.ast ?? parseJavaScript(script.text)
  const { edits, tail } = planBody(script.text, ast)
  const { text, step } = applyEdits(script.text, edits)
  // The tail stands on a line of its own: the text may end in a comment.
  const source = `${OPENING}${text}${tail === '' ? '' : `\n${tail}`}${CLOSING}`
  assertOneFunction(source)
  const steps: PositionStep[] = [{ kind: 'prefix', length: OPENING.length }, step, ...script.steps]
  return { program: { name: PROGRAM_NAME, source, steps }, acts: doesSomething(ast) }
}

/** `f<T>(x)` is also JavaScript, with another meaning: two comparisons. */
const TYPE_ARGUMENTS = /(?<![=\s])\s*>\s*[(`]/

async function toJavaScript(text: string): Promise<JavaScript> {
  if (!TYPE_ARGUMENTS.test(text)) {
    try {
      return { text, ast: parseJavaScript(text), steps: [] }
    } catch {
      // Not JavaScript; it may still be TypeScript, whose parser tells what is wrong if not.
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
