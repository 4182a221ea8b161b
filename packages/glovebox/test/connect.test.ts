import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { Directory, fixtureEntry, glovebox } from './support.ts'

const FIXTURE = JSON.stringify(fixtureEntry)

/** Configurations as their hosts write them. */
const CONFIGURATIONS: readonly [host: string, text: string][] = [
  [
    'cursor',
    `{
  // My servers
  "mcpServers": {
    "fixture": ${FIXTURE}, // local
    "issues": { "url": "https://mcp.example.com", "headers": { "Authorization": "Bearer secret" } },
  },
  "other": [1,2]
}
`,
  ],
  ['claude-desktop', `{"theme":"dark","mcpServers":{"fixture":${FIXTURE}}}`],
  [
    'claude-code',
    `{\n\t"numStartups": 12,\n\t"mcpServers": {\n\t\t"fixture": ${FIXTURE}\n\t},\n\t"projects": { "/x": { "mcpServers": {} } }\n}`,
  ],
  ['windsurf', `{\n  "mcpServers": {\n    "fixture": ${FIXTURE}\n  }\n}`],
  [
    'gemini-cli',
    `{\n  "ui": { "theme": "GitHub" },\n  "mcpServers": {\n    "fixture": ${FIXTURE},\n    "keyed": { "command": "x", "env": { "KEY": "$SECRET_KEY" } }\n  }\n}\n`,
  ],
  [
    'zed',
    `// Zed settings\n{\n  "context_servers": {\n    "fixture": ${FIXTURE},\n  },\n  "vim_mode": false, // never\n}\n`,
  ],
  ['vscode', `\uFEFF{\r\n    "inputs": [],\r\n    "servers": {\r\n        "fixture": ${FIXTURE}\r\n    }\r\n}\r\n`],
]

