import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { type CodeMode, createCodeMode, defineTool, TypeCheckError, type TypeChecker } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import { processTree } from '@glovebox/testing/process-tree'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { type Typecheck, typecheck } from '../src/index.ts'

const sandbox = quickjs()
afterAll(() => sandbox.close())

let calls = 0
/** A schema with a name, which its type gets too. */
const LABEL = { title: 'Label', enum: ['bug', 'idea'] }

const tools = {
  label: defineTool({
    inputSchema: {
      type: 'object',
      properties: { all: { type: 'array', items: { $ref: '#/$defs/Label' } } },
      $defs: { Label: LABEL },
    },
    execute: () => {
      calls++
      return 'labelled'
    },
  }),
  listIssues: defineTool({
    description: 'Lists issues.',
    inputSchema: {
      type: 'object',
      properties: { repo: { type: 'string' }, state: { enum: ['open', 'closed'] } },
      required: ['repo'],
      additionalProperties: false,
    },
    outputSchema: {
      type: 'object',
      properties: { issues: { type: 'array', items: { type: 'object', properties: { title: { type: 'string' } } } } },
      required: ['issues'],
    },
    execute: () => {
      calls++
      return { issues: [{ title: 'It leaks' }] }
    },
  }),
  anything: () => {
    calls++
    return { free: true }
  },
}

const open = (typeChecker: TypeChecker, check?: 'error' | 'warn'): Promise<CodeMode> =>
  createCodeMode({ sandbox, tools, typeChecker, ...(check !== undefined && { check }) })

describe.each([7, 6] as const)('a check with TypeScript %i', (typescript) => {
  const checker = typecheck({ typescript, timeoutMs: 20_000 })
  afterAll(() => checker.close())

  it('tells a model what it mends in one turn, before any call', async () => {
    await using codeMode = await open(checker)
    calls = 0
    const first = await codeMode.tool.execute({
      code: `const { issues } = await tools.listIssues({ repo: 'a', stat: 'opened' })\nreturn issues.map((issue) => issue.titel)`,
    })
    expect((first as { error: string }).error).toMatch(
      /^CODE_TYPE: TypeError: The input has no property `stat`\. Did you mean `state`\?/,
    )
    expect((first as { error: string }).error).toMatch(/Did you mean `title`\?/)
    expect((first as { error: string }).error).toContain('> 1 | const { issues }')
    expect((first as { error: string }).error).toContain('function listIssues(')
    expect((first as { error: string }).error).toContain('No tool was called.')
    expect(calls).toBe(0)
    const corrected = `const { issues } = await tools.listIssues({ repo: 'a', state: 'open' })\nreturn issues.map((issue) => issue.title)`
    expect(await codeMode.tool.execute({ code: corrected })).toEqual({ result: ['It leaks'] })
    expect(calls).toBe(1)
    expect(checker.engine).toContain(`TypeScript ${typescript}`)
  })

  it.each([
    ['return await tools.lisIssues({ repo: "a" })', 'Did you mean tools.listIssues?'],
    ['const found = tools.listIssues({ repo: "a" })\nreturn found.issues', 'Is an await missing?'],
    ['return await tools.listIssues({ repo: "a", state: "opened" })', '"open" | "closed"'],
    ['return await tools.listIssues({ repo: 5 })', 'The value must be string, not number'],
    ['return await tools.label({ all: ["bugs"] })', '"bugs"'],
    ['return await tools.listIssues({})', 'The input lacks the property `repo`'],
    ['return undefinedName + 1', 'There is no variable, global or tool `undefinedName`'],
    ['return new SharedArrayBuffer(8).byteLength', 'There is no variable, global or tool `SharedArrayBuffer`'],
    ['```ts\nconst x: number = 1\nreturn (await tools.listIssues({ repo: "a" })).issue\n```', 'Did you mean `issues`?'],
  ])('finds the mistake in %j', async (code, message) => {
    await using codeMode = await open(checker)
    const result = await codeMode.execute(code)
    const text = JSON.stringify(result.ok ? result : result.error)
    expect(text).toContain('CODE_TYPE')
    expect(JSON.parse(text)).toMatchObject({ line: expect.any(Number), column: expect.any(Number) })
    const { message: said, details = '' } = JSON.parse(text) as { message: string; details?: string }
    const quotes = (each: string) => each.replaceAll('"closed" | "open"', '"open" | "closed"')
    expect(quotes(`${said}\n${details}`)).toContain(message)
  })

  it.each([
    'const out = {}; out.total = 1; out.all = [out.total]; return out',
    'const { free } = await tools.anything(); return free.missing?.deep ?? null',
    'if (tools.remove) return await tools.remove({}); return 1',
    'const state = "open"; const input = { repo: "a", state }; return (await tools.listIssues(input)).issues.length',
    'const inputs = [{ all: ["bug"] }]; return (await Promise.all(inputs.map((input) => tools.label(input)))).length',
    'interface Mine { title: string; extra?: number }\nconst mine: Mine[] = (await tools.listIssues({ repo: "a" })).issues as Mine[]\nreturn mine.length',
    'return typeof fetch === "undefined" ? "no network" : fetch',
    'return new Date(Date.now()) - new Date(0) > 0',
  ])('raises no alarm about %s', async (code) => {
    await using codeMode = await open(checker)
    expect(await codeMode.execute(code)).toMatchObject({ ok: true })
  })

  it('knows texts with the word unknown', async () => {
    const set = defineTool({
      inputSchema: {
        type: 'object',
        properties: { state: { enum: ['is unknown now', 'unknown'] } },
        required: ['state'],
      },
      execute: () => 'set',
    })
    await using codeMode = await createCodeMode({ sandbox, tools: { set }, typeChecker: checker })
    for (const state of ['is unknown now', 'unknown'])
      expect(await codeMode.execute(`return await tools.set({ state: '${state}' })`)).toMatchObject({ ok: true })
    const wrong = await codeMode.execute("return await tools.set({ state: 'known' })")
    expect(wrong.ok ? '' : wrong.error.message).toContain('"is unknown now" | "unknown"')
  })

  it('warns, and runs the program, with `warn`', async () => {
    await using codeMode = await open(checker, 'warn')
    const code = 'const { issues } = await tools.listIssues({ repo: "a" })\nreturn issues[0].titel === undefined'
    expect(await codeMode.execute(code)).toMatchObject({
      ok: true,
      value: true,
      warnings: [expect.stringMatching(/^Line 2: .*Did you mean `title`\?/)],
    })
  })
})

