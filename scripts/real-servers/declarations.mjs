import ts from 'typescript'

/** Strict options, with declarations checked. */
const OPTIONS = {
  strict: true,
  noEmit: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
  lib: ['lib.es2023.d.ts'],
}
const FILE = '/tools.d.ts'
const libraries = new Map()

/** Compiles declarations and returns the errors of TypeScript. */
export function typeErrors(declarations) {
  const host = ts.createCompilerHost(OPTIONS)
  const { getSourceFile, fileExists, readFile } = host
  host.getSourceFile = (name, ...rest) => {
    if (name === FILE) return ts.createSourceFile(name, declarations, OPTIONS.target, true)
    if (!libraries.has(name)) libraries.set(name, getSourceFile.call(host, name, ...rest))
    return libraries.get(name)
  }
  host.fileExists = (name) => name === FILE || fileExists.call(host, name)
  host.readFile = (name) => (name === FILE ? declarations : readFile.call(host, name))
  const program = ts.createProgram([FILE], OPTIONS, host)
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n').replaceAll('\n', ' '))
}
