import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { findMcpConfigs } from '@glovebox/mcp'
import { CONNECTABLE, type ConnectableHost } from '../connectable-hosts.ts'
import { dataFile } from '../data-folder.ts'
import { EXIT, type ExitCode, UsageError } from '../exit-codes.ts'
import { serversIn, withOurs, withoutOurs } from '../host-edit.ts'
import { safe } from '../reporter.ts'

/** Options of `glovebox connect` and `glovebox disconnect`. */
export interface ConnectOptions {
  /** Configuration file of the host. Default: that of the user. */
  readonly file?: string
  /** Whether to change the file without asking. */
  readonly yes?: boolean
}

/** Servers that stand behind `glovebox serve`, with the file from which they come. */
interface Moved {
  readonly file: string
  readonly servers: string
}

/** Moves the servers of a host behind one `glovebox serve`. */
export async function connect(host: ConnectableHost, options: ConnectOptions): Promise<ExitCode> {
  const key = CONNECTABLE[host]
  const file = await fileOf(host, options)
  const text = await readFile(file, 'utf8')
  const servers = serversIn(file, text, key)
  if (servers === undefined || servers.names.length === 0) throw new UsageError(`${file} has no servers to move.`)
  if (servers.isConnected)
    throw new UsageError(`${file} already has a server "glovebox": run glovebox disconnect first.`)
  const behind = behindFile(host)
  if (existsSync(behind))
    throw new UsageError(`${behind} exists, so ${host} is connected by another file: run glovebox disconnect first.`)
  const entry = { command: 'npx', args: ['-y', 'glovebox', 'serve', '--config', behind] }
  console.log(safe(`${file}\n- ${servers.names.join(', ')}\n+ glovebox: ${entry.command} ${entry.args.join(' ')}`))
  if (!(await isConfirmed(options))) return EXIT.interrupted
  mkdirSync(dirname(behind), { recursive: true, mode: 0o700 })
  await write(behind, 0o600, `// Servers of ${file}, moved by glovebox connect.\n{ "mcpServers": ${servers.text} }\n`)
  await write(origin(behind), 0o600, JSON.stringify({ file, servers: servers.text } satisfies Moved))
  await write(file, modeOf(file), withOurs(text, servers, entry))
  console.log(safe(`Restart ${host}. To undo this: glovebox disconnect ${host}`))
  return EXIT.ok
}

/** Undoes `glovebox connect`. */
export async function disconnect(host: ConnectableHost, options: ConnectOptions): Promise<ExitCode> {
  const key = CONNECTABLE[host]
  const behind = behindFile(host)
  if (!existsSync(origin(behind))) throw new UsageError(`${host} is not connected.`)
  const moved = JSON.parse(await readFile(origin(behind), 'utf8')) as Moved
  const file = options.file === undefined ? moved.file : realpathSync(options.file)
  const text = await readFile(file, 'utf8')
  const servers = serversIn(file, text, key)
  if (servers?.isConnected !== true)
    throw new UsageError(`${file} has no server "glovebox": put your servers back from ${behind}.`)
  const restored = withoutOurs(text, servers, key, moved.servers)
  console.log(safe(`${file}\n- glovebox\n+ ${serversIn(file, restored, key)?.names.join(', ') ?? ''}`))
  if (!(await isConfirmed(options))) return EXIT.interrupted
  await write(file, modeOf(file), restored)
  rmSync(behind)
  rmSync(origin(behind))
  console.log(safe(`Restart ${host}.`))
  return EXIT.ok
}

const behindFile = (host: ConnectableHost): string => dataFile(`connected/${host}.jsonc`)
const origin = (behind: string): string => `${behind}.origin`
const modeOf = (file: string): number => statSync(file).mode & 0o777

async function fileOf(host: ConnectableHost, { file }: ConnectOptions): Promise<string> {
  const found = file ?? (await findMcpConfigs()).find((each) => each.host === host && !each.isOfProject)?.file
  if (found === undefined || !existsSync(found))
    throw new UsageError(`${host} has no configuration on this machine: name its file with --file.`)
  // A link to a file stays a link.
  return realpathSync(found)
}

/** Replaces a file as a whole, so that no reader gets half of it. */
async function write(file: string, mode: number, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}`
  await writeFile(temporary, text, { mode, flag: 'wx' })
  await rename(temporary, file)
}

async function isConfirmed({ yes }: ConnectOptions): Promise<boolean> {
  if (yes === true) return true
  if (!process.stdin.isTTY || !process.stdout.isTTY) throw new UsageError('Confirm the change with --yes.')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(?:es)?$/i.test((await terminal.question('Change the file? [y/N] ')).trim())
  } finally {
    terminal.close()
  }
}
