import { type McpError, type McpOptions, mcp, readStoredLogin } from '@glovebox/mcp'
import { type ServerOptions, selectServers } from '../configured-servers.ts'
import { EXIT, type ExitCode, UsageError } from '../exit-codes.ts'
import { Reporter, safe } from '../reporter.ts'

/** Options of `glovebox servers`. */
export interface ServersOptions extends ServerOptions {
  readonly json?: boolean
}

interface Row {
  readonly name: string
  readonly state: 'ready' | 'failed'
  readonly server?: string
  readonly protocol?: string
  readonly tools?: number
  readonly tokens: 'none' | 'stored' | 'expired'
  readonly warnings: readonly string[]
  readonly error?: string
}

/** Connects to each server and prints its state, version, tools and login. */
export async function servers(options: ServersOptions, signal: AbortSignal): Promise<ExitCode> {
  const reporter = new Reporter(process.stderr, false)
  const selected = await selectServers(options, reporter, signal)
  if (selected.length === 0) throw new UsageError('There are no servers. Name one with --server, or in mcp.json.')
  reporter.progress(`Connecting to ${selected.map(({ name }) => name).join(', ')} …`)
  const rows = await Promise.all(selected.map((server) => look(server, signal)))
  signal.throwIfAborted()
  if (options.json === true) console.log(JSON.stringify(rows))
  else for (const row of rows) print(row)
  return rows.some(({ state }) => state === 'failed') ? EXIT.server : EXIT.ok
}

async function look(options: McpOptions, signal: AbortSignal): Promise<Row> {
  const { name } = options
  const tokens = async () => (await readStoredLogin(options))?.state ?? 'none'
  try {
    await using provider = await mcp({ ...options, signal })
    const { server, protocol, warnings } = provider.status()
    return {
      name,
      state: 'ready',
      ...(server !== undefined && { server: `${server.name} ${server.version}` }),
      ...(protocol !== undefined && { protocol }),
      tools: provider.tools.length,
      tokens: await tokens(),
      warnings,
    }
  } catch (error) {
    return { name, state: 'failed', tokens: await tokens(), warnings: [], error: (error as McpError).message }
  }
}

function print({ name, state, server = '', protocol = '', tools = 0, tokens, warnings, error }: Row): void {
  const login = tokens === 'none' ? '' : `, login ${tokens}`
  const line =
    state === 'ready' ? `✓ ${name}: ${server}, protocol ${protocol}, ${tools} tools${login}` : `✗ ${name}: ${error}`
  console.log(safe(line))
  for (const warning of warnings) console.log(`    ${safe(warning)}`)
}
