import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'

/** What takes a tenth of this on an idle machine must not fail on a busy one. */
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
  /** Where it is installed. */
  readonly cli?: string
}

/** A directory that is gone again when its scope is left. */
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

/** The built command as a process of its own. Variables that ask for colours are kept from it. */
export function start(
  args: readonly string[],
  { cwd = tmpdir(), env = {}, cli = CLI }: Omit<Options, 'input'> = {},
): ChildProcessWithoutNullStreams {
  const { FORCE_COLOR: _force, CLICOLOR_FORCE: _cli, NO_COLOR: _no, ...inherited } = process.env
  return spawn(process.execPath, [cli, ...args], { cwd, env: { ...inherited, ...env } })
}

export async function glovebox(args: readonly string[], options: Options = {}): Promise<Ended> {
  const child = start(args, options)
  const code = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject))
  // A command that fails early reads nothing of it.
  child.stdin.on('error', () => undefined).end(options.input ?? '')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, stdout, stderr }
}

/** `glovebox run -` with the program as its input. */
export function run(
  program: string,
  args: readonly string[] = [],
  options: Omit<Options, 'input'> = {},
): Promise<Ended> {
  return glovebox(['run', '-', ...args], { ...options, input: program })
}

/** The fixture server as `--server` takes it. */
export const fixtureFlag = (name: string, args = ''): string => `${name}="${process.execPath}" "${FIXTURE}" ${args}`

/** The fixture server as an entry of `mcpServers`. */
export const fixtureEntry = { command: process.execPath, args: [FIXTURE] }

/** One of the public servers, as `--server` takes it: on this Node, whatever is on PATH. */
export function publicFlag(name: 'everything' | 'filesystem' | 'memory', args = ''): string {
  return `${name}="${process.execPath}" "${require.resolve(`@modelcontextprotocol/server-${name}/dist/index.js`)}" ${args}`
}

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

/** Until an assertion holds, that another process brings about. */
export async function eventually(assertion: () => void): Promise<void> {
  await vi.waitFor(assertion, { timeout: MAX_WAIT_MS / 3, interval: 20 })
}
