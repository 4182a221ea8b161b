import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { describe, expect, it } from 'vitest'
import {
  CLI,
  Directory,
  eventually,
  fixtureEntry,
  glovebox,
  isAlive,
  pidsIn,
  publicFlag,
  publicServer,
  start,
} from './support.ts'

const newClient = (answer?: object, mode: 'auto' | 'legacy' = 'auto') => {
  const capabilities = answer === undefined ? {} : { elicitation: { form: {} } }
  const client = new Client({ name: 'test', version: '1' }, { capabilities, versionNegotiation: { mode } })
  if (answer !== undefined) client.setRequestHandler('elicitation/create', () => answer as never)
  return client
}

/** Starts `glovebox serve` over standard input and output, and connects to it. */
async function connect(args: readonly string[], data: string, answer?: object, mode?: 'auto' | 'legacy') {
  const env = { ...process.env, XDG_DATA_HOME: data, MEMORY_FILE_PATH: join(data, 'memory.json') } as Record<
    string,
    string
  >
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [CLI, 'serve', ...args],
    env,
    stderr: 'ignore',
  })
  const client = newClient(answer, mode)
  await client.connect(transport)
  return client
}

const JOIN = `await files.writeFile({ path: 'ada.txt', content: 'Ada' })
  const { content } = await files.readTextFile({ path: 'ada.txt' })
  const { entities } = await memory.createEntities({ entities: [{ name: content, entityType: 'person', observations: [] }] })
  return entities.map(({ name }) => name)`

