import type { Program } from '../contract.ts'
import { isExpression, parseJavaScript, planBody } from './parse.ts'
import { applyEdits, type Position } from './positions.ts'
import { ProgramSyntaxError } from './syntax-error.ts'
import { type JavaScript, stripTypes } from './typescript.ts'

/** A program with the way back from a place in it to the model's text. */
export interface PreparedProgram extends Program {
  original(position: Position): Position
}

export const PROGRAM_NAME = 'program.js'

const OPENING = 'async()=>{"use strict";'
const CLOSING = '\n}'

/**
 * Makes a model's text a program. It is parsed first, as it stands, and wrapped only then, so that no text can close the
 * wrapper.
 *
 * @throws {@link ProgramSyntaxError} with a place in the model's text
 */
export async function prepareProgram(text: string): Promise<PreparedProgram> {
  try {
    return await wrap(text)
  } catch (error) {
    // A fence may also stand in a comment, so what is a program as it stands is left alone.
    const fenced = error instanceof ProgramSyntaxError ? withoutFence(text) : undefined
    if (fenced === undefined) throw error
    return wrap(fenced)
  }
}

async function wrap(text: string): Promise<PreparedProgram> {
  const script = isObjectLiteral(text) ? objectLiteral(text) : await toJavaScript(text)
  const { edits, tail } = planBody(script.text, script.ast ?? parseJavaScript(script.text))
  const body = applyEdits(script.text, edits)
  return {
    name: PROGRAM_NAME,
    // The tail stands on a line of its own: the text may end in a comment.
    source: `${OPENING}${body.text}${tail === '' ? '' : `\n${tail}`}${CLOSING}`,
    original: ({ line, column }) =>
      script.original(body.original({ line, column: line === 1 ? Math.max(1, column - OPENING.length) : column })),
  }
}

/** `f<T>(x)` is also JavaScript, with another meaning: two comparisons. */
const TYPE_ARGUMENTS = /(?<![=\s])\s*>\s*[(`]/

async function toJavaScript(text: string): Promise<JavaScript> {
  if (!TYPE_ARGUMENTS.test(text)) {
    try {
      return { text, ast: parseJavaScript(text), original: (position) => position }
    } catch {
      // Not JavaScript; it may still be TypeScript, whose parser tells what is wrong if not.
    }
  }
  return stripTypes(text)
}

function isObjectLiteral(text: string): boolean {
  return /^\s*\{[\s\S]*\}\s*;?\s*$/.test(text) && isExpression(text)
}

function objectLiteral(text: string): JavaScript {
  const start = text.indexOf('{')
  const end = text.lastIndexOf('}') + 1
  return applyEdits(text, [
    { start, end: start, insert: '(' },
    { start: end, end, insert: ')' },
  ])
}

const FENCE = /^[ \t]*(`{3,}|~{3,})[^\n`]*\n([\s\S]*?)^[ \t]*\1[ \t]*$/m

/** The first fenced block of a text, on the lines where it stands. */
function withoutFence(text: string): string | undefined {
  const found = FENCE.exec(text)
  if (found === null) return undefined
  const content = found[2] as string
  const start = found.index + found[0].indexOf('\n') + 1
  return text.slice(0, start).replace(/[^\n]+/g, '') + content
}
