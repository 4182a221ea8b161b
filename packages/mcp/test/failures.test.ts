import { createCodeMode } from '@glovebox/core'
import { type McpError, mcp } from '@glovebox/mcp'
import { quickjs } from '@glovebox/quickjs'
import { describe, expect, it } from 'vitest'
import {
  delay,
  eventually,
  expectGone,
  fixture,
  isAlive,
  runForValue,
  runProgram,
  temporaryDirectory,
} from './support.ts'

describe('a server that cannot be had', () => {
  it('is MCP_UNAVAILABLE with what to check, for a command that is not there', async () => {
    const error = await mcp({ name: 'ghost', command: 'glovebox-no-such-command' }).catch(
      (reason: unknown) => reason as McpError,
    )
    expect(error).toMatchObject({ name: 'McpError', code: 'MCP_UNAVAILABLE', cause: { code: 'ENOENT' } })
    expect((error as McpError).message).toMatch(/ghost.*no command glovebox-no-such-command; .*installed.*PATH/)
  })

  it('names the directory that may be what is missing', async () => {
    const connecting = mcp({ name: 'ghost', command: process.execPath, cwd: '/no/such/directory' })
    await expect(connecting).rejects.toThrow(/no directory \/no\/such\/directory/)
  })

  it('is MCP_UNAVAILABLE with what the server wrote, where it exits at once', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path, 'exit')
    await expect(mcp({ name: 'expired', ...server })).rejects.toMatchObject({
      code: 'MCP_UNAVAILABLE',
      message: expect.stringMatching(/expired[\s\S]*the licence has expired/),
    })
    await expectGone(server)
  })

  it.each(['silent', 'garbage'] as const)('is MCP_TIMEOUT, and no process is left, where it is %s', async (mode) => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path, mode)
    const error = await mcp({ name: 'lost', ...server, connectTimeoutMs: 1_000 }).catch(
      (reason: unknown) => reason as McpError,
    )
    expect(error).toMatchObject({ name: 'McpError', code: 'MCP_TIMEOUT', message: expect.stringContaining('1000 ms') })
    // Not eventually: whoever is told that it failed may rely on it.
    const alive = server
      .notes('started')
      .map(({ pid }) => pid)
      .filter(isAlive)
    expect(alive).toEqual([])
    await expectGone(server)
  })

  it.each([
    ['nothing', {}],
    ['an empty command', { command: '' }],
    ['a command that is no text', { command: 7 }],
    ['a url that is none', { url: 'not a url' }],
    ['a command and a url', { command: 'node', url: 'http://127.0.0.1:1' }],
    ['no name', { name: undefined, command: 'node' }],
  ])('is a TypeError for options with %s', async (_, options) => {
    await expect(mcp({ name: 'wrong', ...options } as never)).rejects.toBeInstanceOf(TypeError)
  })
})

describe('a server behind another program, as npx puts it', () => {
  const behind = ({ command, args }: { command: string; args: string[] }) => ({
    command: 'sh',
    args: ['-c', '"$0" "$@"; true', command, ...args],
  })

  it('is ended with it, however stubborn', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path, 'stubborn')
    const provider = await mcp({ name: 'fixture', ...behind(server) })
    await provider.close()
    await expectGone(server)
  })

  it('is ended with it where it cannot be had', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path, 'silent')
    const connecting = mcp({ name: 'fixture', ...behind(server), connectTimeoutMs: 1_000 })
    await expect(connecting).rejects.toMatchObject({ code: 'MCP_TIMEOUT' })
    await expectGone(server)
  })
})

describe('a server with bad manners', () => {
  it('may take a while to start', async () => {
    await using directory = temporaryDirectory()
    await using provider = await mcp({ name: 'fixture', ...fixture(directory.path, 'slow') })
    expect(await runForValue(provider, 'return await fixture.lastOfAll({})')).toBe('reached')
  })

  it('may print lines that are no messages beside those that are', async () => {
    await using directory = temporaryDirectory()
    await using provider = await mcp({ name: 'fixture', ...fixture(directory.path, 'chatty') })
    expect(await runForValue(provider, 'return await fixture.lastOfAll({})')).toBe('reached')
  })

  it('that dies in a call fails that call, which the program can catch, and every later one, saying why', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path)
    await using provider = await mcp({ name: 'fixture', ...server })
    const caught = await runForValue(
      provider,
      `try { await fixture.die({}) } catch (error) { return [error.code, error.message] }`,
    )
    expect(caught).toEqual(['TOOL_FAILED', 'The connection to the MCP server fixture has ended'])
    expect(await runProgram(provider, 'await fixture.lastOfAll({})')).toMatchObject({
      ok: false,
      error: {
        code: 'TOOL_FAILED',
        message: expect.stringContaining('The connection to the MCP server fixture has ended'),
      },
    })
    await expectGone(server)
  })

  it('fails the calls of a program that goes on after the provider is closed', async () => {
    await using directory = temporaryDirectory()
    const provider = await mcp({ name: 'fixture', ...fixture(directory.path) })
    await provider.close()
    expect(await runProgram(provider, 'await fixture.lastOfAll({})')).toMatchObject({
      ok: false,
      error: { code: 'TOOL_FAILED' },
    })
  })
})

