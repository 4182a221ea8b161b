import type { Catalog } from '../catalog/catalog.ts'
import { ToolCallError, type ToolErrorCode } from '../contract/errors.ts'
import type { Within } from './async-context.ts'
import type { CallPipeline, PipelineCall } from './call-pipeline.ts'
import type { ToolCallRecord } from './events.ts'
import { type Redact, redactFailure } from './redact.ts'
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
  /** Not called for cancelled calls. */
  onSettled(id: number, settled: Settled): void
  onRecord(record: ToolCallRecord): void
  /** Called when a call starts and stops waiting for a decision. */
  onAsking(isAsking: boolean): void
}

/** The outcome of a call, as sent to the guest. */
export type Settled =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly code: ToolErrorCode; readonly message: string }

/** Maximum size of the inputs of all open calls together, in messages of maximum size. No other limit bounds it. */
const FULL_INPUTS_OPEN = 2
const MAX_ERROR_LENGTH = 10_000

interface OpenCall extends PipelineCall {
  /** Error for a call that is refused before its input is decoded. */
  readonly refused: ToolCallError | undefined
  readonly startedMs: number
  /** Created when the tool, or a validation in the reader, needs its signal. Aborts only while the call is open. */
  controller?: AbortController
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
  #openLength = 0
  #made = 0

  constructor(options: ToolCallsOptions) {
    this.#options = options
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

  /** Whether any call is open. */
  get isOpen(): boolean {
    return this.#open.size > 0
  }

  make(id: number, path: string, payload: string): void {
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
      startedMs: this.#options.elapsed(),
      signal: () => {
        call.controller ??= new AbortController()
        return call.controller.signal
      },
      assertOpen: () => {
        if (!this.#open.has(id)) throw new ToolCallError('TOOL_FAILED', 'The program has ended')
      },
      onAsking: (isAsking) => this.#onAsking(isAsking),
    }
    this.#made++
    this.#open.set(id, call)
    this.#options.onStart(id, path)
    this.#queue.push(call)
    this.#next()
  }

  /**
   * Cancels all open calls: aborts the signals of running ones and drops queued ones. No call settles after this.
   *
   * @param reason abort reason for the tools. Default: an error that the program has ended.
   */
  cancel(reason?: unknown): void {
    const why = reason === undefined ? new Error('The program has ended') : reason
    const open = [...this.#open.values()]
    this.#queue.length = 0
    this.#open.clear()
    for (const call of open) this.#record(call, { outcome: 'cancelled' })
    for (const { controller } of open) controller?.abort(why)
    this.#cancelled?.reject(why)
  }

  #next(): void {
    while (this.#running < this.#options.concurrent) {
      const call = this.#queue.shift()
      if (call === undefined) return
      this.#running++
      this.#perform(call).then((settled) => {
        this.#running--
        if (this.#open.delete(call.id)) {
          this.#openLength -= call.payload.length
          this.#record(call, settled.ok ? { outcome: 'returned' } : { outcome: 'failed', code: settled.code })
          this.#options.onSettled(call.id, settled)
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

  #record(call: OpenCall, end: Pick<ToolCallRecord, 'outcome' | 'code'>): void {
    const { id, path, startedMs } = call
    const { catalog, elapsed, onRecord } = this.#options
    const isReadOnly = catalog.find(path)?.tool.annotations?.readOnlyHint === true
    const readOnly = isReadOnly ? ({ readOnly: true } as const) : {}
    const record = { id, tool: path, startedMs, durationMs: elapsed() - startedMs, ...end, ...readOnly }
    this.#records.push(record)
    onRecord(record)
  }

  async #perform(call: OpenCall): Promise<Settled> {
    try {
      return { ok: true, payload: await this.#options.within(() => this.#watch(call)) }
    } catch (error) {
      return describeFailure(call.path, redactFailure(error, call.path, this.#options.redact))
    }
  }

  async #watch(call: OpenCall): Promise<string> {
    const { span, redact } = this.#options
    const executed = () => {
      if (call.refused !== undefined) throw call.refused
      return this.#options.pipeline.run(call)
    }
    if (span === undefined) return executed()
    if (this.#cancelled === undefined) {
      this.#cancelled = Promise.withResolvers()
      // Avoids an unhandled rejection if no traced call is open.
      this.#cancelled.promise.catch(() => {})
    }
    const { promise: cancelled } = this.#cancelled
    const filtered = async () => {
      try {
        return await executed()
      } catch (error) {
        throw redactFailure(error, call.path, redact)
      }
    }
    return span.call({ id: call.id, tool: call.path }, () => Promise.race([filtered(), cancelled]))
  }
}

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
