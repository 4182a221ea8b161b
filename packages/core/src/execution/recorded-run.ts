import { createCatalog } from '../catalog/catalog.ts'
import type { ToolSource } from '../catalog/provider.ts'
import { SandboxError } from '../contract/errors.ts'
import { chooseLimits, type Limits } from '../contract/limits.ts'
import type { PreparedProgram } from '../program/program.ts'
import { MAX_READING_MS } from '../program/program-reader.ts'
import { type GuestSource, guestsOf, type Sandbox } from '../sandbox/sandbox.ts'
import { Clock } from './clock.ts'
import { explain } from './explain.ts'
import type { ExecuteResult } from './result.ts'
import { driveRun } from './run-driver.ts'
import { type Divergence, type RunEntry, RunLog } from './run-log.ts'

/** A recorded run. On the same engine build, its messages bring a fresh guest to the same state. */
export interface RecordedRun {
  /** Engine build of the sandbox that recorded the run. */
  readonly engine: string
  /** Program that ran. */
  readonly program: PreparedProgram
  /** Limits of the run. */
  readonly limits: Required<Limits>
  /** Everything that happened, in order. */
  readonly entries: readonly RunEntry[]
}

/** Result of a replay: the same, or the first difference. `end`: the program ended in another way. */
export type Replay =
  | { readonly isSame: true }
  | { readonly isSame: false; readonly at: 'entry'; readonly divergence: Divergence }
  | { readonly isSame: false; readonly at: 'end'; readonly expected?: string; readonly received?: string }

/**
 * Runs a program and records what happens.
 *
 * @throws the errors of `CodeMode.execute`, and the parser's error for a program that cannot be parsed
 */
export async function recordRun(
  sandbox: Sandbox,
  options: { readonly code: string; readonly tools: ToolSource; readonly limits?: Limits },
): Promise<{ readonly result: ExecuteResult; readonly run: RecordedRun }> {
  const guests = guestsOf(sandbox)
  const { signal } = new AbortController()
  const program = await readProgram(guests, options.code)
  const catalog = createCatalog(options.tools)
  const limits = chooseLimits(options.limits)
  const log = new RunLog()
  const executed = await driveRun({ program, clock: new Clock(), catalog, limits, guests, signal, log })
  const run = { engine: guests.adapter.engine, program, limits, entries: log.entries }
  return { result: explain(executed, options.code, catalog), run }
}

/**
 * Repeats a recorded run in a fresh guest without calling tools, and compares what the guest does with the record.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` if the guest is lost again and again
 */
export async function replayRun(sandbox: Sandbox, { program, limits, entries }: RecordedRun): Promise<Replay> {
  const executed = await driveRun({
    program,
    clock: new Clock(),
    catalog: createCatalog([]),
    limits,
    guests: guestsOf(sandbox),
    signal: new AbortController().signal,
    log: new RunLog(entries),
    isReplay: true,
  })
  const { divergence, ended: received } = executed
  if (divergence !== undefined) return { isSame: false, at: 'entry', divergence }
  if (!executed.ok && executed.error.code === 'SANDBOX_CRASHED')
    throw new SandboxError('SANDBOX_UNAVAILABLE', `The run could not be repeated: ${executed.error.message}`)
  const expected = entries.find((entry) => entry.type === 'ended')?.message
  if (expected === received) return { isSame: true }
  return {
    isSame: false,
    at: 'end',
    ...(expected !== undefined && { expected }),
    ...(received !== undefined && { received }),
  }
}

/**
 * Parses a program whose reading only its own limit ends.
 *
 * @throws the parser's error for a program that cannot be parsed
 */
export async function readProgram(guests: GuestSource, code: string): Promise<PreparedProgram> {
  // Keeps the process alive; readers do not.
  const alive = setTimeout(() => {}, MAX_READING_MS * 2)
  try {
    return await guests.prepare(code, { signal: new AbortController().signal, limitMs: MAX_READING_MS })
  } finally {
    clearTimeout(alive)
  }
}
