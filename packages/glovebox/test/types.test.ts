import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { Directory, glovebox, publicFlag } from './support.ts'

/** Returns the problems that TypeScript reports for a program with these declarations in strict mode. */
function problems(declarations: string, program: string): string[] {
  const files: Record<string, string> = { '/tools.d.ts': declarations, '/program.ts': `${program}\nexport {}\n` }
  const options: ts.CompilerOptions = {
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
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.getSourceFile = (name, ...rest) => {
    const text = files[name]
    return text === undefined
      ? getSourceFile.call(host, name, ...rest)
      : ts.createSourceFile(name, text, ts.ScriptTarget.ES2023, true)
  }
  host.fileExists = (name) => name in files || fileExists.call(host, name)
  host.readFile = (name) => files[name] ?? readFile.call(host, name)
  const compiled = ts.createProgram(Object.keys(files), options, host)
  return ts
    .getPreEmitDiagnostics(compiled)
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
}

describe('glovebox types prints declarations that compile in strict mode and type-check programs', () => {
  it.each([
    {
      server: 'filesystem' as const,
      correct: `await filesystem.writeFile({ path: '/a', content: 'b' }); await filesystem.readMultipleFiles({ paths: ['/a'] })`,
      wrong: [
        'await filesystem.readTextFile({ path: 7 })',
        `await filesystem.writeFile({ path: '/a' })`,
        `await filesystem.moveFile({ source: '/a', destination: '/b', force: true })`,
        `await filesystem.noSuchTool({})`,
      ],
    },
    {
      server: 'memory' as const,
      correct: `await memory.createEntities({ entities: [{ name: 'Ada', entityType: 'person', observations: ['writes'] }] })
        const graph = await memory.readGraph()
        const names: string[] = graph.entities.map((entity) => entity.name)
        names.join()`,
      wrong: [
        `await memory.createEntities({ entities: [{ name: 'Ada' }] })`,
        `await memory.searchNodes({ query: ['Ada'] })`,
      ],
    },
    {
      server: 'everything' as const,
      correct: `await everything.echo({ message: 'hi' })
        await everything.getSum({ a: 1, b: 2 })
        const weather = await everything.getStructuredContent({ location: 'Chicago' })
        const degrees: number = weather.temperature
        degrees.toFixed()`,
      wrong: [
        `await everything.getSum({ a: 1, b: 'two' })`,
        `await everything.getStructuredContent({ location: 'Paris' })`,
        'await everything.echo()',
      ],
    },
  ])('for server-$server', async ({ server, correct, wrong }) => {
    await using directory = new Directory()
    const { code, stdout, stderr } = await glovebox([
      'types',
      '--server',
      publicFlag(server, server === 'filesystem' ? directory.path : ''),
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`declare namespace ${server} {`))
    expect(problems(stdout, correct)).toEqual([])
    for (const program of wrong) {
      const found = problems(stdout, program)
      expect(found, program).not.toEqual([])
      // The declarations have no errors.
      expect(found.filter((problem) => !problem.startsWith('/program.ts'))).toEqual([])
    }
  })

  it('in shorter styles, with a warning about omitted parts', async () => {
    const server = ['--server', publicFlag('memory')]
    const short = await glovebox(['types', ...server, '--style', 'signatures'])
    expect(short.code).toBe(0)
    expect(short.stderr).toBe('warning Left out: types, descriptions.\n')
    expect(short.stdout).toContain('\ncreateEntities({ entities[] })')
    expect(problems(short.stdout, '')).toEqual([])
    const shortest = await glovebox(['types', ...server, '--max-tokens', '400'])
    expect(shortest.stderr).toContain('Left out: types, ')
    expect(problems(shortest.stdout, '')).toEqual([])
    for (const wrong of [
      ['--style', 'tiny'],
      ['--max-tokens', 'few'],
      ['--max-tokens', '0'],
    ]) {
      expect((await glovebox(['types', ...server, ...wrong])).code).toBe(2)
    }
  })

  it('for several servers together', async () => {
    await using directory = new Directory()
    const flags = [publicFlag('filesystem', directory.path), publicFlag('memory'), publicFlag('everything')].flatMap(
      (flag) => ['-s', flag],
    )
    const { code, stdout } = await glovebox(['types', ...flags])
    expect(code).toBe(0)
    expect(
      problems(
        stdout,
        `await Promise.all([filesystem.listAllowedDirectories(), memory.readGraph(), everything.echo({ message: '' })])`,
      ),
    ).toEqual([])
  })
})
