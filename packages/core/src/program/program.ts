import type { Program } from '../contract.ts'
import { assertOneFunction, isExpression, parseJavaScript, planBody } from './parse.ts'
import { applyEdits, type PositionStep } from './positions.ts'
import { ProgramSyntaxError } from './syntax-error.ts'
import { type JavaScript, stripTypes } from './typescript.ts'

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
  const text = withoutHashBang(given)
  try {
    return await wrap(text)
  } catch (error) {
    // A fence may also stand in a comment, so what is a program as it stands is left alone.
    const fenced = error instanceof ProgramSyntaxError ? withoutFence(text) : undefined
    if (fenced === undefined) throw error
    return wrap(fenced)
  }
}

/** Longer texts, and those with types, cost more than the caller's thread should give. */
const SMALL_LENGTH = 2_000

/**
 * The same at once, for what most models write: a small text of plain JavaScript. Undefined for any other, which
 * {@link prepareProgram} then reads, where a hostile text can hold up nobody.
 */
export function prepareSmallProgram(given: string): PreparedProgram | undefined {
  const text = withoutHashBang(given)
  if (text.length > SMALL_LENGTH || TYPE_ARGUMENTS.test(text)) return undefined
  try {
    return wrapScript(isObjectLiteral(text) ? objectLiteral(text) : { text, ast: parseJavaScript(text), steps: [] })
  } catch (error) {
    if (error instanceof ProgramSyntaxError) return undefined
    throw error
  }
}

/** A first line for a shell is a comment. */
const withoutHashBang = (text: string): string => text.replace(/^#!/, '//')

async function wrap(text: string): Promise<PreparedProgram> {
  return wrapScript(isObjectLiteral(text) ? objectLiteral(text) : await toJavaScript(text))
}

function wrapScript(script: JavaScript): PreparedProgram {
  const { edits, tail } = planBody(script.text, script.ast ?? parseJavaScript(script.text))
  const { text, step } = applyEdits(script.text, edits)
  // The tail stands on a line of its own: the text may end in a comment.
  const source = `${OPENING}${text}${tail === '' ? '' : `\n${tail}`}${CLOSING}`
  assertOneFunction(source)
  return {
    name: PROGRAM_NAME,
    source,
    steps: [{ kind: 'prefix', length: OPENING.length }, step, ...script.steps],
  }
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

/** The first fenced block of a text, on the lines where it stands. */
function withoutFence(text: string): string | undefined {
  const lines = text.split('\n')
  const opening = lines.findIndex((line) => FENCE.test(line))
  if (opening < 0) return undefined
  const fence = (FENCE.exec(lines[opening] as string)?.[1] ?? '') as string
  const closing = lines.findIndex((line, index) => index > opening && line.trim() === fence)
  // A model that was cut off, or forgot, did not close it.
  const block = lines.slice(opening + 1, closing < 0 ? lines.length : closing).join('\n')
  return closing < 0 && block.trim() === '' ? undefined : '\n'.repeat(opening + 1) + block
}

const FENCE = /^[ \t]*(`{3,}|~{3,})[^`]*$/
