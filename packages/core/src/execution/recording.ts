import { createCatalog } from '../catalog/catalog.ts'
import type { ToolSource } from '../catalog/provider.ts'
import type { Guest, GuestExit, Program } from '../contract/adapter.ts'
import { SandboxError } from '../contract/errors.ts'
import { chooseLimits, type Limits } from '../contract/limits.ts'
import { MAX_READING_MS } from '../program/program-reader.ts'
import { guestsOf, type Sandbox } from '../sandbox/sandbox.ts'
import { Clock } from './clock.ts'
import { executeProgram, type Transcript } from './execution.ts'
import { explain } from './explain.ts'
import type { ExecuteResult } from './result.ts'

/** Maximum number of guests that are tried for one replay. */
const MAX_ATTEMPTS = 10

/** A recorded run. On the same engine build, its journal brings a fresh guest to the same state. */
export interface Recording extends Transcript {
  /** Engine build of the sandbox that recorded the run. */
  readonly engine: string
  /** Program that ran. */
  readonly program: Program
}

/**
 * Runs a program and records every message.
 *
 * @throws the errors of `CodeMode.execute`, and the parser's error for a program that cannot be parsed
 */
export async function recordExecution(
  sandbox: Sandbox,
  options: { readonly code: string; readonly tools: ToolSource; readonly limits?: Limits },
): Promise<{ readonly result: ExecuteResult; readonly recording: Recording }> {
  const guests = guestsOf(sandbox)
  const program = await guests.prepare(options.code, { signal: new AbortController().signal, limitMs: MAX_READING_MS })
  const transcript: Transcript = { journal: [], output: [] }
  const catalog = createCatalog(options.tools)
  const executed = await executeProgram({
    program,
    clock: new Clock(),
    catalog,
    limits: chooseLimits(options.limits),
    guests,
    signal: new AbortController().signal,
    transcript,
  })
  const { name, source } = program
  const result = explain(executed, options.code, catalog)
  return { result, recording: { engine: guests.adapter.engine, program: { name, source }, ...transcript } }
}

/**
 * Replays a recording in a fresh guest without calling tools, and returns the messages that the guest sends. If the
 * guest loses its shared worker, the replay starts again in another guest.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` if 10 guests in a row are lost
 */
export async function replayExecution(sandbox: Sandbox, recording: Recording): Promise<readonly string[]> {
  const guests = guestsOf(sandbox)
  const { memoryBytes } = chooseLimits()
  let isAlone = false
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const guest = await guests.take(memoryBytes, new AbortController().signal, isAlone)
    const { output, exit } = await replayIn(guest, recording)
    guests.retire(guest)
    if (exit?.why !== 'lost') return output
    isAlone = exit.running
  }
  throw new SandboxError('SANDBOX_UNAVAILABLE', `The guest was lost ${MAX_ATTEMPTS} times while it repeated a run`)
}

/** Replays a journal in a guest. `exit` is set if the guest exited before the end of the journal. */
function replayIn(
  guest: Guest,
  { program, journal }: Recording,
): Promise<{ readonly output: readonly string[]; readonly exit?: GuestExit }> {
  const { cpuTimeMs, messageBytes } = chooseLimits()
  const output: string[] = []
  return new Promise((resolve) => {
    guest.exited.then((exit) => resolve({ output, exit }))
    guest.run({
      program,
      first: journal[0] as string,
      limits: { cpuTimeMs, turnMs: cpuTimeMs, outputBytes: messageBytes },
      onOutput: (messages) => output.push(...messages),
      onTurn: ({ index, failed }) => {
        if (index === journal.length - 1 || failed !== undefined) resolve({ output })
      },
    })
    for (const message of journal.slice(1)) guest.send(message)
  })
}
