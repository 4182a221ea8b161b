import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Directory, fixtureEntry, fixtureFlag, glovebox, publicFlag, publicServer, run } from './support.ts'

/** Writes the profiles of a user, and returns options with which commands find them. */
function withProfiles(home: Directory, profiles: object | string) {
  mkdirSync(join(home.path, 'glovebox'))
  home.write('glovebox/profiles.json', profiles)
  return { env: { XDG_DATA_HOME: home.path } }
}

describe('a profile', () => {
  it('chooses servers and tools, and adds rules', async () => {
    await using home = new Directory()
    const options = withProfiles(
      home,
      `{
      // for work
      "work": { "servers": ["mem*"], "include": ["memory.read*", "*.search*"], "exclude": ["*.readResource"], "deny": ["memory.search*"] },
    }`,
    )
    const flags = ['--profile', 'work', '-s', publicFlag('memory'), '-s', fixtureFlag('fixture')]
    const { stdout } = await glovebox(['types', ...flags], options)
    const functions = [...stdout.matchAll(/function (\w+)/g)].map(([, name]) => name)
    expect(functions.sort()).toEqual(['readGraph', 'searchNodes'])
    expect(stdout).not.toContain('fixture')
    const denied = await run(`return await memory.searchNodes({ query: 'x' })`, flags, options)
    expect(denied.stderr).toContain('TOOL_DENIED')
  })

  it('narrows the tools of a configuration, and names servers as it does', async () => {
    await using home = new Directory()
    const options = withProfiles(home, {
      work: { config: 'work.json', include: ['*.read*', '*.search*'], exclude: ['*Resource'], deny: ['my-*.search*'] },
    })
    const [command, ...args] = [process.execPath, publicServer('memory')]
    home.write('glovebox/work.json', {
      mcpServers: { 'my-memory': { command, args, enabled_tools: ['search_nodes'] } },
    })
    const { stdout } = await glovebox(['types', '--profile', 'work'], options)
    expect([...stdout.matchAll(/function (\w+)/g)].map(([, name]) => name)).toEqual(['searchNodes'])
    const denied = await run(`return await myMemory.searchNodes({ query: 'x' })`, ['--profile', 'work'], options)
    expect(denied.stderr).toContain('TOOL_DENIED')
  })

  it('names a configuration beside it', async () => {
    await using home = new Directory()
    const options = withProfiles(home, { work: { config: 'work.json', servers: ['other'] } })
    home.write('glovebox/work.json', { mcpServers: { unused: fixtureEntry } })
    const { code, stderr } = await glovebox(['types', '--profile', 'work'], options)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('chooses none of the servers unused') })
  })

  it.each([
    [{}, 'has no profile "work"; it has none'],
    [{ work: { server: [] } }, 'unknown key "server"'],
    [{ work: { deny: 'x' } }, '"deny" must be a list of texts'],
    [{ work: { config: 1 } }, '"config" must be the path of a file'],
    [{ work: { exclude: ['github'] } }, '"github" in "exclude" must be like "server.tool"'],
    [{ work: [] }, 'must be an object'],
    ['[', 'must hold a JSON object with profiles'],
  ])('of %j is refused', async (profiles, message) => {
    await using home = new Directory()
    const options = withProfiles(home, profiles)
    const { code, stderr } = await glovebox(['types', '--profile', 'work'], options)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) })
  })

  it('that does not exist is an error that names the file for it', async () => {
    await using home = new Directory()
    const { code, stderr } = await glovebox(['serve', '--profile', 'work'], { env: { XDG_DATA_HOME: home.path } })
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('profiles.json') })
  })
})
