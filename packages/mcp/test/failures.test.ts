import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { createCodeMode } from '@glovebox/core'
import { type McpError, type McpOptions, mcp } from '@glovebox/mcp'
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

describe('connecting to a server', () => {
  it('fails with MCP_UNAVAILABLE and what to check if the command does not exist', async () => {
    const error = await mcp({ name: 'ghost', command: 'glovebox-no-such-command' }).catch(
      (reason: unknown) => reason as McpError,
    )
    expect(error).toMatchObject({ name: 'McpError', code: 'MCP_UNAVAILABLE', cause: { code: 'ENOENT' } })
    expect((error as McpError).message).toMatch(/ghost.*no command glovebox-no-such-command; .*installed.*PATH/)
  })

  it('fails with the name of a working directory that may be missing', async () => {
    const connecting = mcp({ name: 'ghost', command: process.execPath, cwd: '/no/such/directory' })
    await expect(connecting).rejects.toThrow(/no directory \/no\/such\/directory/)
  })

  it('fails with MCP_UNAVAILABLE and the standard error of a server that exits immediately', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path, 'exit')
    await expect(mcp({ name: 'expired', ...server })).rejects.toMatchObject({
      code: 'MCP_UNAVAILABLE',
      message: expect.stringMatching(/expired[\s\S]*the licence has expired/),
    })
    await expectGone(server)
  })

  it.each(['silent', 'garbage'] as const)(
    'fails with MCP_TIMEOUT and leaves no process of a %s server',
    async (mode) => {
      await using directory = temporaryDirectory()
      const server = fixture(directory.path, mode)
      const error = await mcp({ name: 'lost', ...server, connectTimeoutMs: 1_000 }).catch(
        (reason: unknown) => reason as McpError,
      )
      expect(error).toMatchObject({
        name: 'McpError',
        code: 'MCP_TIMEOUT',
        message: expect.stringMatching(/within 1000 ms\. Run its command in a terminal.*`env`/),
      })
      // Checked immediately, because callers may rely on it once `mcp` has rejected.
      const alive = server
        .notes('started')
        .map(({ pid }) => pid)
        .filter(isAlive)
      expect(alive).toEqual([])
      await expectGone(server)
    },
  )

  it('that times out says what the server wrote', async () => {
    const script = "console.error('the database does not answer'); process.stdin.resume()"
    const connecting = mcp({ name: 'late', command: process.execPath, args: ['-e', script], connectTimeoutMs: 2_000 })
    await expect(connecting).rejects.toMatchObject({
      code: 'MCP_TIMEOUT',
      message: expect.stringMatching(/It wrote:\n.*does not answer/),
    })
  })

  it('that fails because the process ended says so', async () => {
    const args = ['-e', "console.error('KEY is required'); process.exit(1)"]
    await expect(mcp({ name: 'strict', command: process.execPath, args })).rejects.toMatchObject({
      message: 'The MCP server strict could not be started: its process ended\nIt wrote:\nKEY is required',
    })
  })

  it.each([
    ['nothing', {}],
    ['an empty command', { command: '' }],
    ['a command that is not a string', { command: 7 }],
    ['an invalid url', { url: 'not a url' }],
    ['a command and a url', { command: 'node', url: 'http://127.0.0.1:1' }],
    ['no name', { name: undefined, command: 'node' }],
  ])('throws a TypeError for options with %s', async (_, options) => {
    await expect(mcp({ name: 'wrong', ...options } as never)).rejects.toBeInstanceOf(TypeError)
  })
})

/** Returns everything that a host may print of the error from connecting. */
async function printed(options: McpOptions): Promise<string> {
  const error = await mcp(options).then(
    () => expect.unreachable(),
    (reason: unknown) => reason,
  )
  return [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), String((error as Error).stack)].join(
    '\n',
  )
}