describe('an abort while connecting', () => {
  it('rejects with the reason of a signal that is aborted already, and starts nothing', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path)
    const reason = new Error('changed my mind')
    await expect(mcp({ name: 'fixture', ...server, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await delay(300)
    expect(server.notes()).toEqual([])
  })

  it.each(['silent', 'slow', 'garbage', 'stubborn'] as const)(
    'rejects with the signal’s reason and leaves no process of a %s server',
    async (mode) => {
      await using directory = temporaryDirectory()
      const server = fixture(directory.path, mode)
      const controller = new AbortController()
      const reason = { not: 'even an error' }
      const connecting = mcp({ name: 'fixture', ...server, signal: controller.signal })
      const settled = expect(connecting).rejects.toBe(reason)
      await eventually(() => expect(server.notes('started').length).toBeGreaterThan(0))
      controller.abort(reason)
      await settled
      await expectGone(server)
    },
  )

  it.each([0, 5, 20, 40, 60, 80, 100, 150])('leaves no process, wherever in the handshake %i ms fall', async (ms) => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path)
    const controller = new AbortController()
    const connecting = mcp({ name: 'fixture', ...server, signal: controller.signal })
    const outcome = connecting.then(
      (provider) => provider.close(),
      (error: unknown) => error,
    )
    await delay(ms)
    controller.abort()
    await outcome
    const pids = server.notes('started').map(({ pid }) => pid)
    await eventually(() => expect(pids.filter(isAlive)).toEqual([]))
    // Nor does one come up afterwards.
    await delay(200)
    const late = server.notes('started').map(({ pid }) => pid)
    expect(late.filter(isAlive)).toEqual([])
  })
})

describe('cancellation', () => {
  it('of an execution tells the server which call to give up', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path)
    await using provider = await mcp({ name: 'fixture', ...server })
    await using sandbox = quickjs()
    await using codeMode = await createCodeMode({ sandbox, tools: provider })
    const controller = new AbortController()
    const reason = new Error('the user left')
    const settled = expect(codeMode.execute('await fixture.wait({})', { signal: controller.signal })).rejects.toBe(
      reason,
    )
    await eventually(() => expect(server.notes('called')).toHaveLength(1))
    controller.abort(reason)
    await settled
    await eventually(() => {
      const [cancelled] = server.notes('notifications/cancelled')
      expect(cancelled?.params?.requestId).toBe(server.notes('called')[0]?.id)
    })
    // The connection is as good as before.
    expect(await codeMode.execute('return await fixture.lastOfAll({})')).toMatchObject({ ok: true, value: 'reached' })
  })

  it('reaches the calls that a program left behind when it returned', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path)
    await using provider = await mcp({ name: 'fixture', ...server })
    const result = await runProgram(
      provider,
      'fixture.wait({}); fixture.wait({}); await fixture.lastOfAll({}); return 1',
    )
    expect(result).toMatchObject({
      ok: true,
      value: 1,
      calls: [{ outcome: 'cancelled' }, { outcome: 'cancelled' }, { outcome: 'returned' }],
    })
    await eventually(() => expect(server.notes('notifications/cancelled')).toHaveLength(2))
  })

  it('reaches the call that a program waits for at its wall-time limit', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path)
    await using provider = await mcp({ name: 'fixture', ...server })
    const result = await runProgram(provider, 'await fixture.wait({})', { wallTimeMs: 2_000 })
    expect(result).toMatchObject({ ok: false, error: { code: 'LIMIT_WALL_TIME' } })
    await eventually(() => expect(server.notes('notifications/cancelled')).toHaveLength(1))
  })
})
