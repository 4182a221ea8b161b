import { type CodeMode, createCodeMode, type DeclarationOptions, type Limits, type Sandbox } from '@glovebox/core'
import { type McpOptions, type McpProvider, mcp } from '@glovebox/mcp'
import { parseServerFlag, readConfig } from './config.ts'
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
  await using sandbox = await openSandbox(options.sandbox)
  await using servers = await connect(options, reporter, signal)
  const { limits, declarations } = options
  await using codeMode = await createCodeMode({
    sandbox,
    tools: servers.providers,
    ...(limits === undefined ? {} : { limits }),
    ...(declarations === undefined ? {} : { declarations }),
  })
  // Awaited here: what is returned unawaited would go on after everything is closed.
  return await use(codeMode, sandbox)
}

interface Servers extends AsyncDisposable {
  readonly providers: readonly McpProvider[]
}

async function connect(
  { config, server = [] }: ServerOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Servers> {
  const flagged = server.map(parseServerFlag)
  // Servers named on the command line stand for themselves, unless a configuration is named too.
  const configured = config === undefined && flagged.length > 0 ? [] : await readConfig(config)
  const all = [...configured, ...flagged]
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

function refuseDuplicates(servers: readonly McpOptions[]): void {
  const names = new Set<string>()
  for (const { name } of servers) {
    if (names.has(name)) throw new UsageError(`Two servers are called "${name}".`)
    names.add(name)
  }
}
