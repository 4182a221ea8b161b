import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCodeMode } from '@glovebox/core'
import { mcp } from '@glovebox/mcp'
import { quickjs } from '@glovebox/quickjs'
import { expect, it } from 'vitest'
import {
  eventually,
  expectGone,
  fixture,
  publicServer,
  runForValue,
  runProgram,
  temporaryDirectory,
} from './support.ts'

it('a program reads and writes real files through server-filesystem, but only in its directory', async () => {
  await using directory = temporaryDirectory()
  writeFileSync(join(directory.path, 'one.txt'), 'first\nsecond\n')
  writeFileSync(join(directory.path, 'two.txt'), 'third\n')
  await using files = await mcp({ name: 'files', ...publicServer('filesystem', directory.path) })
  const code = `
    const root = ${JSON.stringify(directory.path)}
    const texts = await Promise.all(['one', 'two'].map((name) => files.readTextFile({ path: root + '/' + name + '.txt' })))
    const lines = texts.map((text) => (typeof text === 'string' ? text : text.content).trim().split('\\n')).flat()
    await files.writeFile({ path: root + '/all.txt', content: lines.join(',') })
    return lines
  `
  expect(await runForValue(files, code)).toEqual(['first', 'second', 'third'])
  expect(readFileSync(join(directory.path, 'all.txt'), 'utf8')).toBe('first,second,third')
  const outside = await runProgram(files, `await files.readTextFile({ path: '/etc/hostname' })`)
  expect(outside).toMatchObject({
    ok: false,
    error: { code: 'TOOL_FAILED', message: expect.stringContaining('Access denied') },
  })
})

it('server-memory keeps data of a program between executions', async () => {
  await using directory = temporaryDirectory()
  const env = { MEMORY_FILE_PATH: join(directory.path, 'memory.jsonl') }
  await using memory = await mcp({ name: 'memory', ...publicServer('memory'), env })
  await runForValue(
    memory,
    `await memory.createEntities({ entities: [{ name: 'Ada', entityType: 'person', observations: ['writes'] }] })`,
  )
  const found = await runForValue(
    memory,
    `return (await memory.searchNodes({ query: 'Ada' })).entities[0].observations`,
  )
  expect(found).toEqual(['writes'])
  expect(readFileSync(env.MEMORY_FILE_PATH, 'utf8')).toContain('Ada')
})

it('server-sequential-thinking keeps the thoughts of a program and of its branches', async () => {
  await using thinking = await mcp({ name: 'thinking', ...publicServer('sequential-thinking') })
  const code = `
    const thoughts = ['first', 'second', 'third']
    const answers = []
    for (const [index, thought] of thoughts.entries()) {
      const branch = index === 2 ? { branchFromThought: 1, branchId: 'other' } : {}
      answers.push(await thinking.sequentialthinking({
        thought, thoughtNumber: index + 1, totalThoughts: 3, nextThoughtNeeded: index < 2, ...branch,
      }))
    }
    return answers.map(({ thoughtHistoryLength, branches, nextThoughtNeeded }) => [thoughtHistoryLength, branches, nextThoughtNeeded])
  `
  expect(await runForValue(thinking, code)).toEqual([
    [1, [], true],
    [2, [], true],
    [3, ['other'], false],
  ])
})

it('one program calls several servers', async () => {
  await using directory = temporaryDirectory()
  await using everything = await mcp({ name: 'everything', ...publicServer('everything') })
  await using other = await mcp({ name: 'other', ...fixture(directory.path) })
  await using sandbox = quickjs()
  await using codeMode = await createCodeMode({ sandbox, tools: [everything, other] })
  const code = `return await Promise.all([everything.echo({ message: 'hi' }), everything.getSum({ a: 2, b: 3 }), other.lastOfAll({})])`
  expect(await codeMode.execute(code)).toMatchObject({
    ok: true,
    value: ['Echo: hi', expect.stringContaining('5'), 'reached'],
    calls: [{ tool: 'everything.echo' }, { tool: 'everything.getSum' }, { tool: 'other.lastOfAll' }],
  })
})

it('`mcp` lists each page of tools once', async () => {
  await using directory = temporaryDirectory()
  const server = fixture(directory.path)
  await using provider = await mcp({ name: 'fixture', ...server })
  expect(provider.tools.map(({ name }) => name)).toEqual([
    'result',
    'counted',
    'wait',
    'die',
    'environment',
    'last_of_all',
  ])
  expect(server.notes('listed').map(({ cursor }) => cursor)).toEqual([null, 'second', 'third'])
  expect(provider.tools.find(({ name }) => name === 'counted')?.outputSchema).toMatchObject({ required: ['count'] })
  expect(await runForValue(provider, 'return await fixture.lastOfAll({})')).toBe('reached')
})

it('`mcp` requests no tools from a server without the tools capability', async () => {
  await using directory = temporaryDirectory()
  const server = fixture(directory.path, 'toolless')
  await using provider = await mcp({ name: 'fixture', ...server })
  expect(provider.tools).toEqual([])
  expect(server.notes('listed')).toEqual([])
})

it('a server receives the variables from the options, but no secrets of the host', async () => {
  await using directory = temporaryDirectory()
  process.env.GLOVEBOX_TEST_SECRET = 'host-secret'
  try {
    await using provider = await mcp({ name: 'fixture', ...fixture(directory.path), env: { GIVEN: 'to the server' } })
    const environment = (await runForValue(provider, 'return await fixture.environment({})')) as Record<string, string>
    expect(environment).toMatchObject({ GIVEN: 'to the server', PATH: process.env.PATH })
    expect(environment).not.toHaveProperty('GLOVEBOX_TEST_SECRET')
    expect(Object.values(environment)).not.toContain('host-secret')
  } finally {
    delete process.env.GLOVEBOX_TEST_SECRET
  }
})

it('a server receives a secret that `env` names', async () => {
  await using directory = temporaryDirectory()
  await using provider = await mcp({
    name: 'fixture',
    ...fixture(directory.path),
    env: { GLOVEBOX_TEST_SECRET: 'meant' },
  })
  expect(await runForValue(provider, 'return (await fixture.environment({})).GLOVEBOX_TEST_SECRET')).toBe('meant')
})

it('a provider can be closed several times, also concurrently, and leaves no process', async () => {
  await using directory = temporaryDirectory()
  const server = fixture(directory.path)
  const provider = await mcp({ name: 'fixture', ...server })
  await Promise.all([provider.close(), provider.close()])
  await provider.close()
  await expectGone(server)
})

it('`close` ends a server that ignores signals', async () => {
  await using directory = temporaryDirectory()
  const server = fixture(directory.path, 'stubborn')
  const provider = await mcp({ name: 'fixture', ...server })
  await provider.close()
  await expectGone(server)
  await eventually(() => expect(server.notes('SIGTERM').length).toBeGreaterThan(0))
})
