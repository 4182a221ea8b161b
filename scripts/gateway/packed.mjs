/** Times what a new user does: installs the packages as they would be published, connects a host, and runs a program. */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

const execute = promisify(execFile)

const PROXY = /^(?:https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_file|npm_config_.*)$/i

/**
 * Goes from an `mcp.json` to a program that joins two of its servers, with two commands. Resolves to the seconds of each
 * step and the result.
 */
export async function timeFirstUse(home, packed) {
  const project = join(home, 'project')
  const files = join(home, 'files')
  for (const folder of [project, files, join(home, '.cursor')]) mkdirSync(folder)
  writeFileSync(join(files, 'note.txt'), 'Ada Lovelace')
  // Servers get few variables of their host. Where the registry is behind a proxy, they need its address.
  const proxy = Object.fromEntries(Object.entries(process.env).filter(([name]) => PROXY.test(name)))
  const server = (name, args, env) => ({
    command: 'npx',
    args: ['-y', `@modelcontextprotocol/server-${name}`, ...args],
    env: { ...proxy, ...env },
  })
  const config = join(home, '.cursor', 'mcp.json')
  const text = `{
  // My servers
  "mcpServers": {
    "files": ${JSON.stringify(server('filesystem', [files]))},
    "memory": ${JSON.stringify(server('memory', [], { MEMORY_FILE_PATH: join(home, 'memory.json') }))}
  }
}
`
  writeFileSync(config, text)
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
  const env = {
    ...process.env,
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    npm_config_cache: join(home, 'npm'),
    // The commands use this version of Node.
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  }
  const steps = {}
  const timed = async (name, work) => {
    const start = performance.now()
    const result = await work()
    steps[name] = (performance.now() - start) / 1_000
    return result
  }
  await timed('install', () =>
    execute('npm', ['install', '--no-audit', '--no-fund', ...packed], { cwd: project, env, maxBuffer: 2 ** 26 }),
  )
  await timed('connect', () => execute('npx', ['glovebox', 'connect', 'cursor', '--yes'], { cwd: project, env }))
  const entry = JSON.parse(/"glovebox": (\{[^}]*\})/.exec(readFileSync(config, 'utf8'))[1])
  const client = new Client({ name: 'host', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  const transport = new StdioClientTransport({ ...entry, cwd: project, env, stderr: 'ignore' })
  await timed('start', () => client.connect(transport, { timeout: 300_000 }))
  await timed('list', () => client.listTools())
  const code = `const { content } = await files.readTextFile({ path: ${JSON.stringify(join(files, 'note.txt'))} })
const { entities } = await memory.createEntities({ entities: [{ name: content, entityType: 'person', observations: [] }] })
return entities.map(({ name }) => name)`
  const result = await timed('program', () =>
    client.callTool({ name: 'run_program', arguments: { code } }, { timeout: 60_000 }),
  )
  await client.close()
  await execute('npx', ['glovebox', 'disconnect', 'cursor', '--yes'], { cwd: project, env })
  return {
    steps,
    result: result.structuredContent,
    isRestored: readFileSync(config, 'utf8') === text,
  }
}
