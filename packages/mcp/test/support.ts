import { mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createCodeMode, type ExecuteResult, type ToolSource } from '@glovebox/core'
import type { McpStdioOptions } from '@glovebox/mcp'
import { quickjs } from '@glovebox/quickjs'
import { expect, vi } from 'vitest'

/** Timeout of tests and waits: at least ten times what they take on an idle machine. */
export const MAX_WAIT_MS = 60_000
vi.setConfig({ testTimeout: MAX_WAIT_MS, hookTimeout: MAX_WAIT_MS })

const FIXTURE = fileURLToPath(new URL('fixtures/server.mjs', import.meta.url))
const LIVELY = fileURLToPath(new URL('fixtures/lively-server.mjs', import.meta.url))
const require = createRequire(import.meta.url)

type Mode =
  | 'normal'
  | 'modern'
  | 'toolless'
  | 'exit'
  | 'echo'
  | 'verbose'
  | 'garbage'
  | 'chatty'
  | 'silent'
  | 'slow'
  | 'stubborn'
  | 'deaf'

export interface Note {
  readonly pid: number
  readonly event: string
  readonly cursor?: string | null
  readonly id?: number
  readonly params?: { readonly requestId?: number; readonly reason?: string }
}

/** Command of a fixture server. `{ ...fixture }` has only the options that `mcp()` takes. */
export class Fixture {
  readonly command = process.execPath
  readonly args: string[]
  readonly #journal: string

  constructor(args: string[], journal: string) {
    this.args = args
    this.#journal = journal
  }

  notes(event?: string): Note[] {
    return readNotes(this.#journal).filter((note) => event === undefined || note.event === event)
  }
}

/** Creates a directory that is removed when its scope is left. */
export function temporaryDirectory(): AsyncDisposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'glovebox-mcp-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Returns the command of the fixture server in one of its modes, without starting it. */
export function fixture(directory: string, mode: Mode = 'normal'): Fixture {
  const journal = join(directory, `${mode}.jsonl`)
  return new Fixture([FIXTURE, mode, journal], journal)
}

/** Returns the command of the lively server, which lists the given tools. Default: its own. */
export function lively(directory: string, tools?: readonly unknown[]): Fixture {
  const journal = join(directory, 'lively.jsonl')
  return new Fixture([LIVELY, journal, ...(tools === undefined ? [] : [JSON.stringify(tools)])], journal)
}

function readNotes(journal: string): Note[] {
  try {
    return readFileSync(journal, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Note)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Returns the command of a public server, to run on this version of Node whatever is on PATH. */
export function publicServer(
  name: 'everything' | 'filesystem' | 'memory' | 'sequential-thinking',
  ...args: string[]
): Pick<McpStdioOptions, 'command'> & { args: string[] } {
  return {
    command: process.execPath,
    args: [require.resolve(`@modelcontextprotocol/server-${name}/dist/index.js`), ...args],
  }
}

/** Runs a program in a new sandbox. */
export async function runProgram(tools: ToolSource, code: string, limits = {}): Promise<ExecuteResult> {
  await using sandbox = quickjs()
  await using codeMode = await createCodeMode({ sandbox, tools, limits })
  return await codeMode.execute(code)
}

/** Runs a program that must succeed and returns its value. */
export async function runForValue(tools: ToolSource, code: string): Promise<unknown> {
  const result = await runProgram(tools, code)
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`)
  return result.value
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Asserts that the fixture started at least one process and that all of them have exited. */
export async function expectGone(server: Fixture): Promise<void> {
  const pids = [...new Set(server.notes('started').map(({ pid }) => pid))]
  expect(pids.length).toBeGreaterThan(0)
  await eventually(() => expect(pids.filter(isAlive)).toEqual([]))
}

/** Waits until an assertion about another process holds. */
export async function eventually(assertion: () => void): Promise<void> {
  await vi.waitFor(assertion, { timeout: MAX_WAIT_MS / 3, interval: 20 })
}

export { delay }
