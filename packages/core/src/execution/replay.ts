import { type Catalog, createCatalog } from '../catalog/catalog.ts'
import type { GuestNames } from '../catalog/mentioned-names.ts'
import { Namespace } from '../catalog/namespace.ts'
import { toolProvider } from '../catalog/provider.ts'
import type { Tool } from '../catalog/tool.ts'
import { RunError, ToolCallError } from '../contract/errors.ts'
import { assertKnownOptions } from '../contract/options.ts'
import { decode, encode } from '../protocol/codec.ts'
import { BUILTINS, parseMessage } from '../protocol/messages.ts'
import { guestsOf, type Sandbox } from '../sandbox/sandbox.ts'
import { Clock } from './clock.ts'
import { explain } from './explain.ts'
import { diverged } from './program-end.ts'
import { type Replay, readProgram, replayRun } from './recorded-run.ts'
import type { ExecuteResult } from './result.ts'
import { driveRun } from './run-driver.ts'
import { type CallState, RunLog } from './run-log.ts'
import type { RunDetails } from './run-records.ts'

/** The part of a stored run that a replay needs. It can be kept as JSON. */
export type ReplayableRun = Pick<RunDetails, 'code' | 'engine' | 'limits' | 'entries'>

/** Options for {@link rerun}. */
export interface RerunOptions {
  /** Outputs to return instead of what was recorded, by number of the call. Default: none */
  readonly outputs?: Readonly<Record<number, unknown>>
}

/**
 * Repeats a stored run in a fresh guest without calling tools, and compares what the program does with the record.
 *
 * @throws the parser's error; `SandboxError` `SANDBOX_UNAVAILABLE` if guests are lost again and again
 */
export async function replay(sandbox: Sandbox, run: ReplayableRun): Promise<Replay> {
  const { code, engine, limits, entries } = run
  const program = await readProgram(guestsOf(sandbox), code)
  return replayRun(sandbox, { engine, program, limits, entries })
}

/**
 * Repeats a stored run as {@link replay} does, for tests of hosts that keep runs as fixtures.
 *
 * @throws `RunError` `REPLAY_DIVERGED` with the first difference, or as {@link replay}
 */
export async function expectReplay(sandbox: Sandbox, run: ReplayableRun): Promise<void> {
  const replayed = await replay(sandbox, run)
  if (replayed.isSame) return
  if (replayed.at === 'entry') throw diverged(replayed.divergence)
  const { expected = 'no end', received = 'no end' } = replayed
  throw new RunError('REPLAY_DIVERGED', `The program ended with ${received}, and ${expected} was recorded`)
}

/**
 * Runs the program of a stored run again, with the same random numbers and with the recorded outcomes of its calls, to
 * see what happens with other outputs. No tool is called. A call that was not recorded fails with `TOOL_FAILED`.
 *
 * @throws `TypeError` for an output of a call that the run does not have, or an unknown option
 */
export async function rerun(sandbox: Sandbox, run: ReplayableRun, options: RerunOptions = {}): Promise<ExecuteResult> {
  assertKnownOptions('rerun()', options, ['outputs'])
  const { code, limits, entries } = run
  const { outputs = {} } = options
  const record = new RunLog(entries)
  for (const call of Object.keys(outputs))
    if (record.calls[Number(call) - 1] === undefined) throw new TypeError(`The run has no call ${call}`)
  const guests = guestsOf(sandbox)
  const { signal } = new AbortController()
  const program = await readProgram(guests, code)
  const { catalog, builtins } = recordedTools(record, outputs)
  // The start has the seed and the names of the tools. The clock continues from it.
  const log = new RunLog(entries.slice(0, 1))
  const clock = new Clock(0, log.lastTold)
  return explain(await driveRun({ program, clock, catalog, builtins, limits, guests, signal, log }), code, catalog)
}

/** Returns tools that answer from a record. */
function recordedTools(
  record: RunLog,
  outputs: Readonly<Record<number, unknown>>,
): { readonly catalog: Catalog; readonly builtins: Namespace } {
  const [start] = record.messages
  if (start === undefined) throw new TypeError('The run has no entries')
  const { namespaces } = parseMessage(start).header as { readonly namespaces: GuestNames }
  const left = [...record.calls]
  const answer = (path: string, callId: number, input: unknown): unknown => {
    const known = take(record, left, path, callId, input)
    if (known === undefined) throw new ToolCallError('TOOL_FAILED', `The record has no such call of ${path}`)
    const { made, settled } = known
    if (Object.hasOwn(outputs, made.call)) return outputs[made.call]
    if (settled === undefined) throw new ToolCallError('TOOL_FAILED', `The record has no outcome of call ${made.call}`)
    if (settled.outcome.ok) return record.attachments.revive(decode(settled.outcome.payload))
    throw new ToolCallError(settled.outcome.code, settled.outcome.message)
  }
  const toolsOf = (namespace: string): Tool[] =>
    (namespaces[namespace] ?? []).map((name) => ({
      name,
      execute: (input, { callId }) => answer(`${namespace}.${name}`, callId, input),
    }))
  const given = Object.keys(namespaces).filter((name) => name !== BUILTINS)
  return {
    catalog: createCatalog(given.map((name) => toolProvider({ name, tools: toolsOf(name) }))),
    builtins: new Namespace({ identifier: BUILTINS, description: undefined, tools: toolsOf(BUILTINS) }),
  }
}

/** Takes the recorded call of a tool with this number, or else the first one with the same input. */
function take(record: RunLog, left: CallState[], path: string, callId: number, input: unknown): CallState | undefined {
  const encoded = encode(input)
  const isSame = ({ made }: CallState) =>
    made.tool === path && (made.input === encoded || encode(record.decode(made.input)) === encoded)
  const index = left.findIndex((state) => state.made.call === callId && isSame(state))
  const found = index >= 0 ? index : left.findIndex(isSame)
  return found < 0 ? undefined : left.splice(found, 1)[0]
}
