import type { Catalog } from '../catalog/catalog.ts'
import type { GuestNames } from '../catalog/mentioned-names.ts'
import type { ExecutionError } from '../contract/errors.ts'
import { TypeCheckError, type TypeChecker, type TypeMistake } from '../contract/type-checker.ts'
import { noSuchTool } from '../discovery/missing-tool.ts'
import { codeFrame, originalPosition, type Position, positionAt } from '../program/positions.ts'
import type { PreparedProgram } from '../program/program.ts'
import { inOneLine } from '../values/one-line.ts'
import { checkedDeclarations } from './checked-declarations.ts'

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
    const { program, catalog, names } = checked
    const { text, steps } = program.written
    const declarations = checkedDeclarations(catalog, names)
    let mistakes: readonly TypeMistake[]
    try {
      mistakes = await this.#checker.check({ code: text, declarations }, { signal })
    } catch (error) {
      if (!(error instanceof TypeCheckError)) throw error
      return { warnings: [`The types of the program were not checked: ${inOneLine(error.message)}`] }
    }
    if (mistakes.length === 0) return {}
    const found = mistakes.slice(0, MAX_MISTAKES).map((mistake) => ({
      message: messageOf(mistake, text, catalog),
      position: originalPosition(steps, positionAt(text, mistake.start)),
      tool: toolAt(text, mistake, catalog),
    }))
    return this.#mode === 'error' ? { error: errorOf(found, mistakes.length, checked) } : { warnings: found.map(line) }
  }
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
  const declared = tools.flatMap((path) => declarationOf(path, catalog) ?? [])
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

function declarationOf(path: string, catalog: Catalog): string | undefined {
  const tool = catalog.find(path)
  if (tool === undefined) return undefined
  const [namespace = '', name = ''] = path.split('.')
  const text = checkedDeclarations(catalog, { [namespace]: [name] })
  const declared = text.slice(text.lastIndexOf('declare namespace'))
  return declared.length > MAX_DECLARATION ? `See codemode.describe(['${path}']).` : declared.trimEnd()
}
