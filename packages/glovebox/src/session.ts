import type { BackendName } from '@glovebox/backends'
import { type CodeMode, type CodeModeOptions, createCodeMode, type Sandbox } from '@glovebox/core'
import { type McpOptions, type McpProvider, mcp } from '@glovebox/mcp'
import { type HeaderFlag, parseHeaderFlag, parseServerFlag, readConfig } from './config.ts'
import { UsageError } from './exit-codes.ts'
import type { Reporter } from './reporter.ts'
import { openSandbox } from './sandboxes.ts'

/** Options that select MCP servers. */
export interface ServerOptions {
  readonly config?: string
  readonly server?: readonly string[]
  readonly header?: readonly string[]
}

/**
 * Connects to the servers from the options and the configuration, and calls `use` with a code mode. Closes the sandbox
 * and the servers in any case.
 */
export async function withCodeMode<Result>(
  options: ServerOptions & { sandbox?: BackendName } & Pick<CodeModeOptions, 'limits' | 'declarations' | 'policy'> & {
      readonly onAsk?: CodeModeOptions['onAsk']
      readonly runs?: CodeModeOptions['runs']
    },
  reporter: Reporter,
  signal: AbortSignal,
  use: (codeMode: CodeMode, sandbox: Sandbox) => Promise<Result>,
): Promise<Result> {
  await using sandbox = await openSandbox(options.sandbox)
  await using servers = await connect(options, reporter, signal)
  const { limits = {}, declarations = {}, policy = [], onAsk, runs } = options
  await using codeMode = await createCodeMode({
    sandbox,
    tools: servers.providers,
    limits,
    declarations,
    policy,
    ...(onAsk !== undefined && { onAsk }),
    ...(runs !== undefined && { runs }),
  })
  // Awaited here, because an unawaited promise would outlast the resources above.
  return await use(codeMode, sandbox)
}

interface Servers extends AsyncDisposable {
  readonly providers: readonly McpProvider[]
}

async function connect(
  { config, server = [], header = [] }: ServerOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Servers> {
  const flagged = server.map(parseServerFlag)
  // Servers on the command line replace the default configuration, but add to an explicit one.
  const configured = config === undefined && flagged.length > 0 ? [] : await readConfig(config)
  const all = withHeaders([...configured, ...flagged], header.map(parseHeaderFlag))
  refuseDuplicates(all)
  if (all.length > 0) reporter.progress(`Starting ${all.map(({ name }) => name).join(', ')} …`)
  const connections = await Promise.allSettled(all.map((each) => mcp({ ...each, signal })))
  const providers = connections.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const close = async () => void (await Promise.all(providers.map((provider) => provider.close())))
  const failed = connections.find((each) => each.status === 'rejected')
  if (failed !== undefined) {
    await close()
    throw failed.reason
  }
  return { providers, [Symbol.asyncDispose]: close }
}

/** Adds the headers from the command line to the servers that they name. */
function withHeaders(servers: readonly McpOptions[], headers: readonly HeaderFlag[]): McpOptions[] {
  const unknown = headers.find(({ server }) => !servers.some(({ name }) => name === server))
  if (unknown !== undefined) throw new UsageError(`There is no server "${unknown.server}" for a --header.`)
  return servers.map((server) => {
    const own = headers.filter((header) => header.server === server.name)
    if (own.length === 0) return server
    if (!('url' in server) || server.url === undefined)
      throw new UsageError(`The server "${server.name}" runs as a command, so it takes no --header.`)
    const added = Object.fromEntries(own.map(({ name, value }) => [name, value]))
    return { ...server, headers: { ...server.headers, ...added } }
  })
}

function refuseDuplicates(servers: readonly McpOptions[]): void {
  const names = new Set<string>()
  for (const { name } of servers) {
    if (names.has(name)) throw new UsageError(`Two servers are called "${name}".`)
    names.add(name)
  }
}
