import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readText, root, trackedFiles } from './repository.ts'

interface Block {
  readonly page: string
  readonly line: number
  readonly language: string
  readonly words: readonly string[]
  readonly text: string
}

/** Folder from which packages resolve as in a user's project. */
const home = join(root, 'test')

const LANGUAGES = ['ts', 'json', 'sh', 'text', 'mermaid', 'dockerfile']

/** Returns the fenced blocks of a page: ```` ```language word word ````. */
function blocksOf(page: string, markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\S*)([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    page,
    line: markdown.slice(0, match.index).split('\n').length,
    language: match[1] as string,
    words: (match[2] as string).trim().split(/\s+/),
    text: match[3] as string,
  }))
}

/** Returns the compiler errors of some texts, each compiled as a separate module. */
function typeErrors(files: ReadonlyMap<string, string>): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
    types: ['node'],
    skipLibCheck: true,
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, directoryExists } = host
  const folders = new Set([...files.keys()].map((file) => dirname(file)))
  host.directoryExists = (folder) => folders.has(folder) || directoryExists?.call(host, folder) === true
  host.fileExists = (file) => files.has(file) || fileExists.call(host, file)
  host.readFile = (file) => files.get(file) ?? readFile.call(host, file)
  host.getCurrentDirectory = () => root
  const program = ts.createProgram([...files.keys()], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1
    return `${file?.fileName.slice(root.length)}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
}

const pages = trackedFiles().filter((file) =>
  /^(?:README\.md|CONTRIBUTING\.md|SECURITY\.md|site\/index\.md|docs\/.*\.md|(?:packages|apps)\/[^/]+\/README\.md)$/.test(
    file,
  ),
)
const blocks = pages.flatMap((page) => blocksOf(page, readText(page)))
/** Returns the file name of a block. Blocks such as ```` ```ts file=src/index.ts ```` of one page share a folder. */
const named = ({ page, line, words }: Block, extension: string) => {
  const file = words.find((word) => word.startsWith('file='))?.slice('file='.length)
  return file === undefined ? `${page.replaceAll('/', '-')}-${line}.${extension}` : `${page}.files/${file}`
}

describe('every code block in the documentation', () => {
  it('is in a supported language', () => {
    expect(blocks.length).toBeGreaterThan(20)
    // error-texts.test.ts runs the programs of this page.
    const isProgram = ({ page, language }: Block) =>
      /^docs\/reference\/(?:errors|diagnostics)\.md$/.test(page) && language === 'js'
    expect(blocks.filter((block) => !LANGUAGES.includes(block.language) && !isProgram(block))).toEqual([])
  })

  it('is valid TypeScript against the built packages', () => {
    const files = new Map(
      blocks.filter(({ language }) => language === 'ts').map((block) => [join(home, named(block, 'ts')), block.text]),
    )
    expect(files.size).toBeGreaterThan(10)
    expect(typeErrors(files)).toEqual([])
  })

  it('is valid JSON', () => {
    for (const block of blocks)
      if (block.language === 'json') expect(() => JSON.parse(block.text), named(block, 'json')).not.toThrow()
  })

  it('is reported for a type error, a missing export or an unknown language', () => {
    const wrong = new Map([
      [join(home, 'wrong-1.ts'), 'const a: string = 1'],
      [join(home, 'wrong-2.ts'), "import { nothing } from 'glovebox'"],
    ])
    expect(typeErrors(wrong)).toHaveLength(2)
    expect(blocksOf('x', '```cobol\nMOVE\n```')[0]?.language).toBe('cobol')
  })
})

describe('the guide for backends', () => {
  const shown = blocks.filter(({ page }) => page === 'docs/guides/add-a-backend.md')
  const home = 'packages/node-vm'

  it.each(['src/guest.ts', 'src/index.ts', 'test/conformance.test.ts'])('shows %s as in the package', (file) => {
    // A built package refers to its built files and imports itself by name.
    const plain = readText(`${home}/${file}`)
      .replace(/const GUEST = .*/, "const GUEST = new URL('./guest.ts', import.meta.url)")
      .replace('entryFile(GUEST)', 'GUEST')
      .replace('  entryFile,\n', '')
      .replace("'@glovebox/node-vm'", "'../src/index.ts'")
    expect(shown.find(({ words }) => words.includes(`file=${file}`))?.text).toBe(plain)
  })
})

describe('the guide for containers', () => {
  const shown = blocks.filter(({ page }) => page === 'docs/guides/docker.md')

  // docker.test.ts builds and runs these files.
  it.each(['Dockerfile', 'server.ts'])('shows %s as it is tested', (file) => {
    const block = shown.find(({ words }) => words.includes(`file=${file}`))
    expect(block?.text).toBe(readText(`test/embedding/docker/${file}`))
  })

  it('is the only page with a Dockerfile', () => {
    const pages = blocks.filter(({ language }) => language === 'dockerfile').map(({ page }) => page)
    expect(pages).toEqual(['docs/guides/docker.md'])
  })
})

describe('every runnable block prints the output below it', () => {
  const cache = join(home, 'node_modules', '.cache')
  let folder: string
  beforeAll(() => {
    mkdirSync(cache, { recursive: true })
    folder = mkdtempSync(join(cache, 'documentation-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const runnable = blocks.filter(({ words }) => words.includes('run'))
  it('exists', () => expect(runnable.length).toBeGreaterThan(5))

  for (const block of runnable) {
    it(`${block.page}, line ${block.line}`, async () => {
      const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
      const file = join(folder, named(block, 'mjs'))
      writeFileSync(file, ts.transpileModule(block.text, { compilerOptions: options }).outputText)
      const { stdout } = await promisify(execFile)(process.execPath, [file], {
        cwd: folder,
        env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
      })
      const next = blocks[blocks.indexOf(block) + 1]
      expect(next?.words, 'an output block follows').toContain('output')
      expect(stdout.trimEnd()).toBe(next?.text.trimEnd())
    })
  }
})
