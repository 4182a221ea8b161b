// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the command expands them, not TypeScript
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Directory, type Ended, FIXTURE, fixtureEntry, fixtureFlag, glovebox, run } from './support.ts'

interface About {
  readonly args: string[]
  readonly env: Record<string, string>
  readonly cwd: string
}

/** Returns how the server `fixture` was started. */
function aboutIn({ code, stdout, stderr }: Ended): About {
  if (code !== 0) throw new Error(`glovebox exited ${code}: ${stderr}`)
  return (JSON.parse(stdout) as { value: About }).value
}
const ABOUT = 'return await fixture.about({})'

const expectRefused = (ended: Ended, message: string | RegExp) => {
  expect(ended.stderr).toMatch(message)
  expect(ended.stderr).not.toMatch(/^ +at /m)
  expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 2, stdout: '' })
}

describe('a configuration file', () => {
  it.each(['mcp.json', '.mcp.json'])('is %s in the current directory by default', async (name) => {
    await using directory = new Directory()
    directory.write(name, { mcpServers: { fixture: fixtureEntry } })
    expect(aboutIn(await run(ABOUT, ['--json', '--trust'], { cwd: directory.path })).args).toEqual([])
  })

  it('is mcp.json rather than .mcp.json', async () => {
    await using directory = new Directory()
    directory.write('mcp.json', { mcpServers: { fixture: { ...fixtureEntry, args: [FIXTURE, 'plain'] } } })
    directory.write('.mcp.json', { mcpServers: { fixture: { ...fixtureEntry, args: [FIXTURE, 'hidden'] } } })
    expect(aboutIn(await run(ABOUT, ['--json', '--trust'], { cwd: directory.path })).args).toEqual(['plain'])
  })

  it('is the one that --config names, instead of mcp.json', async () => {
    await using directory = new Directory()
    directory.write('mcp.json', 'never read')
    const config = directory.write('other.json', {
      mcpServers: { fixture: { ...fixtureEntry, args: [FIXTURE, 'other'] } },
    })
    expect(aboutIn(await run(ABOUT, ['--json', '--config', config], { cwd: directory.path })).args).toEqual(['other'])
  })

  it('is not read by default if --server names servers', async () => {
    await using directory = new Directory()
    directory.write('mcp.json', 'never read')
    expect(
      aboutIn(await run(ABOUT, ['--json', '-s', fixtureFlag('fixture', 'flag')], { cwd: directory.path })).args,
    ).toEqual(['flag'])
  })

  it('adds to --server if both are given', async () => {
    await using directory = new Directory()
    const config = directory.write('servers.json', {
      mcpServers: { one: { ...fixtureEntry, args: [FIXTURE, 'first'] } },
    })
    const program = 'return [(await one.about({})).args, (await two.about({})).args].flat()'
    const { code, stdout } = await run(program, ['-q', '-c', config, '-s', fixtureFlag('two', 'second')])
    expect({ code, stdout }).toEqual({ code: 0, stdout: `[ 'first', 'second' ]\n` })
  })

  it('is optional', async () => {
    await using directory = new Directory()
    expect(await run('return 1', [], { cwd: directory.path })).toEqual({ code: 0, stdout: '1\n', stderr: '' })
  })

  it('may disable servers', async () => {
    await using directory = new Directory()
    directory.write('mcp.json', {
      mcpServers: {
        fixture: fixtureEntry,
        off: { command: 'glovebox-no-such-command', disabled: true },
        on: { ...fixtureEntry, disabled: false },
      },
    })
    const { code, stdout } = await run(
      'await on.about({}); await fixture.about({}); return typeof off',
      ['-q', '--trust'],
      {
        cwd: directory.path,
      },
    )
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'undefined\n' })
  })

  it('sets the arguments, variables and directory of servers', async () => {
    await using directory = new Directory()
    mkdirSync(`${directory.path}/below`)
    directory.write('mcp.json', {
      mcpServers: {
        fixture: {
          ...fixtureEntry,
          args: [FIXTURE, 'two words'],
          env: { COLOUR: 'blue' },
          cwd: `${directory.path}/below`,
        },
      },
    })
    const about = aboutIn(
      await run(ABOUT, ['--json', '--trust'], { cwd: directory.path, env: { HOST_SECRET: 'hidden' } }),
    )
    expect(about).toMatchObject({ args: ['two words'], env: { COLOUR: 'blue' }, cwd: `${directory.path}/below` })
    expect(about.env).not.toHaveProperty('HOST_SECRET')
  })

  it('may contain ${VAR} and ${VAR:-default} everywhere, which are expanded once', async () => {
    await using directory = new Directory()
    directory.write('mcp.json', {
      mcpServers: {
        fixture: {
          command: '${NODE_PATH_OF_TEST}',
          args: [
            FIXTURE,
            '--root=${ROOT}',
            '${MISSING:-fall back}',
            '${MISSING:-}',
            '${TRICKY}',
            '$ROOT',
            '${ROOT:-unused}',
          ],
          env: { TOKEN: 'Bearer ${SECRET}' },
          cwd: '${ROOT}',
        },
      },
    })
    const env = {
      NODE_PATH_OF_TEST: process.execPath,
      ROOT: directory.path,
      SECRET: 's3cret',
      TRICKY: '${SECRET} $& $1',
    }
    const about = aboutIn(await run(ABOUT, ['--json', '--trust'], { cwd: directory.path, env }))
    expect(about.args).toEqual([
      `--root=${directory.path}`,
      'fall back',
      '',
      '${SECRET} $& $1',
      directory.path,
      directory.path,
    ])
    expect(about).toMatchObject({ env: { TOKEN: 'Bearer s3cret' }, cwd: directory.path })
  })

  it('causes exit code 2 for a variable that is not set, with its name and the server', async () => {
    await using directory = new Directory()
    directory.write('mcp.json', {
      mcpServers: { fixture: { ...fixtureEntry, env: { TOKEN: '${GLOVEBOX_UNSET_VARIABLE}' } } },
    })
    expectRefused(
      await run('return 1', ['--trust'], { cwd: directory.path }),
      /mcp\.json: the server "fixture" needs .*GLOVEBOX_UNSET_VARIABLE/,
    )
  })

  it.each([
    ['is not JSON', '{ "mcpServers": {', /is not valid JSON/],
    ['is not an object', '[]', /must hold a JSON object/],
    ['has no mcpServers', '{ "others": {} }', /has no "mcpServers" object/],
    ['has a list of servers', '{ "mcpServers": [] }', /has no "mcpServers" object/],
    ['has a server that is not an object', { mcpServers: { a: 'npx' } }, /the server "a" is not an object/],
    [
      'has a server without a command',
      { mcpServers: { a: { args: [] } } },
      /the server "a" has neither a "command" nor a "url"/,
    ],
    ['has a server with an empty command', { mcpServers: { a: { command: '' } } }, /the server "a" has neither/],
    [
      'has arguments that are not a list',
      { mcpServers: { a: { command: 'node', args: '-y' } } },
      /the server "a" has "args"/,
    ],
    [
      'has arguments that are not strings',
      { mcpServers: { a: { command: 'node', args: [1] } } },
      /the server "a" has "args"/,
    ],
    [
      'has variables that are not strings',
      { mcpServers: { a: { command: 'node', env: { PORT: {} } } } },
      /the server "a" has a "env"/,
    ],
    ['has an invalid url', { mcpServers: { a: { url: 'somewhere' } } }, /the server "a" has a "url" that is not valid/],
    [
      'has headers that are not strings',
      { mcpServers: { a: { url: 'http://127.0.0.1', headers: ['x'] } } },
      /the server "a" has a "headers"/,
    ],
  ])('that %s causes exit code 2 and an explanation', async (_, content, message) => {
    await using directory = new Directory()
    const config = directory.write('broken.json', content)
    const ended = await run('return 1', ['--config', config])
    expectRefused(ended, message)
    expect(ended.stderr).toContain('broken.json')
  })

  it('that does not exist or is a directory causes exit code 2', async () => {
    await using directory = new Directory()
    expectRefused(
      await run('return 1', ['-c', 'nowhere.json'], { cwd: directory.path }),
      /Cannot read nowhere\.json: ENOENT/,
    )
    expectRefused(await run('return 1', ['-c', directory.path]), /Cannot read .*: EISDIR/)
  })
})

