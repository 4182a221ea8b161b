import type { Catalog } from '../catalog/catalog.ts'
import type { GuestNames } from '../catalog/mentioned-names.ts'
import type { ExecutionError } from '../contract/errors.ts'
import { TypeCheckError, type TypeChecker, type TypeMistake } from '../contract/type-checker.ts'
import { noSuchTool } from '../discovery/missing-tool.ts'
import { codeFrame, originalPosition, type Position, positionAt } from '../program/positions.ts'
import type { PreparedProgram } from '../program/program.ts'
import { inOneLine } from '../values/one-line.ts'
import { checkedDeclarations, declarationOf, mentionsObserved } from './checked-declarations.ts'

/** Effect of mistakes: the program is not run, or it runs and its result has a warning. */
export type CheckMode = 'error' | 'warn'

/** Outcome of a check. Empty for a program without mistakes. */
export interface ProgramCheck {
  /** Why the program is not run. */
  readonly error?: ExecutionError
  readonly warnings?: readonly string[]
}

/** A program to check. */
export interface ProgramToCheck {
  readonly program: PreparedProgram
  /** Text of the model. */
  readonly code: string
  readonly catalog: Catalog
  /** Names that the program mentions. */
  readonly names: GuestNames
}

/** Maximum number of mistakes that a model reads. */
const MAX_MISTAKES = 10
/** Maximum length of one message, in characters. */
const MAX_MESSAGE = 400
/** Maximum length of a declaration, in characters. */
const MAX_DECLARATION = 600

/** Checks programs with a type checker, and words its findings for models. */
export class ProgramChecker {
  readonly #checker: TypeChecker
  readonly #mode: CheckMode

  constructor(checker: TypeChecker, mode: CheckMode) {
    this.#checker = checker
    this.#mode = mode
  }

  /** @throws the signal's reason, or an error of a checker that is broken */
  async check(checked: ProgramToCheck, signal: AbortSignal): Promise<ProgramCheck> {
    try {
      const all = await this.#mistakes(checked, false, signal)
      if (all.length === 0) return {}
      // Observed types are no promises, so that what only they object to may well be right.
      const isObserved = mentionsObserved(checked.catalog, checked.names)
      const sure = isObserved ? await this.#mistakes(checked, true, signal) : all
      const starts = new Set(sure.map(({ start }) => start))
      const doubtful = all.filter(({ start }) => !starts.has(start))
      const warnings = foundIn(doubtful, checked).map((found) => `${line(found)} This type was observed, not declared.`)
      const found = foundIn(sure, checked)
      if (found.length === 0) return { warnings }
      return this.#mode === 'error'
        ? { error: errorOf(found, sure.length, checked), warnings }
        : { warnings: [...found.map(line), ...warnings] }
    } catch (error) {
      if (!(error instanceof TypeCheckError)) throw error
      return { warnings: [`The types of the program were not checked: ${inOneLine(error.message)}`] }
    }
  }

  async #mistakes(
    { program, catalog, names }: ProgramToCheck,
    isSure: boolean,
    signal: AbortSignal,
  ): Promise<readonly TypeMistake[]> {
    const declarations = checkedDeclarations(catalog, names, isSure)
    return await this.#checker.check({ code: program.written.text, declarations }, { signal })
  }
}

function foundIn(mistakes: readonly TypeMistake[], { program, catalog }: ProgramToCheck): Found[] {
  const { text, steps } = program.written
  return mistakes.slice(0, MAX_MISTAKES).map((mistake) => ({
    message: messageOf(mistake, text, catalog),
    position: originalPosition(steps, positionAt(text, mistake.start)),
    tool: toolAt(text, mistake, catalog),
  }))
}

interface Found {
  readonly message: string
  readonly position: Position
  /** Path of the tool whose declaration the program does not meet. */
  readonly tool: string | undefined
}

const line = ({ message, position }: Found): string => `Line ${position.line}: ${message}`

function errorOf(found: readonly Found[], count: number, { code, catalog }: ProgramToCheck): ExecutionError {
  const [first] = found as [Found]
  const others = found.slice(1).map(({ message, position }) => `${message}\n${codeFrame(code, position)}`)
  const more = count > found.length ? [`And ${count - found.length} more.`] : []
  const tools = [...new Set(found.flatMap(({ tool }) => tool ?? []))]
  const declared = tools.flatMap((path) => shortDeclaration(path, catalog) ?? [])
  return {
    code: 'CODE_TYPE',
    name: 'TypeError',
    message: first.message,
    ...first.position,
    details: [...others, ...more, ...declared, 'No tool was called. Correct the program and run it again.'].join('\n'),
  }
}

/** Returns the message, with the nearest tool if the program names one that does not exist. */
function messageOf({ message, start, end }: TypeMistake, text: string, catalog: Catalog): string {
  const name = text.slice(start, end)
  const [, namespace] = /([\p{ID_Continue}$]+)\s*\??\.\s*$/u.exec(text.slice(Math.max(0, start - 200), start)) ?? []
  if (
    namespace !== undefined &&
    catalog.namespace(namespace) !== undefined &&
    catalog.find(`${namespace}.${name}`) === undefined
  )
    return noSuchTool(catalog, `${namespace}.${name}`)
  return message.slice(0, MAX_MESSAGE)
}

/** Returns the tool whose arguments are at a mistake: the last one that is called before it. */
function toolAt(text: string, { start }: TypeMistake, catalog: Catalog): string | undefined {
  const before = text.slice(Math.max(0, start - MAX_DECLARATION), start)
  const calls = [...before.matchAll(/([\p{ID_Continue}$]+)\.([\p{ID_Continue}$]+)\s*\(/gu)]
  return calls.map(([, namespace, tool]) => `${namespace}.${tool}`).findLast((each) => catalog.find(each))
}

function shortDeclaration(path: string, catalog: Catalog): string | undefined {
  const declared = declarationOf(catalog, path)
  if (declared === '') return undefined
  return declared.length > MAX_DECLARATION ? `See codemode.describe(['${path}']).` : declared
}
