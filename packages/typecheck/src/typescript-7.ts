import type { ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { API, type Diagnostic, type Snapshot } from 'typescript-7/unstable/sync'
import { type Engine, type Finding, FOLDER, OPTIONS, PROGRAM, TOOLS } from './engine.ts'
import { languageLibrary } from './library.ts'

const CONFIG = `${FOLDER}/tsconfig.json`
const COMPILER_OPTIONS = { ...OPTIONS, target: 'es2025', module: 'esnext', moduleDetection: 'force' }

const textOf = ({ text, messageChain = [] }: Diagnostic): string => [text, ...messageChain.map(textOf)].join('\n')

/** Returns the folder with the libraries of TypeScript 7, which are in the package for this platform. */
function libraryFolder(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('typescript-7/package.json'))
  const platform = `@typescript/typescript-${process.platform}-${process.arch}`
  return join(dirname(require.resolve(`${platform}/package.json`)), 'lib')
}

/**
 * Starts TypeScript 7, and keeps it warm. It sees nothing but the files of the check. A check blocks this thread: its pipe is
 * read without an event loop, which halves the time of a small check.
 */
export async function startTypeScript7(): Promise<Engine> {
  const library = languageLibrary(libraryFolder())
  const files = new Map([...library, [TOOLS, ''], [PROGRAM, '']])
  files.set(CONFIG, JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: [...files.keys()] }))
  const api = new API({
    cwd: FOLDER,
    fs: {
      // Undefined would stand for the real file.
      readFile: (name) => files.get(name) ?? null,
      fileExists: (name) => files.has(name),
      directoryExists: (name) => name === FOLDER,
      getAccessibleEntries: () => ({ files: [], directories: [] }),
      realpath: (name) => name,
    },
  })
  let snapshot: Snapshot | undefined
  const check = async (program: string, declarations: string): Promise<readonly Finding[]> => {
    const changed = [PROGRAM]
    files.set(PROGRAM, program)
    if (files.get(TOOLS) !== declarations) {
      files.set(TOOLS, declarations)
      changed.push(TOOLS)
    }
    const before = snapshot
    // A project stays open.
    snapshot = api.updateSnapshot(before === undefined ? { openProjects: [CONFIG] } : { fileChanges: { changed } })
    const [project] = snapshot.getProjects()
    if (project === undefined) throw new Error('TypeScript opened no project')
    const found = project.program.getSemanticDiagnostics(PROGRAM)
    // The answer does not wait until the last program is removed.
    setImmediate(() => before?.dispose())
    return found.map((each) => ({ code: each.code, message: textOf(each), start: each.pos, end: each.end }))
  }
  // Loads the libraries.
  await check('export {}', '')
  // The client has no public property for its process.
  const { channel } = (api as unknown as { readonly client: { readonly channel?: { readonly child?: ChildProcess } } })
    .client
  const pid = channel?.child?.pid
  return { name: 'TypeScript 7', pids: pid === undefined ? [] : [pid], check }
}
