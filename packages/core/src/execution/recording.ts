import { createCatalog } from '../catalog/catalog.ts'
import type { ToolSource } from '../catalog/provider.ts'
import type { Program } from '../contract.ts'
import { chooseLimits, type Limits } from '../limits.ts'
import { guestsOf, type Sandbox } from '../sandbox.ts'
import { executeProgram, type Transcript } from './execution.ts'
import type { ExecuteResult } from './result.ts'

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
  const program = await guests.prepare(options.code, new AbortController().signal)
  const transcript: Transcript = { journal: [], output: [] }
  const result = await executeProgram({
    program,
    catalog: createCatalog(options.tools),
    limits: chooseLimits(options.limits),
    guests,
    signal: new AbortController().signal,
    transcript,
  })
  const { name, source } = program
  return { result, recording: { engine: guests.engine, program: { name, source }, ...transcript } }
}

/** Feeds a journal to a fresh guest, calling no tool, and returns what the guest says. */
export async function replayExecution(sandbox: Sandbox, { program, journal }: Recording): Promise<readonly string[]> {
  const guests = guestsOf(sandbox)
  const { memoryBytes, cpuTimeMs, messageBytes } = chooseLimits()
  const guest = await guests.take(memoryBytes, new AbortController().signal)
  const output: string[] = []
  await new Promise<void>((resolve) => {
    guest.exited.then(() => resolve())
    guest.run({
      program,
      first: journal[0] as string,
      limits: { cpuTimeMs, turnMs: cpuTimeMs, outputBytes: messageBytes },
      onOutput: (messages) => output.push(...messages),
      onTurn: ({ index, failed }) => {
        if (index === journal.length - 1 || failed !== undefined) resolve()
      },
    })
    for (const message of journal.slice(1)) guest.send(message)
  })
  guests.retire(guest)
  return output
}