describe('a configuration file that comes with a project', () => {
  const first = { mcpServers: { fixture: { ...fixtureEntry, args: [FIXTURE, 'first'] } } }

  it('starts nothing before the user has confirmed it, and again after each change', async () => {
    await using directory = new Directory()
    const cwd = directory.path
    directory.write('mcp.json', first)
    const refused = await run(ABOUT, [], { cwd })
    expectRefused(refused, /mcp\.json is not confirmed yet/)
    expect(refused.stderr).toContain(`"args":["${FIXTURE}","first"]`)
    expect(refused.stderr).toContain('Confirm it with --trust.')
    expect(aboutIn(await run(ABOUT, ['--json', '--trust'], { cwd })).args).toEqual(['first'])
    expect(aboutIn(await run(ABOUT, ['--json'], { cwd })).args).toEqual(['first'])
    directory.write('mcp.json', { mcpServers: { fixture: { ...fixtureEntry, args: [FIXTURE, 'second'] } } })
    expectRefused(await run(ABOUT, [], { cwd }), /is not confirmed yet/)
  })

  it('needs no confirmation if the user names it', async () => {
    await using directory = new Directory()
    directory.write('mcp.json', first)
    expect(aboutIn(await run(ABOUT, ['--json', '-c', 'mcp.json'], { cwd: directory.path })).args).toEqual(['first'])
  })
})