/** Programs that keep a type checker busy, or take its memory. */
const BOMBS: readonly (readonly [name: string, code: string])[] = [
  [
    'recursive conditional types',
    `type Grow<T extends unknown[], N> = T['length'] extends N ? T : Grow<[...T, ...T, 1], N>
type Deep<N, A extends unknown[] = []> = A['length'] extends 900 ? A : Deep<N, [...A, Grow<A, 333>]>
const bomb: Deep<1> = [] as never
return 1`,
  ],
  [
    'template literals',
    `type D = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'
type All = \`\${D}\${D}\${D}\${D}\`
type Pairs = { [K in All]: { [L in All]: \`\${K}-\${L}\` } }
const bomb: Pairs[All][All] = '' as never
const other: Pairs = {} as Pairs
return Object.keys(other).length`,
  ],
  [
    'a union of ten thousand members',
    `type Union = ${Array.from({ length: 10_000 }, (_, index) => `{ kind: ${index}; value${index}: string }`).join(' | ')}
const all: Union[] = []
const other: Union[] = all.map((each) => ({ ...each }))
return other.length`,
  ],
  ['deeply nested calls', `const f = (x) => x\nreturn ${'f('.repeat(3_000)}1${')'.repeat(3_000)}`],
]

describe('a program that is hostile to the check', () => {
  const checker = typecheck()
  afterAll(() => checker.close())

  it.each(BOMBS)('with %s runs, and the next one is checked', async (_, code) => {
    await using codeMode = await open(checker)
    const result = await codeMode.execute(code)
    if (!result.ok) expect(result.error.code).toMatch(/^(?:CODE_|LIMIT_)/)
    const next = await codeMode.execute('return await tools.lisIssues({})')
    const isUnchecked = next.warnings?.some((each) => each.startsWith('The types of the program were not checked'))
    expect(isUnchecked === true || (!next.ok && next.error.code === 'CODE_TYPE')).toBe(true)
  })

  it('sees no file of the host', async () => {
    await using codeMode = await open(checker)
    const code = `const secret: typeof import('/etc/passwd') = 1 as never\nlet x: import('../../package.json')\nreturn secret`
    const result = await codeMode.execute(code)
    expect(JSON.stringify(result)).not.toContain('root:')
    expect(result.ok).toBe(true)
  })
})

