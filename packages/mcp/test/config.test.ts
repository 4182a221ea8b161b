// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders of configurations
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findMcpConfigs, type McpOptions, readMcpConfig } from '@glovebox/mcp'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from './support.ts'

const env = { TOKEN: 'secret-token', HOME: '/u/ada', KEY: 'k' }

/** Writes a file and reads its servers. */
async function read(name: string, text: string, options = {}, files: Record<string, string> = {}) {
  await using directory = temporaryDirectory()
  const cwd = directory.path
  for (const [path, content] of [[name, text], ...Object.entries(files)] as const) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true })
    writeFileSync(join(cwd, path), content)
  }
  const servers = await readMcpConfig(join(cwd, name), { cwd, env, ...options })
  // Paths in the folder are shown relative to it.
  return JSON.parse(JSON.stringify(servers).replaceAll(cwd, '.')) as typeof servers
}

const optionsOf = async (...given: Parameters<typeof read>): Promise<Record<string, Omit<McpOptions, 'name'>>> =>
  Object.fromEntries(
    (await read(...given))
      .filter(({ isEnabled }) => isEnabled)
      .map(({ name, options, error }) => {
        if (options === undefined) throw error ?? new Error(`${name} has no options`)
        const { name: _, ...others } = options
        return [name, others]
      }),
  )

/** Returns why the server of a configuration cannot be used. */
async function problemOf(entry: object, options = {}): Promise<string | undefined> {
  await using directory = temporaryDirectory()
  const file = join(directory.path, 'mcp.json')
  writeFileSync(file, JSON.stringify({ mcpServers: { s: entry } }))
  const [server] = await readMcpConfig(file, { cwd: directory.path, env, ...options })
  return server?.error?.message.replace(file, 'mcp.json')
}