describe('a server that cannot be used', () => {
  it('is named, and the others start', async () => {
    await using directory = new Directory()
    const config = directory.write('servers.json', {
      mcpServers: {
        fixture: fixtureEntry,
        missing: { command: 'glovebox-no-such-command' },
        unset: { command: '${GLOVEBOX_UNSET_VARIABLE}' },
      },
    })
    const { code, stdout, stderr } = await run('return typeof fixture', ['-c', config])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'function\n'.replace('function', 'object') })
    expect(stderr).toContain('warning The MCP server missing could not be started')
    expect(stderr).toContain('the server "unset" needs the environment variable GLOVEBOX_UNSET_VARIABLE')
  })
})

describe('glovebox servers', () => {
  it('shows the state of each server', async () => {
    await using directory = new Directory()
    const mcpServers = { fixture: fixtureEntry, missing: { command: 'glovebox-no-such-command' } }
    const config = directory.write('servers.json', { mcpServers })
    const { code, stdout } = await glovebox(['servers', '-c', config])
    expect(code).toBe(4)
    expect(stdout).toMatch(/^✓ fixture: fixture \S+, protocol 2025-11-25, \d+ tools$/m)
    expect(stdout).toMatch(/^✗ missing: The MCP server missing could not be started/m)
    const { stdout: json } = await glovebox(['servers', '-c', config, '--json'])
    expect(JSON.parse(json)).toMatchObject([{ name: 'fixture', state: 'ready', tokens: 'none' }, { state: 'failed' }])
  })
})

describe('glovebox auth', () => {
  it('explains for which servers there can be a login', async () => {
    await using directory = new Directory()
    const config = directory.write('servers.json', {
      mcpServers: {
        local: fixtureEntry,
        web: { url: 'http://127.0.0.1:9/mcp' },
        keyed: { url: 'http://127.0.0.1:9/mcp', headers: { Authorization: 'Bearer x' } },
      },
    })
    const auth = (...args: string[]) => glovebox(['auth', ...args, '-c', config])
    expectRefused(await auth('login', 'nobody'), /There is no server "nobody" with a URL/)
    expectRefused(await auth('login', 'local'), /"local" runs as a command, so it takes no login/)
    expectRefused(await auth('login', 'keyed'), /"keyed" has an Authorization header, so it takes no login/)
    expect(await auth('status')).toMatchObject({ code: 0, stdout: 'web: not logged in\nkeyed: not logged in\n' })
    expect(await auth('logout', 'web')).toMatchObject({ code: 0, stdout: 'web: You were not logged in.\n' })
  })
})

