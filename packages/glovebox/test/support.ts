import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, vi } from 'vitest'

/** Timeout of tests and waits: at least ten times what they take on an idle machine. */
export const MAX_WAIT_MS = 60_000
vi.setConfig({ testTimeout: MAX_WAIT_MS, hookTimeout: MAX_WAIT_MS })

export const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
export const FIXTURE = fileURLToPath(new URL('fixtures/server.mjs', import.meta.url))
const require = createRequire(import.meta.url)

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Options {
  readonly cwd?: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Path of the command's entry file. */
  readonly cli?: string
}

/** Temporary directory that is removed when its scope is left. */
export class Directory implements AsyncDisposable {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'glovebox-cli-')))

  write(name: string, content: string | object): string {
    const path = join(this.path, name)
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.path, { recursive: true, force: true })
  }
}

const dataFolder = mkdtempSync(join(tmpdir(), 'glovebox-data-'))
afterAll(() => rm(dataFolder, { recursive: true, force: true }))

/** Starts the built command without the environment variables that control colours. */
export function start(
  args: readonly string[],
  { cwd = tmpdir(), env = {}, cli = CLI }: Omit<Options, 'input'> = {},
): ChildProcessWithoutNullStreams {
  const { FORCE_COLOR: _force, CLICOLOR_FORCE: _cli, NO_COLOR: _no, ...inherited } = process.env
  return spawn(process.execPath, [cli, ...args], { cwd, env: { ...inherited, XDG_DATA_HOME: dataFolder, ...env } })
}

export async function glovebox(args: readonly string[], options: Options = {}): Promise<Ended> {
  const child = start(args, options)
  const code = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject))
  // A command that fails early does not read its input.
  child.stdin.on('error', () => undefined).end(options.input ?? '')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, stdout, stderr }
}

/** Runs `glovebox run -` with the program as its input. */
export function run(
  program: string,
  args: readonly string[] = [],
  options: Omit<Options, 'input'> = {},
): Promise<Ended> {
  return glovebox(['run', '-', ...args], { ...options, input: program })
}

/** Returns the fixture server as a value of `--server`. */
export const fixtureFlag = (name: string, args = ''): string => `${name}="${process.execPath}" "${FIXTURE}" ${args}`

/** The fixture server as an entry of `mcpServers`. */
export const fixtureEntry = { command: process.execPath, args: [FIXTURE] }

type PublicServer = 'everything' | 'filesystem' | 'memory'

/** Returns the entry file of a public server. */
export const publicServer = (name: PublicServer): string =>
  require.resolve(`@modelcontextprotocol/server-${name}/dist/index.js`)

/** Returns a public server as a value of `--server`, to run on this version of Node whatever is on PATH. */
export const publicFlag = (name: PublicServer, args = ''): string =>
  `${name}="${process.execPath}" "${publicServer(name)}" ${args}`

export function pidsIn(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').map(Number)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Waits until an assertion about another process holds. */
export async function eventually(assertion: () => void): Promise<void> {
  await vi.waitFor(assertion, { timeout: MAX_WAIT_MS / 3, interval: 20 })
}
