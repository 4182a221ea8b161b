import { createCatalog } from '../catalog/catalog.ts'
import type { ToolSource } from '../catalog/provider.ts'
import type { Guest, GuestExit, Program } from '../contract.ts'
import { SandboxError } from '../errors.ts'
import { chooseLimits, type Limits } from '../limits.ts'
import { MAX_READING_MS } from '../program/program-reader.ts'
import { guestsOf, type Sandbox } from '../sandbox.ts'
import { Clock } from './clock.ts'
import { executeProgram, type Transcript } from './execution.ts'
import { explain } from './explain.ts'
import type { ExecuteResult } from './result.ts'

/** How many guests may be lost under one run. */
const MAX_ATTEMPTS = 10

/** A run as data: on the same engine build, the journal brings a fresh guest to the same point. */
export interface Recording extends Transcript {
  readonly engine: string
  readonly program: Program
}

/** Runs a program and keeps every message. @throws as `CodeMode.execute`, and for a program that cannot be read */
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
 * Feeds a journal to a fresh guest, calling no tool, and returns what the guest says. One that is lost with what it
 * shared says it again on another.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` where guest after guest is lost
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

/** The guest's exit, where it came before the end of the journal. */
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