describe('glovebox import', () => {
  it('lists the servers of other hosts, and copies them', async () => {
    await using directory = new Directory()
    await using home = new Directory()
    mkdirSync(`${home.path}/.cursor`)
    const entries = {
      github: { command: 'npx', env: { TOKEN: '${env:GITHUB_TOKEN}' } },
      other: { url: 'https://x.example' },
    }
    home.write('.cursor/mcp.json', { mcpServers: entries })
    const options = { cwd: directory.path, env: { HOME: home.path, XDG_CONFIG_HOME: home.path } }
    const listed = await glovebox(['import'], options)
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining(`/.cursor/mcp.json): github, other\n`) })
    directory.write('mcp.json', { mcpServers: { mine: fixtureEntry } })
    expect(await glovebox(['import', '--from', 'cursor', 'github'], options)).toMatchObject({
      code: 0,
      stdout: 'github was added to mcp.json\n',
    })
    const written = JSON.parse(readFileSync(`${directory.path}/mcp.json`, 'utf8'))
    expect(written).toEqual({ mcpServers: { mine: fixtureEntry, github: entries.github } })
    expectRefused(await glovebox(['import', '--from', 'cursor', 'none'], options), /cursor has no server "none"/)
    expectRefused(await glovebox(['import', '--from', 'zed'], options), /zed has no servers on this machine/)
  })
})

describe('--server', () => {
  it.each([
    ['"two words" plain', ['two words', 'plain']],
    [`'single "inside"' "double 'inside'"`, ['single "inside"', `double 'inside'`]],
    ['--root="a b" --x=\'c d\'e', ['--root=a b', '--x=c de']],
    ['"" last', ['', 'last']],
    ['  spread \t out  ', ['spread', 'out']],
    ['a=b=c', ['a=b=c']],
  ])('splits %s into words like a shell', async (written, expected) => {
    expect(aboutIn(await run(ABOUT, ['--json', '--server', fixtureFlag('fixture', written)])).args).toEqual(expected)
  })

  it.each([
    ['no name', 'npx -y server', /Write name=command/],
    ['an empty name', '=npx', /Write name=command/],
    ['no command', 'files=', /Write name=command/],
    ['a name with a space', 'my files=npx', /Write name=command/],
    ['an open quote', 'files=npx "server', /a quote is not closed/],
    ['an empty command', 'files=""', /needs a `command`/],
  ])('makes the command exit with 2 for %s', async (_, flag, message) => {
    expectRefused(await run('return 1', ['-s', flag]), message)
  })

  it('rejects two servers with the same name, wherever they come from', async () => {
    await using directory = new Directory()
    const config = directory.write('servers.json', { mcpServers: { twin: fixtureEntry } })
    const twice = /Two servers are called "twin"/
    expectRefused(await run('return 1', ['-s', fixtureFlag('twin'), '-s', fixtureFlag('twin')]), twice)
    expectRefused(await run('return 1', ['-c', config, '-s', fixtureFlag('twin')]), twice)
  })
})

