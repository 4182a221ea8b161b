import type { ChildProcess } from 'node:child_process'
import { API, type Diagnostic, type Snapshot } from 'typescript-7/unstable/async'
import { type Engine, type Finding, FOLDER, OPTIONS, PROGRAM, TOOLS } from './engine.ts'

const CONFIG = `${FOLDER}/tsconfig.json`
const SETTINGS = {
  compilerOptions: {
    ...OPTIONS,
    target: 'es2025',
    lib: ['es2025'],
    module: 'esnext',
    moduleDetection: 'force',
  },
  files: [TOOLS, PROGRAM],
}

/** Matches the files of its libraries. */
const LIBRARY = /[\\/]lib\.[\w.]+\.d\.ts$/

const textOf = ({ text, messageChain = [] }: Diagnostic): string => [text, ...messageChain.map(textOf)].join('\n')

/** Starts TypeScript 7, and keeps it warm. It sees nothing but the files of the check and its own libraries. */
export async function startTypeScript7(): Promise<Engine> {
  const files = new Map([
    [CONFIG, JSON.stringify(SETTINGS)],
    [TOOLS, ''],
    [PROGRAM, ''],
  ])
  const api = new API({
    cwd: FOLDER,
    fs: {
      // Undefined stands for the real file.
      readFile: (name) => files.get(name) ?? (LIBRARY.test(name) ? undefined : null),
      fileExists: (name) => files.has(name) || (LIBRARY.test(name) ? undefined : false),
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
    snapshot = await api.updateSnapshot(
      before === undefined ? { openProjects: [CONFIG] } : { fileChanges: { changed } },
    )
    const [project] = snapshot.getProjects()
    if (project === undefined) throw new Error('TypeScript opened no project')
    const found = await project.program.getSemanticDiagnostics(PROGRAM)
    // The answer does not wait until the last program is removed.
    before?.dispose().catch(() => {})
    return found.map((each) => ({ code: each.code, message: textOf(each), start: each.pos, end: each.end }))
  }
  // Loads the libraries.
  await check('export {}', '')
  // The client has no public property for its process.
  const { process } = (api as unknown as { readonly client: { readonly process?: ChildProcess } }).client
  return { name: 'TypeScript 7', pids: process?.pid === undefined ? [] : [process.pid], check }
}
