import type TypeScript from 'typescript'
import { type Engine, type Finding, LIBRARY, OPTIONS, PROGRAM, TOOLS } from './engine.ts'
import { languageLibrary } from './library.ts'

/** Starts the language service of TypeScript 6, and keeps it warm. */
export async function startTypeScript6(): Promise<Engine> {
  const { default: ts } = (await import('typescript')) as { readonly default: typeof TypeScript }
  const options: TypeScript.CompilerOptions = {
    ...OPTIONS,
    target: ts.ScriptTarget.ES2025,
    module: ts.ModuleKind.ESNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
  }
  const folder = ts.getDefaultLibFilePath(options).replace(/[^/\\]*$/, '')
  const texts = [...languageLibrary(folder), [TOOLS, ''], [PROGRAM, '']] as const
  const files = new Map(texts.map(([name, text]) => [name, { text, version: 0 }]))
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [...files.keys()],
    getScriptVersion: (name) => String(files.get(name)?.version ?? 0),
    getScriptSnapshot: (name) => {
      const text = files.get(name)?.text
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => '/',
    getDefaultLibFileName: () => LIBRARY,
    // A program cannot make it read other files.
    fileExists: (name) => files.has(name),
    readFile: (name) => files.get(name)?.text,
    directoryExists: () => false,
    getDirectories: () => [],
  })
  const write = (name: string, text: string) => {
    const file = files.get(name)
    if (file?.text !== text) files.set(name, { text, version: (file?.version ?? 0) + 1 })
  }
  const check = async (program: string, declarations: string): Promise<readonly Finding[]> => {
    write(PROGRAM, program)
    write(TOOLS, declarations)
    return service.getSemanticDiagnostics(PROGRAM).map(({ code, messageText, start = 0, length = 0 }) => ({
      code,
      message: ts.flattenDiagnosticMessageText(messageText, '\n'),
      start,
      end: start + length,
    }))
  }
  await check('export {}', '')
  return { name: `TypeScript ${ts.version}`, pids: [], check }
}
