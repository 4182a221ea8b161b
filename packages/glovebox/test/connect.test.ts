import { readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
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
    const behind = join(directory.path, 'glovebox', 'connected', `${host}.jsonc`)
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
    const servers = JSON.parse(restored.replaceAll(/\/\/ .*/g, '').replaceAll(/,(\s*\})/g, '$1')).mcpServers
    expect(Object.keys(servers).sort()).toEqual(['added', 'fixture', 'issues'])
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
