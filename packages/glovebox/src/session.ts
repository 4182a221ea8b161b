import type { BackendName } from '@glovebox/backends/load'
import {
  type CodeMode,
  type CodeModeOptions,
  createCodeMode,
  type LearnOptions,
  type PolicyRule,
  type Sandbox,
} from '@glovebox/core'
import { compileWildcard, identifierFor } from '@glovebox/core/framework'
import { type McpOptions, type McpProvider, mcp } from '@glovebox/mcp'
import type { SqliteStore } from '@glovebox/store-sqlite'
import { configurationOf, type ServerOptions, selectServers } from './configured-servers.ts'
import type { Reporter } from './reporter.ts'
import { openStore, principal } from './run-store.ts'
import { openSandbox } from './sandboxes.ts'
import { readShapes, type ShapeOptions } from './shape-file.ts'

/** Options of {@link withCodeMode}. */
export interface SessionOptions extends ServerOptions, ShapeOptions, Pick<CodeModeOptions, 'limits' | 'declarations'> {
  readonly onAsk?: CodeModeOptions['onAsk']
  readonly runs?: CodeModeOptions['runs']
  readonly sandbox?: BackendName
  /** Whether to check the types of programs before they run. Default: false */
  readonly check?: boolean
  readonly policy?: readonly PolicyRule[]
  /** Open file of the stored runs, which also has the shapes. Default: that of the data folder is opened */
  readonly opened?: SqliteStore | undefined
}

/** A way to connect to servers. Resolves to what is connected, or will be. */
export type Connect = (servers: readonly McpOptions[], reporter: Reporter, signal: AbortSignal) => Promise<Servers>

/** Connections to servers. */
export interface Servers extends AsyncDisposable {
  readonly providers: readonly McpProvider[]
  /** Names of the servers that did not start. */
  readonly failed: readonly string[]
}

/**
 * Connects to the servers from the options and the configuration, and calls `use` with a code mode. Closes the sandbox
 * and the servers in any case.
 */
export async function withCodeMode<Result>(
  options: SessionOptions,
  reporter: Reporter,
  signal: AbortSignal,
  use: (codeMode: CodeMode, sandbox: Sandbox, providers: readonly McpProvider[]) => Promise<Result>,
  connect: Connect = connectAll(options),
): Promise<Result> {
  await using sandbox = await openSandbox(options.sandbox)
  await using typeChecker = options.check === true ? await startTypeChecker() : undefined
  await using servers = await connect(await selectServers(options, reporter, signal), reporter, signal)
  // Without servers, there is nothing to learn.
  const isLearning = options.learn === true && servers.providers.length > 0
  await using store = isLearning && options.opened === undefined ? await openStore() : undefined
  const shapes = options.opened?.shapes ?? store?.shapes
  const learn = isLearning && shapes !== undefined ? await learning(options, shapes, reporter) : undefined
  const { limits = {}, declarations = {}, onAsk, runs } = options
  const names = servers.providers.map(({ name }) => name)
  const policy = withIdentifiers(applicable(options.policy ?? [], servers.failed), names)
  await using codeMode = await createCodeMode({
    sandbox,
    tools: servers.providers,
    limits,
    declarations,
    policy,
    ...(typeChecker !== undefined && { typeChecker }),
    ...(onAsk !== undefined && { onAsk }),
    ...(runs !== undefined && { runs }),
    ...(learn !== undefined && { learn }),
  })
  // Awaited here, because an unawaited promise would outlast the resources above.
  return await use(codeMode, sandbox, servers.providers)
}

/** Returns how outputs are learnt: from and for this user, and with what the configuration ships. */
async function learning(
  options: SessionOptions,
  store: SqliteStore['shapes'],
  reporter: Reporter,
): Promise<LearnOptions> {
  return {
    store,
    principal: principal(),
    shipped: await readShapes(options.shapes, configurationOf(options), (message) => reporter.warning(message)),
    onError: (error) => reporter.warning(`Types of results: ${(error as Error).message}`),
  }
}

/** Starts a type checker. Loaded on demand, since it has a process of its own. */
async function startTypeChecker() {
  const { typecheck } = await import('@glovebox/typecheck')
  return typecheck()
}

/** Connects to all servers before anything else. */
const connectAll =
  ({ needsEveryServer = false }: ServerOptions): Connect =>
  async (all, reporter, signal) => {
    if (all.length > 0) reporter.progress(`Starting ${all.map(({ name }) => name).join(', ')} …`)
    const connections = await Promise.allSettled(all.map((each) => mcp({ ...each, signal })))
    const providers = connections.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    const close = async () => void (await Promise.all(providers.map((provider) => provider.close())))
    const failed = connections.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    if (failed.length > 0 && (needsEveryServer || providers.length === 0 || signal.aborted)) {
      await close()
      throw failed[0]
    }
    // One server that fails does not cost the others.
    for (const error of failed) reporter.warning((error as Error).message)
    const missing = all.filter((_, index) => connections[index]?.status === 'rejected').map(({ name }) => name)
    return { providers, failed: missing, [Symbol.asyncDispose]: close }
  }

/** Adds the identifiers of servers to patterns that name them as the configuration does, such as `my-server.*`. */
const withIdentifiers = (policy: readonly PolicyRule[], names: readonly string[]): PolicyRule[] =>
  policy.map((rule) => ({
    ...rule,
    tools: [rule.tools].flat().flatMap((pattern) => {
      const [server = '', ...tool] = pattern.split('.')
      if (tool.length === 0) return [pattern]
      const named = names.filter(compileWildcard(server)).map((name) => `${identifierFor(name)}.${tool.join('.')}`)
      return pattern.includes('*') || named.length === 0 ? [...new Set([pattern, ...named])] : named
    }),
  }))

/** Leaves out the rules for servers that did not start, which match nothing. */
function applicable(policy: readonly PolicyRule[], failed: readonly string[]): PolicyRule[] {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
  const names = new Set(failed.map(plain))
  return policy.flatMap((rule) => {
    const given = typeof rule.tools === 'string' ? [rule.tools] : rule.tools
    const tools = given.filter((pattern) => !names.has(plain(pattern.slice(0, Math.max(0, pattern.indexOf('.'))))))
    return tools.length === 0 ? [] : [{ ...rule, tools }]
  })
}
