/**
 * Checks with the TypeScript compiler which values a type accepts. Uses one program for all cases, as starting is slow.
 */
import { dirname, join } from 'node:path'
import ts from 'typescript'

export interface TypeCase {
  readonly declarations: string
  readonly type: string
  readonly instances: readonly unknown[]
}

export interface TypeVerdict {
  /** Compiler errors of the declarations. */
  readonly problems: readonly string[]
  /** Whether each instance is assignable to the type, in order. */
  readonly accepted: readonly boolean[]
}

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: false,
  noEmit: true,
  types: [],
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.ESNext,
}
const LIBRARY = dirname(ts.getDefaultLibFilePath(OPTIONS))

/** Cache of library files, which are the same in every program. */
const parsed = new Map<string, ts.SourceFile | undefined>()

export function checkTypes(cases: readonly TypeCase[]): TypeVerdict[] {
  // Each case is a separate module, so that names do not collide.
  const files = new Map(cases.map((each, index) => [`/case-${index}.ts`, moduleOf(each)]))
  const program = ts.createProgram([...files.keys()], OPTIONS, hostOf(files))
  return cases.map((each, index) => verdict(program, `/case-${index}.ts`, each))
}

/** Writes the declarations, followed by one line per instance. */
function moduleOf({ declarations, type, instances }: TypeCase): string {
  const values = instances.map((instance, index) => `export const value${index}: TypeUnderTest = ${literal(instance)}`)
  return [declarations, `export type TypeUnderTest = ${type}`, ...values].join('\n')
}

function verdict(program: ts.Program, name: string, { instances }: TypeCase): TypeVerdict {
  const file = program.getSourceFile(name)
  if (file === undefined) throw new Error(`the program does not contain ${name}`)
  const first = ts.getLineAndCharacterOfPosition(file, file.text.length).line - instances.length + 1
  const syntax = program.getSyntacticDiagnostics(file)
  const problems: string[] = []
  const accepted = instances.map(() => syntax.length === 0)
  for (const diagnostic of syntax.length > 0 ? syntax : program.getSemanticDiagnostics(file)) {
    const line = ts.getLineAndCharacterOfPosition(file, diagnostic.start ?? 0).line
    if (line >= first) accepted[line - first] = false
    else problems.push(ts.flattenDiagnosticMessageText(diagnostic.messageText, ' '))
  }
  return { problems, accepted }
}

function hostOf(files: ReadonlyMap<string, string>): ts.CompilerHost {
  return {
    getSourceFile(name, options) {
      const text = files.get(name)
      if (text !== undefined) return ts.createSourceFile(name, text, options)
      if (!parsed.has(name)) {
        const library = ts.sys.readFile(name)
        parsed.set(name, library === undefined ? undefined : ts.createSourceFile(name, library, options))
      }
      return parsed.get(name)
    },
    getDefaultLibFileName: (options) => join(LIBRARY, ts.getDefaultLibFileName(options)),
    getDefaultLibLocation: () => LIBRARY,
    writeFile() {},
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (name) => files.has(name) || ts.sys.fileExists(name),
    readFile: (name) => files.get(name) ?? ts.sys.readFile(name),
  }
}

/** Formats a JSON value as a TypeScript expression on one line. */
export function literal(value: unknown): string {
  if (typeof value === 'number') {
    // JSON.parse reads 1e400 as Infinity, and TypeScript reads this literal the same way.
    if (!Number.isFinite(value)) return value < 0 ? '-1e400' : '1e400'
    return Object.is(value, -0) ? '-0' : String(value)
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  // Without the brackets, `__proto__` would set the prototype.
  const members = Object.entries(value).map(([key, member]) => {
    return `${key === '__proto__' ? '["__proto__"]' : JSON.stringify(key)}: ${literal(member)}`
  })
  return `{ ${members.join(', ')} }`
}
