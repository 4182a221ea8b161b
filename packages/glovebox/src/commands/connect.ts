import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { findMcpConfigs } from '@glovebox/mcp'
import { CONNECTABLE, type ConnectableHost } from '../connectable-hosts.ts'
import { dataFile } from '../data-folder.ts'
import { EXIT, type ExitCode, UsageError } from '../exit-codes.ts'
import type { HostFile } from '../host-files/host-file.ts'
import { readJsonHostFile } from '../host-files/json-host-file.ts'
import { readTomlHostFile } from '../host-files/toml-host-file.ts'
import { safe } from '../reporter.ts'

/** Options of `glovebox connect` and `glovebox disconnect`. */
export interface ConnectOptions {
  /** Configuration file of the host. Default: that of the user. */
  readonly file?: string
  /** Whether to change the file without asking. */
  readonly yes?: boolean
}

/** A change that `connect` made. */
interface Connected {
  readonly file: string
  /** Text with the servers, as it stood in the file. */
  readonly servers: string
  /** Text of the file before and after. */
  readonly before: string
  readonly after: string
  /** Text of the file with the servers that have moved. */
  readonly behind: string
}

/** Moves the servers of a host behind one `glovebox serve`. */
export async function connect(host: ConnectableHost, options: ConnectOptions): Promise<ExitCode> {
  const file = await fileOf(host, options)
  const before = await readFile(file, 'utf8')
  const opened = openHostFile(host, file, before)
  if (opened?.isConnected === true)
    throw new UsageError(`${file} already has a server "glovebox": run glovebox disconnect first.`)
  if (opened === undefined || opened.moving.length === 0) throw new UsageError(`${file} has no servers to move.`)
  const behind = behindFile(host)
  if (existsSync(behind))
    throw new UsageError(`${behind} exists, so ${host} is connected by another file: run glovebox disconnect first.`)
  const entry = { command: 'npx', args: ['-y', 'glovebox', 'serve', '--config', behind] }
  const after = opened.withOurs(entry)
  console.log(safe(`${file}\n- ${opened.moving.join(', ')}\n+ glovebox: ${entry.command} ${entry.args.join(' ')}`))
  if (opened.staying.length > 0)
    console.log(safe(`  ${opened.staying.join(', ')}: stays, since ${host} asks for its inputs`))
  if (!(await isConfirmed(options))) return EXIT.interrupted
  await assertUnchanged(file, before)
  mkdirSync(dirname(behind), { recursive: true, mode: 0o700 })
  const comment = CONNECTABLE[host].format === 'json' ? '//' : '#'
  const moved = `${comment} Servers of ${file}, moved by glovebox connect.\n${opened.behind()}`
  const connected: Connected = { file, servers: opened.servers, before, after, behind: moved }
  try {
    await write(behind, 0o600, moved)
    await write(origin(behind), 0o600, JSON.stringify(connected))
    await write(file, modeOf(file), after)
  } catch (error) {
    for (const written of [behind, origin(behind)]) rmSync(written, { force: true })
    throw new UsageError(`${file} cannot be changed: ${(error as Error).message}`, { cause: error })
  }
  console.log(safe(`Restart ${host}. To undo this: glovebox disconnect ${host}`))
  return EXIT.ok
}

/** Undoes `glovebox connect`. */
export async function disconnect(host: ConnectableHost, options: ConnectOptions): Promise<ExitCode> {
  const behind = behindFile(host)
  if (!existsSync(origin(behind))) throw new UsageError(`${host} is not connected.`)
  const { before, after, servers, ...connected } = JSON.parse(await readFile(origin(behind), 'utf8')) as Connected
  // Servers that were added behind the gateway stand nowhere else.
  const isBehindChanged = existsSync(behind) && (await readFile(behind, 'utf8')) !== connected.behind
  const file = options.file === undefined ? connected.file : realpathSync(options.file)
  const text = await readFile(file, 'utf8')
  const opened = openHostFile(host, file, text)
  if (opened?.isConnected !== true)
    throw new UsageError(`${file} has no server "glovebox": put your servers back from ${behind}.`)
  const restored = text === after ? before : opened.withoutOurs(servers)
  const movedBefore = openHostFile(host, file, before)?.moving ?? []
  const again = opened.moving.filter((name) => movedBefore.includes(name))
  const { moving = [], staying = [] } = openHostFile(host, file, restored) ?? {}
  console.log(safe(`${file}\n- glovebox\n+ ${[...moving, ...staying].join(', ')}`))
  if (!(await isConfirmed(options))) return EXIT.interrupted
  await assertUnchanged(file, text)
  await write(file, modeOf(file), restored)
  if (isBehindChanged || again.length > 0) {
    const kept = `${behind}.kept`
    await rename(behind, kept)
    const why = again.length > 0 ? `${again.join(', ')} stand in ${file} again` : `${behind} was changed`
    console.log(safe(`${why}: what is not in ${file} now is in ${kept}.`))
  } else rmSync(behind, { force: true })
  rmSync(origin(behind))
  console.log(safe(`Restart ${host}.`))
  return EXIT.ok
}

function openHostFile(host: ConnectableHost, file: string, text: string): HostFile | undefined {
  const { format, key } = CONNECTABLE[host]
  return format === 'json' ? readJsonHostFile(file, text, key) : readTomlHostFile(file, text, key)
}

/** Returns the file with the servers behind the gateway. Its path tells in which dialect the host writes placeholders. */
const behindFile = (host: ConnectableHost): string =>
  host === 'gemini-cli'
    ? dataFile('connected/.gemini/settings.jsonc')
    : dataFile(`connected/${host}.${CONNECTABLE[host].format === 'json' ? 'jsonc' : 'toml'}`)
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
  try {
    await writeFile(temporary, text, { mode, flag: 'wx' })
    await rename(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** Hosts write their files at any time, also while a person decides. */
async function assertUnchanged(file: string, text: string): Promise<void> {
  if ((await readFile(file, 'utf8')) !== text)
    throw new UsageError(`${file} has changed meanwhile: run the command again.`)
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
