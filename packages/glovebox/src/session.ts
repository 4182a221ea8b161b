import { type CodeMode, createCodeMode, type DeclarationOptions, type Limits, type Sandbox } from '@glovebox/core'
import { type McpOptions, type McpProvider, mcp } from '@glovebox/mcp'
import { readConfig, readServerFlag } from './config.ts'
import { UsageError } from './exit-codes.ts'
import type { Reporter } from './reporter.ts'
import { type Backend, openSandbox } from './sandboxes.ts'

export interface ServerOptions {
  readonly config?: string
  readonly server?: readonly string[]
}

/**
 * Connects to the servers that the options and the configuration name, and hands a code mode to `use`. Everything that
 * was started is ended again, whatever happens.
 */
export async function withCodeMode<Result>(
  options: ServerOptions & { sandbox?: Backend; limits?: Limits; declarations?: DeclarationOptions },
  reporter: Reporter,
  signal: AbortSignal,
  use: (codeMode: CodeMode, sandbox: Sandbox) => Promise<Result>,
): Promise<Result> {
  await using stack = new AsyncDisposableStack()
  const sandbox = stack.use(await openSandbox(options.sandbox))
  const providers = await connect(options, reporter, signal, stack)
  const { limits, declarations } = options
  const codeMode = stack.use(
    await createCodeMode({
      sandbox,
      tools: providers,
      ...(limits === undefined ? {} : { limits }),
      ...(declarations === undefined ? {} : { declarations }),
    }),
  )
  // Awaited here: what is returned unawaited would go on after everything is closed.
  return await use(codeMode, sandbox)
}

async function connect(
  { config, server = [] }: ServerOptions,
  reporter: Reporter,
  signal: AbortSignal,
  stack: AsyncDisposableStack,
): Promise<McpProvider[]> {
  const flagged = server.map(readServerFlag)
  // Servers named on the command line stand for themselves, unless a configuration is named too.
  const configured = config === undefined && flagged.length > 0 ? [] : await readConfig(config)
  const all = [...configured, ...flagged]
  refuseDuplicates(all)
  if (all.length > 0) reporter.progress(`Starting ${all.map(({ name }) => name).join(', ')} …`)
  const connections = await Promise.allSettled(all.map((each) => mcp({ ...each, signal })))
  for (const connection of connections) if (connection.status === 'fulfilled') stack.use(connection.value)
  return connections.map((connection) => {
    if (connection.status === 'rejected') throw connection.reason
    return connection.value
  })
}

function refuseDuplicates(servers: readonly McpOptions[]): void {
  const names = new Set<string>()
  for (const { name } of servers) {
    if (names.has(name)) throw new UsageError(`Two servers are called "${name}".`)
    names.add(name)
  }
}
