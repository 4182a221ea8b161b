import { randomBytes } from 'node:crypto'
import type { BackendName } from '@glovebox/backends/load'
import { type CodeMode, type Limits, openRuns } from '@glovebox/core'
import { type HttpServer, listenHttp, type McpService, serveMcp } from '@glovebox/mcp-server'
import { BackgroundServers } from '../background-servers.ts'
import type { ServerOptions } from '../configured-servers.ts'
import { EXIT, type ExitCode, UsageError } from '../exit-codes.ts'
import { type PolicyFlags, policyOf } from '../policy-flags.ts'
import { Reporter, storeFlag } from '../reporter.ts'
import { openStore, principal, type StoreOption } from '../run-store.ts'
import { withCodeMode } from '../session.ts'
import type { ShapeOptions } from '../shape-file.ts'

/** Options of `glovebox serve`. */
export interface ServeOptions extends ServerOptions, ShapeOptions, StoreOption, PolicyFlags {
  /** Port for HTTP, or `true` for a free one. Default: standard input and output */
  readonly http?: string | true
  /** Whether the lookups are tools of their own. */
  readonly lookups?: boolean
  /** Tools that clients see under their own names, as patterns of `server.tool`. */
  readonly pass?: readonly string[]
  readonly limit?: Limits
  /** Whether to check the types of programs before they run. */
  readonly check?: boolean
  readonly sandbox?: BackendName
}

/** Budget of the instructions. The list of tools that a client reads stays below 1,000 tokens. */
const MAX_TOKENS = 800
/** Time for which ended runs are kept, in milliseconds. */
const KEEP_MS = 30 * 24 * 60 * 60_000
/** Environment variable with the token for HTTP. */
const TOKEN = 'GLOVEBOX_TOKEN'

/** Serves one tool that runs programs over the tools of all configured servers, until the client or a signal ends it. */
export async function serve(options: ServeOptions, signal: AbortSignal): Promise<ExitCode> {
  // Standard output belongs to the protocol.
  const reporter = new Reporter(process.stderr, false)
  const port = options.http === undefined ? undefined : portOf(options.http)
  await using store = await openStore(options.store)
  await openRuns({ store }).deleteEnded(Date.now() - KEEP_MS, { principal: principal() })
  const servers = new BackgroundServers()
  return await withCodeMode(
    {
      ...options,
      limits: options.limit ?? {},
      declarations: { maxTokens: MAX_TOKENS },
      policy: policyOf(options),
      runs: { store },
      opened: store,
    },
    reporter,
    signal,
    async (codeMode) => {
      await serveUntilEnd(codeMode, servers, options, port, reporter, signal)
      return signal.aborted ? EXIT.interrupted : EXIT.ok
    },
    (...given) => servers.connect(...given),
  )
}

async function serveUntilEnd(
  codeMode: CodeMode,
  servers: BackgroundServers,
  { lookups = false, pass = [], store }: ServeOptions,
  port: number | undefined,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<void> {
  const user = principal()
  await using service = serveMcp(codeMode, {
    lookups,
    servers: servers.providers,
    passTools: pass,
    ready: (request) => servers.ready(request),
    approveCommand: (run, { call, state }) =>
      `glovebox runs ${state === 'asked' ? 'approve' : 'resolve'} ${run} ${call}${storeFlag(store)}`,
    onError: (error) => reporter.warning((error as Error).message),
    principalOf: () => user,
  })
  const ended = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => ended.resolve(), { once: true })
  if (signal.aborted) return
  if (port === undefined) {
    await Promise.race([service.stdio(), ended.promise])
    return
  }
  const given = process.env[TOKEN]
  const token = given ?? randomBytes(24).toString('base64url')
  await using http = await listen(service, port, { [user]: token })
  reporter.note(`Listening on ${http.url}`)
  reporter.note(given === undefined ? `Authorization: Bearer ${token}` : `The token is that of ${TOKEN}.`)
  await ended.promise
}

/** @throws {@link UsageError} for a port that cannot be used, or a token that is too short */
async function listen(service: McpService, port: number, tokens: Record<string, string>): Promise<HttpServer> {
  try {
    return await listenHttp(service, { port, tokens })
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`${TOKEN}: ${error.message}`, { cause: error })
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new UsageError(`Cannot listen on port ${port}: ${code}. Choose another with --http.`, { cause: error })
  }
}

/** @throws {@link UsageError} for anything but a port */
function portOf(http: string | true): number {
  if (http === true) return 0
  if (/^\d{1,5}$/.test(http) && Number(http) < 65_536) return Number(http)
  throw new UsageError(`--http takes a port from 0 to 65535; got ${String(http)}`)
}