describe('the output of a failed command', () => {
  const OUTPUTS: readonly [string, readonly string[]][] = [
    ['text', []],
    ['--json', ['--json']],
  ]
  const expectSafe = ({ code, stdout, stderr }: Ended, expected: number, message: RegExp) => {
    expect(`${stdout}${stderr}`).not.toMatch(/hush/)
    expect(stderr).toMatch(message)
    expect(code).toBe(expected)
  }
  const url = 'http://hush-user:hush-pw@127.0.0.1:9/hush-path?key=hush-query'

  it.each(OUTPUTS)('contains only the scheme, host and port of a server’s URL, with %s', async (_, flags) => {
    await using directory = new Directory()
    const server = createServer(({ url, headers }, response) => {
      response.writeHead(401).end(`<html>${url} ${JSON.stringify(headers)}</html>`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const headers = { Authorization: 'Bearer ${HUSH}' }
    const entry = { url: `http://127.0.0.1:${port}/hush-path?key=\${HUSH}`, headers }
    const config = directory.write('servers.json', { mcpServers: { site: entry } })
    const ended = await run('return 1', ['-c', config, ...flags], { env: { HUSH: 'hush-4711' } })
    server.close()
    expectSafe(ended, 4, new RegExp(`site requires authorization: .*, at http://127\\.0\\.0\\.1:${port}\\. Log in`))
  })

  it('contains no credentials of URLs from --server or the configuration', async () => {
    await using directory = new Directory()
    expectSafe(await run('return 1', ['-s', `site=${url}`]), 4, /at http:\/\/127\.0\.0\.1:9/)
    expectSafe(
      await run('return 1', ['-s', `site=${url.replace(':9', ':99999')}`]),
      2,
      /site has a `url` that is not valid/,
    )
    const config = directory.write('servers.json', { mcpServers: { site: { url: url.replace(':9', ':99999') } } })
    expectSafe(await run('return 1', ['-c', config]), 2, /"site" has a "url" that is not valid/)
    expectSafe(await run('return 1', ['-s', url.replace('=', '')]), 2, /a --server without a name/)
    expectSafe(
      await glovebox(['run', url]),
      2,
      /Cannot read the program http:\/\/127\.0\.0\.1:9: there is no such file/,
    )
  })

  it('contains no arguments and variables of a server, even if the server writes them', async () => {
    await using directory = new Directory()
    const script = 'console.error(process.argv.slice(1).join(" "), process.env.HUSH); process.exit(1)'
    const args = ['-e', script, '--', '--api-key=hush-0815', '--token', 'hush-0816']
    const entry = { command: process.execPath, args, env: { HUSH: 'hush-4711' } }
    const config = directory.write('servers.json', { mcpServers: { echo: entry } })
    expectSafe(await run('return 1', ['-c', config]), 4, /echo could not be started[\s\S]*--api-key=\[redacted\]/)
    const flag = `ghost=glovebox-no-such-command --api-key=hush-0815 hush-0816`
    expectSafe(await run('return 1', ['-s', flag]), 4, /no command glovebox-no-such-command/)
    expectSafe(
      await run('return 1', ['-s', `${flag} "hush`]),
      2,
      /Cannot read the server "ghost": a quote is not closed/,
    )
    expectSafe(await run('return 1', ['-s', 'npx --api-key hush-0815']), 2, /a --server without a name/)
    expectSafe(
      await run('return 1', ['-s', 'a=npx', '--api-key=hush-0815']),
      2,
      /unknown option '--api-key=\[redacted\]'/,
    )
  })

  it('contains no text of a configuration with invalid JSON', async () => {
    await using directory = new Directory()
    const texts = ['{ "mcpServers": { "a": { "url": hush-4711 } } }', '"hush-4711" x', 'hush']
    for (const [index, text] of texts.entries()) {
      const config = directory.write(`${index}.json`, text)
      expectSafe(await run('return 1', ['-c', config]), 2, /is not valid JSON/)
    }
  })

  it.each(OUTPUTS)('contains no credentials from the message of a tool, with %s', async (_, flags) => {
    const program = 'await fixture.fail({})'
    const ended = await run(program, ['-s', fixtureFlag('fixture'), ...flags])
    expectSafe(ended, 1, flags.length === 0 ? /TOOL_FAILED[\s\S]*https:\/\/\[redacted\]@example\.com/ : /fixture\.fail/)
    if (flags.length > 0) expect(JSON.parse(ended.stdout).error.message).toContain('https://[redacted]@example.com')
  })
})

it('`glovebox types` reports that there are no tools without servers', async () => {
  await using directory = new Directory()
  expectRefused(await glovebox(['types'], { cwd: directory.path }), /There are no tools/)
})
