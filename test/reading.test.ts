import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { BACKENDS } from '@glovebox/backends'
import { createCodeMode, defineTool, type ExecuteResult, SandboxError } from '@glovebox/core'
import { startHost } from '@glovebox/testing/host'
import type { ProcessBackend } from '@glovebox/testing/process-backend'
import { processTree } from '@glovebox/testing/process-tree'
import { waitForEnd } from '@glovebox/testing/processes'
import { describe, expect, it } from 'vitest'

const HOST: ProcessBackend = {
  package: '@glovebox/quickjs',
  factory: 'quickjs',
  from: import.meta.url,
  create: BACKENDS.quickjs,
  isWorker: () => false,
  missing: /^$/,
}
const isLinux = process.platform === 'linux'
/** Returns the reader processes, without the shells that monitor them. */
const readers = (root?: number) => processTree(root).filter(({ command }) => /^\S*node .*reader\.js/.test(command))

/** Nested type assertions. Each level doubles the work of the TypeScript parser. */
const TYPES = `let q: number;${'<T>('.repeat(40)}x${')'.repeat(40)}`
/** V8 compiles this pattern for minutes and cannot be interrupted. */
const PATTERN = `return /[${'\\p{L}'.repeat(51_000)}]/u`
const LONG_TYPES = `${TYPES};${'x;'.repeat(20_000)}`
const BOMBS = [TYPES, PATTERN, LONG_TYPES]

/** A typed program of nearly 16 kB. */
const honest = (value: number) =>
  `interface Row { readonly value: number }\nconst row: Row = { value: ${value} }\n${'// a comment of the model\n'.repeat(600)}return row.value`

/** Memory of a host before its first program. The process of a test runner takes several times as much. */
const HOST_BYTES = 90e6

const valueOf = (result: ExecuteResult) => (result.ok ? result.value : result.error)

describe('parsing programs', () => {
  it('stays fast and within its memory while twelve texts never finish parsing', async () => {
    const sandbox = BACKENDS.quickjs()
    await using codeMode = await createCodeMode({ sandbox, tools: {}, limits: { wallTimeMs: 30_000 } })
    // Start both readers and load the TypeScript parser.
    await Promise.all([1, 2, 3].map((value) => codeMode.execute(honest(value))))
    const alone = await timed(() => codeMode.execute(honest(0)))
    const ownBytes = process.memoryUsage.rss()
    const end = new AbortController()
    const bombs = Array.from({ length: 12 }, (_, index) =>
      codeMode.execute(BOMBS[index % BOMBS.length] as string, { signal: end.signal }).catch((error: unknown) => error),
    )
    await delay(50)
    const worst = { bytes: 0, readers: 0 }
    /** Returns the longest time of some honest programs. A busy machine disturbs one round, but seldom all of them. */
    const round = async (): Promise<number> => {
      let longest = 0
      for (let value = 0; value < 5; value++) {
        const honestRun = await timed(() => codeMode.execute(honest(value)))
        expect(valueOf(honestRun.value)).toBe(value)
        longest = Math.max(longest, honestRun.ms)
        worst.readers = Math.max(worst.readers, readers().length)
        const children = processTree().filter(({ pid }) => pid !== process.pid)
        const grown = process.memoryUsage.rss() - ownBytes
        const bytes = HOST_BYTES + grown + children.reduce((sum, each) => sum + each.residentBytes, 0)
        worst.bytes = Math.max(worst.bytes, bytes)
      }
      return longest
    }
    const rounds = [await round(), await round(), await round()]
    console.log(
      `twelve bombs: the longest honest programs of three rounds ${rounds.map((ms) => ms.toFixed(0)).join(', ')} ms (alone ${alone.ms.toFixed(0)}), ${(worst.bytes / 1e6).toFixed(0)} MB, ${worst.readers} readers`,
    )
    expect(Math.min(...rounds) - alone.ms).toBeLessThan(2_000)
    expect(worst.bytes).toBeLessThan(600e6)
    expect(worst.readers).toBeLessThanOrEqual(3)
    end.abort()
    await Promise.all(bombs)
    if (isLinux) expect(Math.min(await idleShare(2_000, 1_000), await idleShare(0, 1_000))).toBeLessThan(0.05)
    const closing = await timed(() => sandbox.close())
    expect(closing.ms).toBeLessThan(2_000)
    expect(readers()).toEqual([])
  }, 120_000)

  it('is cancelled when the sandbox closes, and does not delay it', async () => {
    const sandbox = BACKENDS.quickjs()
    await using codeMode = await createCodeMode({ sandbox, tools: {} })
    await codeMode.execute(honest(1))
    const running = codeMode.execute(TYPES).catch((error: unknown) => error)
    await delay(100)
    const { ms } = await timed(() => sandbox.close())
    expect(ms).toBeLessThan(2_000)
    const error = await running
    expect(error).toBeInstanceOf(SandboxError)
    expect(error).toMatchObject({ code: 'SANDBOX_CLOSED' })
  })

  it.runIf(isLinux)('is repeated in another reader if one is killed or stopped externally', async () => {
    await using sandbox = BACKENDS.quickjs()
    await using codeMode = await createCodeMode({ sandbox, tools: {}, limits: { wallTimeMs: 60_000 } })
    await codeMode.execute(honest(1))
    for (const { pid } of readers()) process.kill(pid, 'SIGKILL')
    expect(valueOf(await codeMode.execute(honest(2)))).toBe(2)
    for (const { pid } of readers()) process.kill(pid, 'SIGSTOP')
    expect(valueOf(await codeMode.execute(honest(3)))).toBe(3)
  })

  it.runIf(isLinux)('leaves no processes behind if its host is killed', async () => {
    const body = `for (let i = 0; i < 4; i++) run(${JSON.stringify(TYPES)}); await wait(1_500); console.log('reading'); await wait(60_000)`
    const host = startHost(body, HOST)
    await once(host.stdout as NodeJS.ReadableStream, 'data')
    const left = processTree(host.pid).map(({ pid }) => pid)
    expect(readers(host.pid).length).toBeGreaterThan(0)
    host.kill('SIGKILL')
    await waitForEnd(left)
  })

  it.each([
    [
      'an enum in a line of 100 kB',
      `enum A { X = 40 }\nconst list = [${'{a: 1, b: "x"},'.repeat(7_000)}]; return A.X + list.length`,
      7_040,
    ],
    ['100 kB of typed lines behind an enum', `enum A { X = 1 }\n${lines(100_000)}return A.X`, 1],
    ['250 kB of plain JavaScript', `${'let x = 1;\nx;\n'.replace('let x', 'var x').repeat(18_000)}return x`, 1],
    ['a namespace', `namespace N { export const a = 1 }\n${lines(50_000)}return N.a`, 1],
  ])('accepts a large flat text: %s', async (_, text, value) => {
    await using sandbox = BACKENDS.quickjs()
    await using codeMode = await createCodeMode({ sandbox, tools: {}, limits: { cpuTimeMs: 60_000 } })
    expect(valueOf(await codeMode.execute(text))).toBe(value)
  })

  it('reports that a mistake in a long line cannot be located, and parses the next program', async () => {
    await using sandbox = BACKENDS.quickjs()
    await using codeMode = await createCodeMode({ sandbox, tools: {} })
    const result = await codeMode.execute(`const list: number[] = [${'1,'.repeat(40_000)}]; let x: = 1`)
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'CODE_SYNTAX', message: expect.stringMatching(/break long lines up/) },
    })
    expect(valueOf(await codeMode.execute(honest(4)))).toBe(4)
  })
})

