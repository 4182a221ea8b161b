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

/** What takes a tenth of this on an idle machine must not fail on a busy one. */
export const MAX_WAIT_MS = 60_000
vi.setConfig({ testTimeout: MAX_WAIT_MS, hookTimeout: MAX_WAIT_MS })

const FIXTURE = fileURLToPath(new URL('fixtures/server.mjs', import.meta.url))
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

export interface Note {
  readonly pid: number
  readonly event: string
  readonly cursor?: string | null
  readonly id?: number
  readonly params?: { readonly requestId?: number; readonly reason?: string }
}

export interface Fixture {
  readonly command: string
  readonly args: string[]
  notes(event?: string): Note[]
}

/** A directory that is gone again when its scope is left. */
export function temporaryDirectory(): AsyncDisposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'glovebox-mcp-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** The fixture server in one of its modes, not yet started. */
export function fixture(directory: string, mode: Mode = 'normal'): Fixture {
  const journal = join(directory, `${mode}.jsonl`)
  return {
    command: process.execPath,
    args: [FIXTURE, mode, journal],
    notes: (event) => readNotes(journal).filter((note) => event === undefined || note.event === event),
  }
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

/** One of the public servers, as `mcp` and the SDK's transports start it: on this Node, whatever is on PATH. */
export function publicServer(
  name: 'everything' | 'filesystem' | 'memory',
  ...args: string[]
): Pick<McpStdioOptions, 'command'> & { args: string[] } {
  return {
    command: process.execPath,
    args: [require.resolve(`@modelcontextprotocol/server-${name}/dist/index.js`), ...args],
  }
}

/** Runs a program as an embedder does, and ends everything that was started for it. */
export async function runProgram(tools: ToolSource, code: string, limits = {}): Promise<ExecuteResult> {
  await using sandbox = quickjs()
  await using codeMode = await createCodeMode({ sandbox, tools, limits })
  return await codeMode.execute(code)
}

/** The value of a program that must succeed. */
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

/** Every process that the fixture was started as is gone; there was at least one. */
export async function expectGone(server: Fixture): Promise<void> {
  const pids = [...new Set(server.notes('started').map(({ pid }) => pid))]
  expect(pids.length).toBeGreaterThan(0)
  await eventually(() => expect(pids.filter(isAlive)).toEqual([]))
}

/** Until an assertion holds, that another process brings about. */
export async function eventually(assertion: () => void): Promise<void> {
  await vi.waitFor(assertion, { timeout: MAX_WAIT_MS / 3, interval: 20 })
}

export { delay }
