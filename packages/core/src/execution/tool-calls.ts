import type { Catalog } from '../catalog/catalog.ts'
import { ToolCallError, type ToolErrorCode } from '../contract/errors.ts'
import { isBuiltin } from '../discovery/builtin-namespace.ts'
import type { Within } from './async-context.ts'
import type { EncodedOutput } from './attachments.ts'
import type { PendingCall } from './call-approval.ts'
import type { CallPipeline, PipelineCall } from './call-pipeline.ts'
import type { ToolCallRecord } from './events.ts'
import { type Redact, redactFailure } from './redact.ts'
import type { CallState } from './run-log.ts'
import type { ExecutionSpan } from './telemetry.ts'

/** Options for {@link ToolCalls}. */
export interface ToolCallsOptions {
  readonly catalog: Catalog
  /** Runs the steps of each call. */
  readonly pipeline: CallPipeline
  /** Maximum number of concurrent calls. */
  readonly concurrent: number
  /** Maximum size of one input or output in bytes. */
  readonly messageBytes: number
  /** Filters the messages of failed calls. */
  readonly redact: false | Redact
  /** Runs tools in the async context of the caller. */
  readonly within: Within
  /** Span that traces the execution. */
  readonly span: ExecutionSpan | undefined
  /** Milliseconds since the execution began. */
  readonly elapsed: () => number
  onStart(id: number, tool: string): void
  /** Not called for cancelled calls. `timeMs`: milliseconds since the execution began. */
  onSettled(id: number, settled: Settled, timeMs: number): void
  onRecord(record: ToolCallRecord): void
  /** Called when a call starts and stops waiting for a decision in this process. */
  onAsking(isAsking: boolean): void
  /** Called when a call waits until the run is resumed. */
  onParked(): void
}

/** The outcome of a call. The guest receives neither the warning nor the bytes of attachments. */
export type Settled =
  | ({ readonly ok: true; readonly warning?: string } & EncodedOutput)
  | { readonly ok: false; readonly code: ToolErrorCode; readonly message: string }

type CallEnd = Pick<ToolCallRecord, 'outcome' | 'code' | 'warning'>

/** Maximum size of the inputs of all open calls together, in messages of maximum size. No other limit bounds it. */
const FULL_INPUTS_OPEN = 2
const MAX_ERROR_LENGTH = 10_000

interface OpenCall extends PipelineCall {
  /** Error for a call that is refused before its input is decoded. */
  readonly refused: ToolCallError | undefined
  readonly startedMs: number
  /** Created when the tool, or a validation in the reader, needs its signal. Aborts only while the call is open. */
  controller?: AbortController
  warning?: string
}

/** Runs the tool calls of one execution, limits their concurrency, and cancels them when the execution ends. */
export class ToolCalls {
  readonly #options: ToolCallsOptions
  /** Created for the first traced call. Its rejection ends the spans of calls whose tools never settle. */
  #cancelled: PromiseWithResolvers<never> | undefined
  readonly #open = new Map<number, OpenCall>()
  readonly #queue: OpenCall[] = []
  readonly #records: ToolCallRecord[] = []
  #running = 0
  readonly #parked: PendingCall['state'][] = []
  #openLength = 0
  #made = 0
  /** Whether calls stay queued. */
  #isHeld: boolean

  /** @param recorded calls of a run to resume, which stay queued until `release()` if they are open. Default: new run */
  constructor(options: ToolCallsOptions, recorded?: readonly CallState[]) {
    this.#options = options
    this.#isHeld = recorded !== undefined
    for (const { made, settled } of recorded ?? []) {
      const call = this.#add(made.call, made.tool, made.input, made.timeMs)
      if (settled === undefined) this.#queue.push(call)
      else this.#records.push(this.#close(call, endOf(settled.outcome), settled.timeMs))
    }
  }

  /** Number of calls made so far. */
  get count(): number {
    return this.#made
  }

  /** Ended calls, sorted by number. */
  get records(): readonly ToolCallRecord[] {
    return this.#records.sort((left, right) => left.id - right.id)
  }