describe('an error about a server over HTTP', () => {
  /** Starts a server that repeats each request in its answer, as error pages do. */
  const echo = async () => {
    const server = createServer((request, response) => {
      const status = Number(/\d{3}/.exec(request.url ?? '')?.[0] ?? 200)
      const location = status === 302 ? { location: 'http://hush-user:hush-pw@127.0.0.1:9/hush-path?hush=1' } : {}
      response.writeHead(status, { 'content-type': 'text/html', ...location })
      response.end(`<html>${request.method} ${request.url} ${JSON.stringify(request.headers)}</html>`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const close = () => new Promise<void>((resolve) => void server.close(() => resolve()).closeAllConnections())
    return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
  }
  const headers = { authorization: 'Bearer hush-header', 'x-tenant': 'hush-tenant' }

  it.each(['http', 'sse'] as const)('contains only the scheme, host and port of the URL over %s', async (transport) => {
    const { origin, close } = await echo()
    for (const status of [200, 302, 400, 401, 403, 404, 429, 500, 502]) {
      const url = `${origin}/hush-path/${status}?key=hush-query#hush-part`
      const text = await printed({ name: 'site', transport, url, headers })
      expect(text).toMatch(new RegExp(`at ${origin}(?:\\n|\\. Log in with)`))
      expect(text).not.toMatch(/hush/)
      if (status >= 400) expect(text).toContain(String(status))
    }
    await close()
  })

  it.each(['http', 'sse'] as const)(
    'contains no user and password, which fetch rejects, over %s',
    async (transport) => {
      const { origin, close } = await echo()
      const url = `${origin.replace('//', '//hush-user:hush%2Dpw@')}/mcp`
      expect(await printed({ name: 'site', transport, url })).not.toMatch(/hush/)
      await close()
    },
  )

  it.each(['http', 'sse'] as const)('contains only the reason for a failed connection over %s', async (transport) => {
    const { origin, close } = await echo()
    await close()
    const refused = await printed({ name: 'site', transport, url: `${origin}/hush-path?hush=1` })
    expect(refused).toContain('ECONNREFUSED')
    expect(refused).not.toMatch(/hush/)
    const unknown = await printed({ name: 'site', transport, url: 'http://nowhere.invalid/hush-path?hush=1' })
    expect(unknown).toMatch(/ENOTFOUND|EAI_AGAIN/)
    expect(unknown).toContain('at http://nowhere.invalid')
    expect(unknown).not.toMatch(/hush/)
  })

  it('contains neither an invalid URL nor an invalid header', async () => {
    const url = 'http://hush-user:hush-pw@example.com:99999/hush-path'
    const text = await printed({ name: 'site', url })
    expect(text).toMatch(/TypeError: The MCP server site has a `url` that is not valid/)
    expect(text).not.toMatch(/hush/)
    const broken = { authorization: 'Bearer hush-header\n' }
    expect(await printed({ name: 'site', url: 'http://127.0.0.1:9/', headers: broken })).not.toMatch(/hush/)
  })
})

describe('an error about a server that is a process', () => {
  const SECRET = 'hush-4711"\\-b'

  it('contains neither arguments nor variables, even if the server wrote them', async () => {
    await using directory = temporaryDirectory()
    const { command, args } = fixture(directory.path, 'echo')
    const text = await printed({
      name: 'echo',
      command,
      args: [...args, `--api-key=${SECRET}`, '--token', SECRET, 'https://hush-user:hush-pw@example.com/hush-path'],
      env: { FIXTURE_TOKEN: SECRET },
    })
    expect(text).toContain('--api-key=[redacted]')
    expect(text).toContain('--token')
    // The program is not secret, and its name helps to find the cause.
    expect(text).toContain('server.mjs')
    expect(text).not.toMatch(/hush|4711/)
  })

  it('contains no part of a variable that is cut off at the start of the kept output', async () => {
    await using directory = temporaryDirectory()
    const token = 'hush'.repeat(20)
    for (const offset of [0, 400, 950]) {
      const env = { FIXTURE_TOKEN: token, FIXTURE_OFFSET: String(offset) }
      expect(await printed({ name: 'verbose', ...fixture(directory.path, 'verbose'), env })).not.toMatch(/hus|ush|shh/)
    }
  })

  it('contains no arguments if the system cannot start the server', async () => {
    const args = [`--api-key=${SECRET}`]
    const missing = await printed({ name: 'ghost', command: 'glovebox-no-such-command', args })
    expect(missing).toContain('no command glovebox-no-such-command')
    expect(missing).not.toMatch(/hush/)
    const whole = await printed({ name: 'ghost', command: 'glovebox-no-such-command --api-key=hush-4711' })
    expect(whole).not.toMatch(/hush/)
    const env = { TOKEN: 'hush-env\0' }
    expect(await printed({ name: 'ghost', command: process.execPath, args: ['hush\0'], env })).not.toMatch(/hush/)
    expect(await printed({ name: 'ghost', command: process.execPath, env })).not.toMatch(/hush/)
  })
})

describe('a failed call', () => {
  it('reveals no credentials of its server, even if the server answers with them', async () => {
    await using directory = temporaryDirectory()
    const { command, args } = fixture(directory.path)
    const given = ['--api-key=hush-0815', '--header', 'Authorization: hush-12', 'postgres://joe:hush-pw@db/shared']
    const env = { FIXTURE_TOKEN: 'hush-4711', FIXTURE_FOLDER: '/data/shared' }
    await using provider = await mcp({ name: 'fixture', command, args: [...args, ...given], env })
    const text = 'hush-4711, hush-0815, hush-12 and hush-pw are wrong for joe in /data/shared'
    const result = { isError: true, content: [{ type: 'text', text }] }
    const program = `return fixture.result(${JSON.stringify({ result })}).catch((error) => error.message)`
    expect(await runForValue(provider, program)).toBe(
      '[redacted], [redacted], [redacted] and [redacted] are wrong for joe in /data/shared',
    )
  })

  it('reports the status of an HTTP response, but not its body', async () => {
    let isBroken = false
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        const { id, method } = JSON.parse(body || '{}')
        if (isBroken)
          return void response.writeHead(502).end(`<html>${request.url} ${request.headers.authorization}</html>`)
        if (method === 'notifications/initialized') return void response.writeHead(202).end()
        const results: Record<string, object> = {
          initialize: {
            protocolVersion: '2025-06-18',
            capabilities: { tools: {} },
            serverInfo: { name: 'a', version: '1' },
          },
          'tools/list': { tools: [{ name: 'work', inputSchema: { type: 'object' } }] },
        }
        const answer = results[method]
        const error = { code: -32601, message: 'Method not found' }
        response.writeHead(answer === undefined && id === undefined ? 405 : 200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ jsonrpc: '2.0', id, ...(answer === undefined ? { error } : { result: answer }) }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hush-path?hush=1`
    const provider = await mcp({ name: 'site', url, headers: { authorization: 'Bearer hush-header' } })
    isBroken = true
    const message = await runForValue(provider, 'return site.work({}).catch((error) => error.message)')
    expect(message).toContain('502')
    expect(message).not.toMatch(/hush|html/)
    await provider.close()
    server.close()
    server.closeAllConnections()
  })
})

describe('a server started by another program, such as npx,', () => {
  const behind = ({ command, args }: { command: string; args: string[] }) => ({
    command: 'sh',
    args: ['-c', '"$0" "$@"; true', command, ...args],
  })

  it('is ended with that program, even if it ignores signals', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path, 'stubborn')
    const provider = await mcp({ name: 'fixture', ...behind(server) })
    await provider.close()
    await expectGone(server)
  })

  it('is ended with that program if the connection fails', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path, 'silent')
    const connecting = mcp({ name: 'fixture', ...behind(server), connectTimeoutMs: 1_000 })
    await expect(connecting).rejects.toMatchObject({ code: 'MCP_TIMEOUT' })
    await expectGone(server)
  })
})

describe('an unusual server', () => {
  it('may start slowly', async () => {
    await using directory = temporaryDirectory()
    await using provider = await mcp({ name: 'fixture', ...fixture(directory.path, 'slow') })
    expect(await runForValue(provider, 'return await fixture.lastOfAll({})')).toBe('reached')
  })

  it('may print lines that are not messages', async () => {
    await using directory = temporaryDirectory()
    await using provider = await mcp({ name: 'fixture', ...fixture(directory.path, 'chatty') })
    expect(await runForValue(provider, 'return await fixture.lastOfAll({})')).toBe('reached')
  })

  it('that exits during a call fails that call, and is started again for the next one', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path)
    await using provider = await mcp({ name: 'fixture', ...server })
    const caught = await runForValue(
      provider,
      `try { await fixture.die({}) } catch (error) { return [error.code, error.message] }`,
    )
    const why = 'The connection to the MCP server fixture has ended while die ran, so the call may have had its effect'
    expect(caught).toEqual(['TOOL_FAILED', why])
    expect(provider.status()).toMatchObject({ state: 'degraded', error: { code: 'MCP_UNAVAILABLE' } })
    expect(await runForValue(provider, 'return await fixture.lastOfAll({})')).toBe('reached')
    expect(provider.status().state).toBe('ready')
    expect(server.notes('started')).toHaveLength(2)
    await provider.close()
    await expectGone(server)
  })

  it('fails calls after its provider is closed', async () => {
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
  it('rejects with the reason of an already aborted signal and starts no process', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path)
    const reason = new Error('changed my mind')
    await expect(mcp({ name: 'fixture', ...server, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await delay(300)
    expect(server.notes()).toEqual([])
  })

  it.each(['silent', 'slow', 'garbage', 'deaf'] as const)(
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

  it.each([0, 5, 20, 40, 60, 80, 100, 150])('leaves no process after %i ms of the handshake', async (ms) => {
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
    // No process starts afterwards.
    await delay(200)
    const late = server.notes('started').map(({ pid }) => pid)
    expect(late.filter(isAlive)).toEqual([])
  })
})

describe('cancellation', () => {
  it('of an execution notifies the server of the cancelled call', async () => {
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
    // The connection still works.
    expect(await codeMode.execute('return await fixture.lastOfAll({})')).toMatchObject({ ok: true, value: 'reached' })
  })

  it('reaches the calls that are still open when a program returns', async () => {
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

  it('reaches the call that a program awaits at its wall-time limit', async () => {
    await using directory = temporaryDirectory()
    const server = fixture(directory.path)
    await using provider = await mcp({ name: 'fixture', ...server })
    const result = await runProgram(provider, 'await fixture.wait({})', { wallTimeMs: 2_000 })
    expect(result).toMatchObject({ ok: false, error: { code: 'LIMIT_WALL_TIME' } })
    await eventually(() => expect(server.notes('notifications/cancelled')).toHaveLength(1))
  })
})