describe.each(Object.entries(BACKENDS))('a value that is costly to check, on %s', (_, create) => {
  const node = {
    anyOf: ['x', 'y'].map((key) => ({ type: 'object', properties: { a: { $ref: '#/$defs/node' } }, required: [key] })),
  }
  const schema = {
    type: 'object',
    properties: { tree: { $ref: '#/$defs/node' } },
    $defs: { node: { anyOf: [...node.anyOf, { type: 'number' }] } },
  }

  it('is checked outside the main thread with a time limit', async () => {
    await using sandbox = create()
    const seen: unknown[] = []
    const take = defineTool({ inputSchema: schema, execute: (input) => seen.push(input) })
    await using codeMode = await createCodeMode({ sandbox, tools: { take }, limits: { wallTimeMs: 60_000 } })
    const call = (leaf: string, depth: number) =>
      `let tree = ${leaf}; for (let i = 0; i < ${depth}; i++) tree = { a: tree, x: 1, y: 1 }; await tools.take({ tree })`
    expect(valueOf(await codeMode.execute(`${call('1', 3)}; return 'taken'`))).toBe('taken')
    const before = process.threadCpuUsage()
    const result = await codeMode.execute(
      `try { ${call('"wrong"', 60)} } catch (error) { return [error.code, error.message] }`,
    )
    const { user, system } = process.threadCpuUsage(before)
    expect(valueOf(result)).toEqual([
      'TOOL_INPUT_INVALID',
      expect.stringMatching(/checking it takes more than 2000 ms/),
    ])
    expect(user + system).toBeLessThan(1_500_000)
    expect(seen).toHaveLength(1)
  }, 120_000)
})

function lines(length: number): string {
  let text = ''
  for (let at = 0; text.length < length; at++) text += `const a${at}: number = ${at}\n`
  return text
}

async function timed<T>(action: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const started = performance.now()
  const value = await action()
  return { ms: performance.now() - started, value }
}

/** Returns the share of one core that this process and its children use after a pause. */
async function idleShare(restMs: number, watchedMs: number): Promise<number> {
  const cpuTimeMs = () => processTree().reduce((sum, each) => sum + each.cpuTimeMs, 0)
  await delay(restMs)
  const before = cpuTimeMs()
  await delay(watchedMs)
  return (cpuTimeMs() - before) / watchedMs
}