  /** Tools with open calls, without duplicates. */
  get waiting(): string[] {
    return [...new Set([...this.#open.values()].map(({ path }) => path))]
  }

  /** Whether the calls of a resumed run wait for its guest to reach the recorded state. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Whether any call is open that can settle before the run is resumed. */
  get isBusy(): boolean {
    return this.#open.size > this.#parked.length
  }

  /** Why calls wait until the run is resumed. Empty if none does. */
  get parked(): readonly PendingCall['state'][] {
    return this.#parked
  }

  make(id: number, path: string, payload: string): void {
    const call = this.#add(id, path, payload, this.#options.elapsed())
    this.#options.onStart(id, path)
    this.#queue.push(call)
    this.#next()
  }

  /** Starts the calls that a recorded run left open. */
  release(): void {
    this.#isHeld = false
    this.#next()
  }

  /**
   * Cancels all open calls: aborts the signals of running ones and drops queued ones. No call settles after this.
   *
   * @param reason abort reason for the tools. Default: an error that says so
   * @param outcome outcome of these calls in the records
   */
  cancel(reason: unknown, outcome: 'cancelled' | 'waiting'): void {
    const open = [...this.#open.values()]
    this.#queue.length = 0
    if (open.length === 0 && this.#cancelled === undefined) return
    const ended =
      outcome === 'waiting' ? new SuspendedError('The run is suspended') : new Error('The program has ended')
    const why = reason === undefined ? ended : reason
    for (const call of open) this.#record(call, { outcome }, this.#options.elapsed())
    for (const { controller } of open) controller?.abort(why)
    this.#cancelled?.reject(why)
  }

  #add(id: number, path: string, payload: string, startedMs: number): OpenCall {
    const isTooMuch = this.#openLength + payload.length > this.#options.messageBytes * FULL_INPUTS_OPEN
    const refused = isTooMuch
      ? new ToolCallError(
          'LIMIT_MESSAGE_SIZE',
          'The inputs of the open calls take too many bytes: await some of these calls first',
        )
      : undefined
    this.#openLength += payload.length
    const call: OpenCall = {
      id,
      path,
      payload,
      refused,
      startedMs,
      signal: () => {
        call.controller ??= new AbortController()
        return call.controller.signal
      },
      warn: (message) => {
        call.warning = clip(message)
      },
      assertOpen: () => {
        if (!this.#open.has(id)) throw new ToolCallError('TOOL_FAILED', 'The program has ended')
      },
      onAsking: (isAsking) => this.#onAsking(isAsking),
      park: (why) => this.#park(call, why),
    }
    this.#made++
    this.#open.set(id, call)
    return call
  }

  /** Removes a call. Returns its record. */
  #close(call: OpenCall, end: CallEnd, endedMs: number): ToolCallRecord {
    this.#open.delete(call.id)
    this.#openLength -= call.payload.length
    return callRecord(call, end, endedMs, this.#options.catalog)
  }

  #record(call: OpenCall, end: CallEnd, endedMs: number): void {
    const record = this.#close(call, end, endedMs)
    this.#records.push(record)
    this.#options.onRecord(record)
  }

  #next(): void {
    while (!this.#isHeld && this.#running < this.#options.concurrent) {
      const call = this.#queue.shift()
      if (call === undefined) return
      this.#running++
      this.#perform(call).then((settled) => {
        this.#running--
        if (this.#open.has(call.id)) {
          const timeMs = this.#options.elapsed()
          this.#record(call, endOf(settled), timeMs)
          this.#options.onSettled(call.id, settled, timeMs)
        }
        this.#next()
      })
    }
  }

  /** A call that waits for a decision does not count as running, so that the calls beside it can end. */
  #onAsking(isAsking: boolean): void {
    this.#running += isAsking ? -1 : 1
    this.#options.onAsking(isAsking)
    this.#next()
  }

  /** Ends the part that a call has in this process. Nothing refers to its promise then. */
  #park(call: OpenCall, why: PendingCall['state']): Promise<never> {
    if (this.#open.has(call.id)) {
      this.#running--
      this.#parked.push(why)
      this.#options.onParked()
      this.#next()
    }
    return new Promise(() => {})
  }

  async #perform(call: OpenCall): Promise<Settled> {
    try {
      const output = await this.#options.within(() => this.#watch(call))
      return { ok: true, ...output, ...(call.warning !== undefined && { warning: call.warning }) }
    } catch (error) {
      return describeFailure(call.path, redactFailure(error, call.path, this.#options.redact))
    }
  }

  #watch(call: OpenCall): Promise<EncodedOutput> {
    const { span } = this.#options
    return span === undefined ? this.#execute(call) : this.#trace(call, span)
  }

  #execute(call: OpenCall): Promise<EncodedOutput> {
    return call.refused === undefined ? this.#options.pipeline.run(call) : Promise.reject(call.refused)
  }

  #trace(call: OpenCall, span: ExecutionSpan): Promise<EncodedOutput> {
    const { redact } = this.#options
    if (this.#cancelled === undefined) {
      this.#cancelled = Promise.withResolvers()
      // Avoids an unhandled rejection if no traced call is open.
      this.#cancelled.promise.catch(() => {})
    }
    const { promise: cancelled } = this.#cancelled
    const filtered = async () => {
      try {
        return await this.#execute(call)
      } catch (error) {
        throw redactFailure(error, call.path, redact)
      }
    }
    return span.call({ id: call.id, tool: call.path }, () => Promise.race([filtered(), cancelled]))
  }
}

/** Returns the record of a call. */
export function callRecord(
  { id, path, startedMs }: Pick<OpenCall, 'id' | 'path' | 'startedMs'>,
  end: CallEnd,
  endedMs: number,
  catalog: Catalog,
): ToolCallRecord {
  const isReadOnly = isBuiltin(path) || catalog.find(path)?.tool.annotations?.readOnlyHint === true
  const readOnly = isReadOnly ? ({ readOnly: true } as const) : {}
  return { id, tool: path, startedMs, durationMs: endedMs - startedMs, ...end, ...readOnly }
}

/** Abort reason of the calls that wait until their run is resumed. */
class SuspendedError extends Error {
  override readonly name = 'SuspendedError'
}

export const endOf = (settled: Settled): CallEnd =>
  settled.ok
    ? { outcome: 'returned', ...(settled.warning !== undefined && { warning: settled.warning }) }
    : { outcome: 'failed', code: settled.code }

/**
 * Returns the code and the message of a failure, without stack and cause. The message may contain paths and addresses
 * that the tool wrote into it. A tool may throw any value.
 */
function describeFailure(path: string, error: unknown): Settled & { ok: false } {
  try {
    if (error instanceof ToolCallError) return { ok: false, code: error.code, message: clip(error.message) }
    const message: unknown = error instanceof Error ? error.message : error
    if (typeof message === 'string' && message !== '') return { ok: false, code: 'TOOL_FAILED', message: clip(message) }
  } catch {
    // A getter or a proxy trap of the thrown value threw.
  }
  return { ok: false, code: 'TOOL_FAILED', message: `${path} failed` }
}

const clip = (text: string): string => (text.length <= MAX_ERROR_LENGTH ? text : `${text.slice(0, MAX_ERROR_LENGTH)}…`)
