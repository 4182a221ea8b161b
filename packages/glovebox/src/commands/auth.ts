import { deleteStoredLogin, type McpHttpOptions, type McpOptions, mcp, readStoredLogin } from '@glovebox/mcp'
import { type ServerOptions, selectServers, showLogin } from '../configured-servers.ts'
import { EXIT, type ExitCode, UsageError } from '../exit-codes.ts'
import { Reporter, safe } from '../reporter.ts'

/** Logs in to a server: shows the page in the browser, and keeps the tokens. */
export async function login(name: string, options: ServerOptions, signal: AbortSignal): Promise<ExitCode> {
  const reporter = new Reporter(process.stderr, false)
  const server = await find(name, options, reporter, signal)
  await deleteStoredLogin(server)
  const onLogin = (url: URL) => showLogin(url, name, reporter)
  const auth = { ...server.auth, onLogin }
  await using provider = await mcp({ ...server, auth, signal })
  const isLoggedIn = (await readStoredLogin(server)) !== undefined
  const what = isLoggedIn ? 'You are logged in' : 'It requires no login'
  console.log(safe(`${name}: ${what}. It has ${provider.tools.length} tools.`))
  return EXIT.ok
}

/** Deletes the tokens of a server. */
export async function logout(name: string, options: ServerOptions, signal: AbortSignal): Promise<ExitCode> {
  const server = await find(name, options, new Reporter(process.stderr, false), signal)
  const wasLoggedIn = await deleteStoredLogin(server)
  console.log(safe(`${name}: ${wasLoggedIn ? 'You are logged out' : 'You were not logged in'}.`))
  return EXIT.ok
}

/** Prints for which servers tokens are stored. Nothing is started. */
export async function authStatus(
  name: string | undefined,
  options: ServerOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const selected = await selectServers(options, new Reporter(process.stderr, false), signal)
  const shown = selected.filter((server) => isHttp(server) && (name === undefined || server.name === name))
  if (shown.length === 0) throw new UsageError(name === undefined ? 'There are no servers with a URL.' : noServer(name))
  for (const server of shown) {
    const stored = await readStoredLogin(server)
    const expiry = stored?.expiresAt === undefined ? '' : ` until ${new Date(stored.expiresAt).toISOString()}`
    const what =
      stored === undefined ? 'not logged in' : stored.state === 'expired' ? 'login expired' : `logged in${expiry}`
    console.log(safe(`${server.name}: ${what}`))
  }
  return EXIT.ok
}

type HttpServer = McpHttpOptions & { readonly auth?: object }

async function find(
  name: string,
  options: ServerOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<HttpServer> {
  const server = (await selectServers(options, reporter, signal)).find((each) => each.name === name)
  if (server === undefined) throw new UsageError(noServer(name))
  if (!isHttp(server)) throw new UsageError(`The server "${name}" runs as a command, so it takes no login.`)
  if (server.auth === undefined)
    throw new UsageError(`The server "${name}" has an Authorization header, so it takes no login.`)
  return server
}

const noServer = (name: string): string =>
  `There is no server "${name}" with a URL. Name it with --server, or in mcp.json.`

const isHttp = (server: McpOptions): server is HttpServer => 'url' in server && server.url !== undefined