describe('the configuration of a host', () => {
  it('is read as Claude Desktop writes it', async () => {
    const text =
      '\uFEFF{ "mcpServers": { "files": { "command": "npx", "args": ["-y", "x", "/u"], "env": { "A": "1" } } } }'
    expect(await optionsOf('claude_desktop_config.json', text)).toEqual({
      files: { command: 'npx', args: ['-y', 'x', '/u'], env: { A: '1' } },
    })
  })

  it('is read as Claude Code writes it', async () => {
    const text = `{ "mcpServers": {
      "web": { "type": "http", "url": "https://\${HOST:-example.com}/mcp", "headers": { "Authorization": "Bearer \${TOKEN}" } },
      "old": { "type": "sse", "url": "https://example.com/sse" },
      "local": { "type": "stdio", "command": "node", "args": ["server.js"], "env": {} }
    } }`
    expect(await optionsOf('.mcp.json', text)).toEqual({
      web: { url: 'https://example.com/mcp', headers: { Authorization: 'Bearer secret-token' } },
      old: { url: 'https://example.com/sse', transport: 'sse' },
      local: { command: 'node', args: ['server.js'], env: {} },
    })
    await using directory = temporaryDirectory()
    const cwd = directory.path
    const file = join(cwd, '.claude.json')
    const own = { mcpServers: { mine: { command: 'b' }, off: { command: 'c' } }, disabledMcpServers: ['off'] }
    writeFileSync(
      file,
      JSON.stringify({ numStartups: 3, mcpServers: { all: { command: 'a' } }, projects: { [cwd]: own } }),
    )
    const found = await readMcpConfig(file, { cwd, env })
    expect(found.map(({ name, isEnabled }) => [name, isEnabled])).toEqual([
      ['all', true],
      ['mine', true],
      ['off', false],
    ])
  })

  it('is read as Cursor writes it', async () => {
    const text = `{ "mcpServers": {
      "one": { "command": "\${userHome}/bin/x", "args": ["\${workspaceFolder}\${/}data", "\${workspaceFolderBasename}"], "envFile": ".env", "env": { "KEY": "\${env:KEY}" } },
      "two": { "url": "https://example.com/mcp", "headers": { "X": "\${env:TOKEN}" }, "auth": { "CLIENT_ID": "id", "CLIENT_SECRET": "\${env:KEY}", "scopes": ["a"] } }
    } }`
    const found = await optionsOf('.cursor/mcp.json', text, {}, { '.env': 'FROM_FILE="yes"\nKEY=no\n' })
    expect(found).toEqual({
      one: {
        command: '/u/ada/bin/x',
        args: ['./data', expect.stringMatching(/^glovebox-mcp-/)],
        env: { FROM_FILE: 'yes', KEY: 'k' },
      },
      two: {
        url: 'https://example.com/mcp',
        headers: { X: 'secret-token' },
        auth: { clientId: 'id', clientSecret: 'k', scopes: ['a'] },
      },
    })
  })

  it('is read as VS Code writes it, and asks for its inputs once', async () => {
    const text = `{
      // Asked for once
      "inputs": [{ "type": "promptString", "id": "key", "description": "The key", "password": true },
                 { "type": "pickString", "id": "zone", "description": "Zone", "options": ["eu", "us"], "default": "eu" },],
      "servers": {
        "one": { "type": "stdio", "command": "node", "args": ["\${input:key}"], "env": { "KEY": "\${input:key}", "ZONE": "\${input:zone}" }, },
        "two": { "type": "http", "url": "https://example.com/mcp" } /* fine */
      }
    }`
    const asked: unknown[] = []
    const ask = async (input: { id: string }) => {
      asked.push(input)
      return `my ${input.id}`
    }
    expect(await optionsOf('.vscode/mcp.json', text, { ask })).toEqual({
      one: { command: 'node', args: ['my key'], env: { KEY: 'my key', ZONE: 'my zone' } },
      two: { url: 'https://example.com/mcp' },
    })
    expect(asked).toEqual([
      { id: 'key', description: 'The key', isSecret: true },
      { id: 'zone', description: 'Zone', isSecret: false, options: ['eu', 'us'], default: 'eu' },
    ])
    const [one, two] = await read('.vscode/mcp.json', text)
    expect(one?.isEnabled).toBe(true)
    expect(two?.options).toBeDefined()
  })

  it('is read as Windsurf writes it', async () => {
    const text = `{ "mcpServers": {
      "web": { "serverUrl": "https://example.com/mcp", "headers": { "A": "\${env:TOKEN}" }, "disabledTools": ["drop"] },
      "off": { "command": "node", "disabled": true }
    } }`
    expect(await optionsOf('mcp_config.json', text)).toEqual({
      web: { url: 'https://example.com/mcp', headers: { A: 'secret-token' }, exclude: ['drop'] },
    })
  })

  it('is read as Gemini CLI writes it', async () => {
    const text = `{ "theme": "dark", "mcp": { "excluded": ["off"] }, "mcpServers": {
      "web": { "httpUrl": "https://example.com/mcp", "headers": { "A": "Bearer $TOKEN" }, "timeout": 5000, "trust": true, "includeTools": ["read"], "excludeTools": ["write"] },
      "events": { "url": "https://example.com/sse" },
      "local": { "command": "python", "args": ["-m", "x$KEY"], "env": { "KEY": "$KEY", "B": "\${KEY}" }, "cwd": "./server" },
      "off": { "command": "node" }
    } }`
    expect(await optionsOf('.gemini/settings.json', text)).toEqual({
      web: {
        url: 'https://example.com/mcp',
        transport: 'http',
        headers: { A: 'Bearer secret-token' },
        callTimeoutMs: 5_000,
        include: ['read'],
        exclude: ['write'],
      },
      events: { url: 'https://example.com/sse' },
      local: { command: 'python', args: ['-m', 'xk'], env: { KEY: 'k', B: 'k' }, cwd: './server' },
    })
  })

  it('is read as Codex writes it', async () => {
    const text = `model = "x"
[mcp_servers.local]
command = "npx"
args = ["-y", "x"]
env_vars = ["KEY"]
startup_timeout_sec = 20
tool_timeout_sec = 45.5
enabled_tools = ["a"]
[mcp_servers.local.env]
B = "2"
[mcp_servers.web]
url = "https://example.com/mcp"
bearer_token_env_var = "TOKEN"
http_headers = { "X-A" = "1" }
env_http_headers = { "X-B" = "KEY" }
disabled_tools = ["b"]
[mcp_servers.off]
command = "x"
enabled = false
`
    expect(await optionsOf('config.toml', text)).toEqual({
      local: {
        command: 'npx',
        args: ['-y', 'x'],
        env: { KEY: 'k', B: '2' },
        connectTimeoutMs: 20_000,
        callTimeoutMs: 45_500,
        include: ['a'],
      },
      web: {
        url: 'https://example.com/mcp',
        headers: { 'X-A': '1', 'X-B': 'k', Authorization: 'Bearer secret-token' },
        exclude: ['b'],
      },
    })
  })

  it('is read as Zed writes it', async () => {
    const text = `{
      // Zed settings
      "ui_font_size": 16,
      "context_servers": {
        "new": { "source": "custom", "command": "npx", "args": ["-y", "x"], "env": { "A": "1" }, "enabled": true },
        "old": { "command": { "path": "node", "args": ["x.js"], "env": { "B": "2" } }, "settings": {} },
        "web": { "url": "https://example.com/mcp", "headers": { "Authorization": "Bearer x" } },
      },
    }`
    expect(await optionsOf('settings.json', text)).toEqual({
      new: { command: 'npx', args: ['-y', 'x'], env: { A: '1' } },
      old: { command: 'node', args: ['x.js'], env: { B: '2' } },
      web: { url: 'https://example.com/mcp', headers: { Authorization: 'Bearer x' } },
    })
  })

  it('is read as OpenCode writes it', async () => {
    const text = `{ "$schema": "https://opencode.ai/config.json", "mcp": {
      "local": { "type": "local", "command": ["bun", "x", "y"], "environment": { "A": "{env:KEY}", "B": "{file:./secret}" }, "enabled": true },
      "web": { "type": "remote", "url": "https://example.com/mcp", "headers": { "A": "{env:TOKEN}" }, "oauth": { "clientId": "id", "scope": "a b" } },
      "off": { "type": "remote", "url": "https://example.com", "enabled": false }
    } }`
    expect(await optionsOf('opencode.jsonc', text, {}, { secret: 's3cret\n' })).toEqual({
      local: { command: 'bun', args: ['x', 'y'], env: { A: 'k', B: 's3cret' } },
      web: {
        url: 'https://example.com/mcp',
        headers: { A: 'secret-token' },
        auth: { clientId: 'id', scopes: ['a', 'b'] },
      },
    })
  })
})