describe('glovebox serve', () => {
  it('runs programs that join two servers, for a client on standard input and output', async () => {
    await using directory = new Directory()
    const config = directory.write('servers.json', {
      mcpServers: {
        files: { command: process.execPath, args: [publicServer('filesystem'), directory.path] },
        memory: {
          command: process.execPath,
          args: [publicServer('memory')],
          env: { MEMORY_FILE_PATH: join(directory.path, 'memory.json') },
        },
      },
    })
    const client = await connect(['--config', config], directory.path)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['run_program', 'resume_program'])
    // About 3.5 characters per token.
    expect(JSON.stringify(tools).length).toBeLessThan(3_500)
    const code = JOIN.replaceAll("'ada.txt'", JSON.stringify(join(directory.path, 'ada.txt')))
    const result = await client.callTool({ name: 'run_program', arguments: { code } })
    expect(result.structuredContent).toEqual({ result: ['Ada'] })
    await client.close()
  })

  it('asks the user of the client, and calls nothing without an answer', async () => {
    await using directory = new Directory()
    const args = ['-s', publicFlag('filesystem', directory.path), '--ask', 'filesystem.write*']
    const path = join(directory.path, 'x.txt')
    const code = `return await filesystem.writeFile({ path: ${JSON.stringify(path)}, content: 'x' })`
    for (const [decision, isWritten, mode] of [
      ['deny', false, 'auto'],
      ['deny', false, 'legacy'],
      ['allow', true, 'legacy'],
    ] as const) {
      const client = await connect(args, directory.path, { action: 'accept', content: { decision } }, mode)
      const result = await client.callTool({ name: 'run_program', arguments: { code } })
      expect(result.isError === true).toBe(!isWritten)
      expect(existsSync(path)).toBe(isWritten)
      await client.close()
    }
  })

  it('checks programs before they call a tool', async () => {
    await using directory = new Directory()
    const path = join(directory.path, 'x.txt')
    const code = `await filesystem.writeFile({ path: ${JSON.stringify(path)}, content: 'x' })
return await filesystem.readTextFile({ pth: ${JSON.stringify(path)} })`
    for (const [flags, isWritten] of [
      [[], false],
      [['--no-check'], true],
    ] as const) {
      const client = await connect(['-s', publicFlag('filesystem', directory.path), ...flags], directory.path)
      const run = async () => {
        rmSync(path, { force: true })
        return await client.callTool({ name: 'run_program', arguments: { code } })
      }
      let result = await run()
      // A busy machine may leave a program unchecked.
      while (JSON.stringify(result).includes('were not checked')) result = await run()
      expect(result.isError).toBe(true)
      expect(JSON.stringify(result.content).includes('CODE_TYPE')).toBe(!isWritten)
      expect(existsSync(path)).toBe(isWritten)
      await client.close()
    }
  })

  it('does not wait for a server that does not answer', async () => {
    await using directory = new Directory()
    const hung = `hung="${process.execPath}" -e setInterval(Date.now,1000)`
    const client = await connect(['-s', hung, '-s', publicFlag('memory')], directory.path)
    const code = 'return (await memory.readGraph({})).entities'
    const result = await client.callTool({ name: 'run_program', arguments: { code } })
    expect(result.structuredContent).toEqual({ result: [] })
    await client.close()
  })

  it('passes chosen tools, resources and prompts on, and no tool about which it asks', async () => {
    await using directory = new Directory()
    const flags = ['-s', publicFlag('everything'), '--pass', 'everything.*', '--ask', 'everything.getSum']
    const client = await connect(flags, directory.path)
    const names = (await client.listTools()).tools.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['run_program', 'resume_program', 'echo']))
    expect(names).not.toContain('get-sum')
    expect(await client.callTool({ name: 'echo', arguments: { message: 'hi' } })).toMatchObject({
      content: [{ type: 'text', text: 'Echo: hi' }],
    })
    expect((await client.listPrompts()).prompts.length).toBeGreaterThan(0)
    expect((await client.listResources()).resources.length).toBeGreaterThan(1)
    await client.close()
  })

  it('listens on HTTP with a token, and leaves nothing behind when it is interrupted', async () => {
    await using directory = new Directory()
    const pids = join(directory.path, 'pids')
    const config = directory.write('servers.json', {
      mcpServers: { fixture: { ...fixtureEntry, env: { PID_FILE: pids } } },
    })
    const server = start(['serve', '--http', '--config', config], { env: { XDG_DATA_HOME: directory.path } })
    let stderr = ''
    server.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
    await eventually(() => expect(stderr).toContain('Authorization: Bearer '))
    const url = new URL(/Listening on (\S+)/.exec(stderr)?.[1] as string)
    const authorization = /Authorization: (Bearer \S+)/.exec(stderr)?.[1] as string
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401)
    const client = newClient()
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization } } }))
    const result = await client.callTool({ name: 'run_program', arguments: { code: 'return 6 * 7' } })
    expect(result.structuredContent).toEqual({ result: 42 })
    await client.close()
    const exited = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGINT')
    expect(await exited).toBe(130)
    expect(pidsIn(pids)).toHaveLength(1)
    for (const pid of pidsIn(pids)) await eventually(() => expect(isAlive(pid)).toBe(false))
  })

  it('starts although a server fails for which there is a rule, and refuses a port that is taken', async () => {
    await using directory = new Directory()
    const flags = ['-s', 'broken=/nonexistent', '-s', publicFlag('memory'), '--ask', 'broken.write', '--http']
    const env = { XDG_DATA_HOME: directory.path }
    const server = start(['serve', ...flags], { env })
    let stderr = ''
    server.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
    await eventually(() => expect(stderr).toContain('Listening on '))
    await eventually(() => expect(stderr).toContain('warning '))
    const { port } = new URL(/Listening on (\S+)/.exec(stderr)?.[1] as string)
    const second = await glovebox(['serve', '-s', publicFlag('memory'), '--http', port], { env })
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining('EADDRINUSE') })
    const exited = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGINT')
    expect(await exited).toBe(130)
  })

  it.each([
    [['--http', 'x'], '--http takes a port'],
    [['--http', '0x10'], '--http takes a port'],
    [['--htp'], 'unknown option'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await glovebox(['serve', ...args])
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})