describe('glovebox connect', () => {
  it.each(CONFIGURATIONS)('moves the servers of %s, and disconnect puts back every byte', async (host, text) => {
    await using directory = new Directory()
    const file = directory.write('host.json', text)
    const options = { env: { XDG_DATA_HOME: directory.path } }
    const connected = await glovebox(['connect', host, '--file', file, '--yes'], options)
    expect(connected).toMatchObject({ code: 0, stderr: '' })
    const edited = readFileSync(file, 'utf8')
    const [before, after] = [text.indexOf('"fixture"'), text.lastIndexOf('}', text.length - 3)]
    expect(edited.slice(0, before - 12)).toBe(text.slice(0, before - 12))
    expect(edited.endsWith(text.slice(after + 1))).toBe(true)
    expect(edited).not.toContain('secret')
    const name = host === 'gemini-cli' ? '.gemini/settings.jsonc' : `${host}.jsonc`
    const behind = join(directory.path, 'glovebox', 'connected', name)
    expect(statSync(behind).mode & 0o777).toBe(0o600)

    // The entry is a server that runs the moved ones.
    const args = /"args": (\[[^\]]*\])/.exec(edited)?.[1] as string
    expect(JSON.parse(args)).toEqual(['-y', 'glovebox', 'serve', '--config', behind])
    const { stdout } = await glovebox(['servers', '--config', behind, '--json'], options)
    expect(stdout).toContain('fixture')

    const again = await glovebox(['connect', host, '--file', file, '--yes'], options)
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('already has a server "glovebox"') })
    expect(await glovebox(['disconnect', host, '--yes'], options)).toMatchObject({ code: 0 })
    expect(readFileSync(file, 'utf8')).toBe(text)
    expect(await glovebox(['disconnect', host, '--yes'], options)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is not connected'),
    })
  })

  it('keeps what was changed since when it is undone', async () => {
    await using directory = new Directory()
    const [[host, text]] = CONFIGURATIONS as never as [[string, string]]
    const file = directory.write('host.json', text)
    const options = { env: { XDG_DATA_HOME: directory.path } }
    await glovebox(['connect', host, '--file', file, '--yes'], options)
    const changed = readFileSync(file, 'utf8')
      .replace('"other": [1,2]', '"other": [1,2,3]')
      .replace('"glovebox": {', '"added": { "command": "new" },\n    "glovebox": {')
    directory.write('host.json', changed)
    expect(await glovebox(['disconnect', host, '--yes'], options)).toMatchObject({ code: 0 })
    const restored = readFileSync(file, 'utf8')
    expect(restored).toContain('"other": [1,2,3]')
    expect(restored).toContain('// My servers')
    // The servers come back as they were written.
    expect(restored).toContain(`"fixture": ${FIXTURE}, // local`)
    const servers = JSON.parse(restored.replaceAll(/\/\/ .*/g, '').replaceAll(/,(\s*\})/g, '$1')).mcpServers
    expect(Object.keys(servers).sort()).toEqual(['added', 'fixture', 'issues'])
  })

  it('moves the servers of codex, which are tables of TOML', async () => {
    await using directory = new Directory()
    const { command, args } = fixtureEntry
    const text = `# my codex
model = "o3"   # the best

# from the wiki
[mcp_servers.fixture]  # mine
command = ${JSON.stringify(command)}
args = ${JSON.stringify(args)}
[mcp_servers.fixture.env]
TOKEN = "secret"

[profiles.fast]
notes = """
[mcp_servers.not_a_table]
"""

[mcp_servers."my server"]
url = "https://mcp.example.com"
`
    const file = directory.write('config.toml', text)
    const options = { env: { XDG_DATA_HOME: directory.path } }
    expect(await glovebox(['connect', 'codex', '--file', file, '--yes'], options)).toMatchObject({ code: 0 })
    const edited = readFileSync(file, 'utf8')
    const behind = join(directory.path, 'glovebox', 'connected', 'codex.toml')
    expect(edited).toBe(`# my codex
model = "o3"   # the best

[mcp_servers.glovebox]
command = "npx"
args = ${JSON.stringify(['-y', 'glovebox', 'serve', '--config', behind])}

[profiles.fast]
notes = """
[mcp_servers.not_a_table]
"""

`)
    expect(statSync(behind).mode & 0o777).toBe(0o600)
    const { stdout } = await glovebox(['servers', '--config', behind, '--json'], options)
    expect(stdout).toContain('my server')
    expect(await glovebox(['disconnect', 'codex', '--yes'], options)).toMatchObject({ code: 0 })
    expect(readFileSync(file, 'utf8')).toBe(text)

    // After other changes, only the tables of the servers come back.
    await glovebox(['connect', 'codex', '--file', file, '--yes'], options)
    const changed = `${readFileSync(file, 'utf8').replace('"o3"', '"o4"')}[mcp_servers.added]\ncommand = "new"\n`
    directory.write('config.toml', changed)
    expect(await glovebox(['disconnect', 'codex', '--yes'], options)).toMatchObject({ code: 0, stderr: '' })
    const restored = readFileSync(file, 'utf8')
    expect(restored).toContain('model = "o4"   # the best')
    expect(restored).toContain('# from the wiki\n[mcp_servers.fixture]  # mine')
    expect(Object.keys(parse(restored).mcp_servers as object).sort()).toEqual(['added', 'fixture', 'my server'])
  })

  it.each([
    ['mcp_servers = { a = { command = "x" } }', 'write each server as a table'],
    ['mcp_servers.a.command = "x"', 'write each server as a table'],
    ['[mcp_servers.a', 'is not valid TOML'],
    ['model = "o3"', 'has no servers to move'],
  ])('refuses the TOML %s', async (text, message) => {
    await using directory = new Directory()
    const file = directory.write('config.toml', text)
    const options = { env: { XDG_DATA_HOME: directory.path } }
    const { code, stderr } = await glovebox(['connect', 'codex', '--file', file, '--yes'], options)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) })
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('leaves servers at their host that only the host can fill in', async () => {
    await using directory = new Directory()
    const text = `{
  "inputs": [{ "id": "key", "type": "promptString" }],
  "servers": {
    "fixture": ${FIXTURE},
    // asks
    "asking": { "command": "x", "env": { "KEY": "\${input:key}" } }
  }
}
`
    const file = directory.write('mcp.json', text)
    const options = { env: { XDG_DATA_HOME: directory.path } }
    const { stdout } = await glovebox(['connect', 'vscode', '--file', file, '--yes'], options)
    expect(stdout).toContain('asking: stays')
    const edited = JSON.parse(readFileSync(file, 'utf8'))
    expect(edited.servers).toMatchObject({
      glovebox: { command: 'npx' },
      asking: { env: { KEY: expect.stringContaining('input:key') } },
    })
    const behind = readFileSync(join(directory.path, 'glovebox', 'connected', 'vscode.jsonc'), 'utf8')
    expect(behind).toContain('fixture')
    expect(behind).not.toContain('"asking"')
    expect(await glovebox(['disconnect', 'vscode', '--yes'], options)).toMatchObject({ code: 0 })
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('keeps what was added behind the gateway', async () => {
    await using directory = new Directory()
    const [[host, text]] = CONFIGURATIONS as never as [[string, string]]
    const file = directory.write('host.json', text)
    const options = { env: { XDG_DATA_HOME: directory.path } }
    await glovebox(['connect', host, '--file', file, '--yes'], options)
    const behind = join(directory.path, 'glovebox', 'connected', `${host}.jsonc`)
    writeFileSync(behind, readFileSync(behind, 'utf8').replace('"fixture"', '"added": { "command": "new" }, "fixture"'))
    const { stdout } = await glovebox(['disconnect', host, '--yes'], options)
    expect(stdout).toContain(`${behind}.kept`)
    expect(readFileSync(file, 'utf8')).toBe(text)
    expect(readFileSync(`${behind}.kept`, 'utf8')).toContain('"added"')
  })

  it('leaves servers at Gemini CLI that are switched off, and refuses a list that would hide the gateway', async () => {
    await using directory = new Directory()
    const servers = `"mcpServers": { "fixture": ${FIXTURE}, "off": { "command": "x" } }`
    const options = { env: { XDG_DATA_HOME: directory.path } }
    const file = directory.write('settings.json', `{ "mcp": { "excluded": ["off"] }, ${servers} }`)
    const { stdout } = await glovebox(['connect', 'gemini-cli', '--file', file, '--yes'], options)
    expect(stdout).toContain('- fixture\n')
    expect(JSON.parse(readFileSync(file, 'utf8')).mcpServers).toMatchObject({ off: { command: 'x' }, glovebox: {} })
    await glovebox(['disconnect', 'gemini-cli', '--yes'], options)
    directory.write('settings.json', `{ "mcp": { "allowed": ["fixture"] }, ${servers} }`)
    const refused = await glovebox(['connect', 'gemini-cli', '--file', file, '--yes'], options)
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('add "glovebox" to mcp.allowed') })
  })

  it('changes the file behind a link, and keeps its mode', async () => {
    await using directory = new Directory()
    const file = directory.write('real.json', `{"mcpServers":{"fixture":${FIXTURE}}}`)
    const link = join(directory.path, 'link.json')
    symlinkSync(file, link)
    const options = { env: { XDG_DATA_HOME: directory.path } }
    const mode = statSync(file).mode
    expect(await glovebox(['connect', 'cursor', '--file', link, '--yes'], options)).toMatchObject({ code: 0 })
    expect(readFileSync(file, 'utf8')).toContain('"glovebox"')
    expect(statSync(file).mode).toBe(mode)
  })

  it.each([
    ['{ "mcpServers": {} }', 'has no servers to move'],
    ['{}', 'has no servers to move'],
    ['{ "mcpServers": [] }', 'is not an object'],
    ['{ "mcpServers": {', 'is not valid JSON'],
  ])('refuses %s', async (text, message) => {
    await using directory = new Directory()
    const file = directory.write('host.json', text)
    const options = { env: { XDG_DATA_HOME: directory.path } }
    const { code, stderr } = await glovebox(['connect', 'cursor', '--file', file, '--yes'], options)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) })
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('changes nothing without a confirmation', async () => {
    await using directory = new Directory()
    const [[host, text]] = CONFIGURATIONS as never as [[string, string]]
    const file = directory.write('host.json', text)
    const { code, stderr } = await glovebox(['connect', host, '--file', file])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--yes') })
    expect(readFileSync(file, 'utf8')).toBe(text)
  })
})