describe('a server that cannot be used', () => {
  it.each([
    [
      'an unset variable',
      { command: 'x', env: { A: '${MISSING}' } },
      'needs the environment variable MISSING, which is not set',
    ],
    [
      'an unset variable of another spelling',
      { command: '$MISSING' },
      'needs the environment variable MISSING, which is not set',
    ],
    [
      'an unknown placeholder',
      { command: 'x', args: ['${config:x}'] },
      'has the placeholder ${config:x}, which is not supported',
    ],
    [
      'an input that is not described',
      { command: '${input:x}' },
      'needs the input x, which the file does not describe',
    ],
    ['nothing to start', {}, 'has neither a "command" nor a "url"'],
    [
      'a type of another protocol',
      { type: 'ws', url: 'wss://x' },
      'has the type "ws", which is not supported; use stdio, http or sse',
    ],
    ['an invalid url', { url: 'nowhere' }, 'has a "url" that is not valid'],
    ['arguments that are a text', { command: 'x', args: 'y' }, 'has "args" that are not a list of texts'],
    ['nested variables', { command: 'x', env: { A: {} } }, 'has a "env" that is not an object of texts'],
    ['a missing file', { command: 'x', envFile: 'none' }, /needs the file .*none, which cannot be read \(ENOENT\)/],
    ['no time', { command: 'x', timeout: 0 }, 'has a "timeout" that is not a number above 0'],
  ])('is refused with %s', async (_, entry, problem) => {
    const told = await problemOf(entry)
    if (typeof problem === 'string') expect(told).toBe(`mcp.json: the server "s" ${problem}.`)
    else expect(told).toMatch(problem)
  })

  it('leaves the others usable', async () => {
    const found = await read('mcp.json', '{"mcpServers":{"bad":{"command":"${MISSING}"},"good":{"command":"x"}}}')
    expect(found.map(({ name, options }) => [name, options !== undefined])).toEqual([
      ['bad', false],
      ['good', true],
    ])
  })

  it('is not looked at while it is switched off', async () => {
    expect(await read('mcp.json', '{"mcpServers":{"s":{"command":"${MISSING}","disabled":true}}}')).toEqual([
      { name: 's', isEnabled: false },
    ])
  })

  it('keeps texts that only look like placeholders', async () => {
    const found = await optionsOf(
      'mcp.json',
      '{"mcpServers":{"s":{"command":"x","args":["^a$","pa$$word","a$b","{}","{a:b}"]}}}',
    )
    expect(found.s).toMatchObject({ args: ['^a$', 'pa$$word', 'a$b', '{}', '{a:b}'] })
  })
})

describe('a configuration file that cannot be read', () => {
  it.each([
    [
      '{ "mcpServers": { "a": { "token": "hush" "b" } } }',
      'mcp.json',
      /is not valid JSON: the error is in line 1, column 42/,
    ],
    ['[mcp_servers.a\ntoken = "hush"', 'config.toml', /is not valid TOML: the error is in line 1/],
    ['[]', 'mcp.json', /must hold a JSON object/],
    ['{}', 'mcp.json', /has no "mcpServers" object/],
  ])('is refused: %s', async (text, name, message) => {
    const error = await read(name, text).catch((reason: Error) => reason)
    expect(error).toMatchObject({
      name: 'McpConfigError',
      code: 'MCP_CONFIG_INVALID',
      message: expect.stringMatching(message),
    })
    expect(String(error)).not.toContain('hush')
  })

  it('is refused if it does not exist', async () => {
    await expect(readMcpConfig('/none/mcp.json')).rejects.toThrow('Cannot read /none/mcp.json: ENOENT')
  })
})

it('the files of hosts are found, those of the project first', async () => {
  await using directory = temporaryDirectory()
  const [cwd, home] = [join(directory.path, 'project'), join(directory.path, 'home')]
  const files = [
    [cwd, '.mcp.json'],
    [cwd, '.vscode/mcp.json'],
    [home, '.claude.json'],
    [home, '.config/Claude/claude_desktop_config.json'],
    [home, '.codeium/windsurf/mcp_config.json'],
    [home, '.codex/config.toml'],
    [home, '.config/zed/settings.json'],
  ] as const
  for (const [folder, name] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), '{}')
  }
  const found = await findMcpConfigs({ cwd, home, env: {}, platform: 'linux' })
  expect(found.map(({ host, isOfProject }) => [host, isOfProject])).toEqual([
    ['claude-code', true],
    ['vscode', true],
    ['claude-desktop', false],
    ['claude-code', false],
    ['windsurf', false],
    ['codex', false],
    ['zed', false],
  ])
})
