import type TypeScript from 'typescript'
import { type Engine, type Finding, OPTIONS, PROGRAM, TOOLS } from './engine.ts'

/** Starts the language service of TypeScript 6, and keeps it warm. */
export async function startTypeScript6(): Promise<Engine> {
  const { default: ts } = (await import('typescript')) as { readonly default: typeof TypeScript }
  const options: TypeScript.CompilerOptions = {
    ...OPTIONS,
    target: ts.ScriptTarget.ES2025,
    lib: ['lib.es2025.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
  }
  const files = new Map([
    [PROGRAM, { text: '', version: 0 }],
    [TOOLS, { text: '', version: 0 }],
  ])
  const libraries = ts.getDefaultLibFilePath(options).replace(/[^/\\]*$/, '')
  const isLibrary = (name: string) => name.startsWith(libraries)
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [...files.keys()],
    getScriptVersion: (name) => String(files.get(name)?.version ?? 0),
    getScriptSnapshot: (name) => {
      const text = files.get(name)?.text ?? (isLibrary(name) ? ts.sys.readFile(name) : undefined)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => '/',
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    // A program cannot make it read other files.
    fileExists: (name) => files.has(name) || (isLibrary(name) && ts.sys.fileExists(name)),
    readFile: (name) => files.get(name)?.text ?? (isLibrary(name) ? ts.sys.readFile(name) : undefined),
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