describe('a checker', () => {
  it('that runs out of time or memory leaves programs unchecked, with a warning', async () => {
    for (const bounds of [{ timeoutMs: 0.001 }, ...(process.platform === 'linux' ? [{ memoryBytes: 1 }] : [])]) {
      await using checker = typecheck(bounds)
      await using codeMode = await open(checker)
      const warnings: string[] = []
      // A check may end before its memory is looked at.
      for (let index = 0; index < 50 && warnings.length === 0; index++)
        warnings.push(...((await codeMode.execute(BOMBS[1]?.[1] as string)).warnings ?? []))
      expect(warnings[0]).toMatch(/^The types of the program were not checked: they take (?:longer|more) than/)
    }
  })

  it('answers many programs at the same time', async () => {
    await using checker = typecheck({ timeoutMs: 20_000 })
    await using codeMode = await open(checker)
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        codeMode.execute(index % 2 === 0 ? `return ${index}` : `return tools.unknown${index}({})`),
      ),
    )
    expect(results.map(({ ok }) => ok)).toEqual(results.map((_, index) => index % 2 === 0))
  })

  it('that is closed leaves no process, and programs unchecked', async () => {
    const checker = typecheck()
    await using codeMode = await open(checker)
    await codeMode.execute('return 1')
    await checker.close()
    await checker.close()
    const result = await codeMode.execute('return tools.unknown')
    expect(result.warnings).toEqual([expect.stringContaining('the type checker is closed')])
    expect(processes().filter((command) => command.includes('/typecheck/') && command.includes('server.js'))).toEqual(
      [],
    )
  })

  it('rejects with the reason of a signal', async () => {
    await using checker = typecheck()
    await using codeMode = await open(checker)
    const reason = new Error('enough')
    await expect(codeMode.execute('return 1', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it.each<[object, string]>([
    [{ timeoutMs: 0 }, '`timeoutMs` must be a positive number'],
    [{ memoryBytes: Number.NaN }, '`memoryBytes` must be a positive number'],
    [{ timeout: 5 }, 'has no option `timeout`'],
  ])('refuses the options %j', (options, message) => {
    expect(() => typecheck(options)).toThrow(message)
  })
})

describe('createCodeMode', () => {
  it.each<[object, string]>([
    [{ check: 'error' }, '`check` needs a `typeChecker`'],
    [{ typeChecker: {} }, '`typeChecker` must have a function `check`'],
    [{ typeChecker: { check: () => [] }, check: 'strict' }, '`check` must be one of error, warn'],
  ])('refuses the options %j', async (options, message) => {
    await expect(createCodeMode({ sandbox, tools, ...options } as never)).rejects.toThrow(message)
  })

  it('runs a program that a checker cannot check, and passes other errors on', async () => {
    const failing = (error: Error): Pick<Typecheck, 'check'> => ({ check: () => Promise.reject(error) })
    await using unchecked = await open(failing(new TypeCheckError('busy')))
    expect(await unchecked.execute('return 1')).toMatchObject({
      value: 1,
      warnings: ['The types of the program were not checked: busy'],
    })
    await using broken = await open(failing(new Error('broken')))
    await expect(broken.execute('return 1')).rejects.toThrow('broken')
  })
})

/** Returns the command lines of the processes on this machine. Empty where they cannot be read. */
function processes(): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      try {
        const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
        return parent === String(process.pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8')] : []
      } catch {
        return []
      }
    })
}

it.skipIf(process.platform !== 'linux')('a check that computes for ever ends with its host', async () => {
  // The template literals take minutes.
  const [, bomb = ''] = BOMBS.find(([name]) => name === 'template literals') ?? []
  const script = `
    import { typecheck } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
    const checker = typecheck({ timeoutMs: 600_000, memoryBytes: 2 ** 33 })
    const signal = new AbortController().signal
    await checker.check({ code: 'return 1', declarations: '' }, { signal })
    console.log('ready')
    await checker.check({ code: ${JSON.stringify(bomb)}, declarations: '' }, { signal })
    console.log('done')`
  const host = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  host.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  await vi.waitUntil(() => output.includes('ready'), { timeout: 60_000 })
  const children = processTree(host.pid).flatMap(({ pid }) => (pid === host.pid ? [] : [pid]))
  expect(children.length).toBeGreaterThan(0)
  // The check has begun, and is far from its end.
  await setTimeout(300)
  host.kill('SIGKILL')
  try {
    await vi.waitUntil(() => children.every((pid) => !isRunning(pid)), { timeout: 60_000 })
  } finally {
    // A check that is left running would take all memory.
    for (const pid of children) if (isRunning(pid)) process.kill(pid, 'SIGKILL')
  }
  expect(output).not.toContain('done')
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
