import type { Catalog, CatalogTool } from '../catalog/catalog.ts'
import { ToolCallError, type ToolErrorCode } from '../contract/errors.ts'
import { ReaderTimeoutError } from '../program/program-reader.ts'
import { decode, encode, MalformedValueError, NotSerializableError } from '../protocol/codec.ts'
import { exceedsBytes } from '../protocol/size.ts'
import type { CheckElsewhere } from '../sandbox/sandbox.ts'
import { nearest } from '../values/nearest.ts'
import type { Parse, ParseContext, ValueSide } from '../values/parse.ts'
import { countValues, isCostlyToRead, measureValue, type ValueSize } from '../values/value-size.ts'
import type { Within } from './async-context.ts'
import type { ToolCallRecord } from './events.ts'
import { type Redact, redactFailure } from './redact.ts'
import type { ExecutionSpan } from './telemetry.ts'

/** Options for {@link ToolCalls}. */
export interface ToolCallsOptions {
  readonly catalog: Catalog
  /** Maximum number of concurrent calls. */
  readonly concurrent: number
  /** Maximum size of one input or output in bytes. */
  readonly messageBytes: number
  /** Validates values against costly schemas in the sandbox's reader, if there is one. */
  readonly check: CheckElsewhere | undefined
  readonly context: unknown
  /** Filters the messages of failed calls. */
  readonly redact: false | Redact
  /** Runs tools in the async context of the caller. */
  readonly within: Within
  /** Span that traces the execution. */
  readonly span: ExecutionSpan | undefined
  /** Milliseconds since the execution began. */
  readonly elapsed: () => number
  /** Returns a promise while guest messages are unhandled, since one of them may report the end of the program. */
  readonly outputRead: () => Promise<void> | undefined
  onStart(id: number, tool: string): void
  /** Not called for cancelled calls. */
  onSettled(id: number, settled: Settled): void
  onRecord(record: ToolCallRecord): void
  /** Called for a payload that our guest runtime cannot have written. Its tool does not run. */
  onForged(error: MalformedValueError): void
}

/** The outcome of a call, as sent to the guest. */
export type Settled =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly code: ToolErrorCode; readonly message: string }

/** Maximum number of values in one input. Shared parts count at every reference. */
const MAX_INPUT_NODES = 100_000
/** Maximum CPU time of a validation in the reader, in milliseconds. */
const CHECK_MS = 2_000
/** Maximum size of the inputs of all open calls together, in messages of maximum size. No other limit bounds it. */
const FULL_INPUTS_OPEN = 2
const MAX_HINTS = 10
const MAX_HINTED_LENGTH = 100
const MAX_ERROR_LENGTH = 10_000

/** Time to decode inputs before yielding to other work of the host, in milliseconds. */
const SLICE_MS = 20

interface OpenCall {
  readonly id: number
  readonly path: string
  readonly payload: string
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
  #running = 0
  #openLength = 0
  /** Time spent on decoding inputs since the last pause. */
  #readMs = 0
  #pause: Promise<void> | undefined
  #hints = 0
  #made = 0

  constructor(options: ToolCallsOptions) {
    this.#options = options
  }

  /** Number of calls made so far. */
  get count(): number {
    return this.#made
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
    const call: OpenCall = { id, path, payload, refused, startedMs: this.#options.elapsed() }
    this.#made++
    this.#open.set(id, call)
    this.#options.onStart(id, path)
    this.#queue.push(call)
    this.#next()
  }

  /**
   * Decodes an input. Pauses between time slices: a guest may send hundreds of costly inputs in one turn.
   *
   * @throws `MalformedValueError` for a payload that our guest runtime cannot have written
   */
  async #read({ id, path, payload }: OpenCall): Promise<{ readonly value: unknown; readonly size: ValueSize }> {
    while (this.#pause !== undefined) await this.#pause
    this.#assertOpen(id)
    const began = this.#options.elapsed()
    if (hasTooManyValues(payload)) throw tooManyValues()
    const value = decode(payload)
    const size = sizeOfInput(payload, value)
    this.#readMs += this.#options.elapsed() - began
    if (this.#readMs > SLICE_MS) {
      this.#readMs = 0
      this.#pause = nextTask().then(() => {
        this.#pause = undefined
      })
    }
    if (size.isCyclic || size.nodes > MAX_INPUT_NODES) throw tooManyValues()
    if (size.characters > this.#options.messageBytes) throw this.#tooLarge(`The input of ${path}`)
    return { value, size }
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

  #record(call: OpenCall, end: Pick<ToolCallRecord, 'outcome' | 'code'>): void {
    const { id, path, startedMs } = call
    const { catalog, elapsed, onRecord } = this.#options
    const isReadOnly = catalog.find(path)?.tool.annotations?.readOnlyHint === true
    const readOnly = isReadOnly ? ({ readOnly: true } as const) : {}
    onRecord({ id, tool: path, startedMs, durationMs: elapsed() - startedMs, ...end, ...readOnly })
  }

  async #perform(call: OpenCall): Promise<Settled> {
    try {
      return { ok: true, payload: await this.#options.within(() => this.#watch(call)) }
    } catch (error) {
      return describeFailure(call.path, redactFailure(error, call.path, this.#options.redact))
    }
  }

  #watch(call: OpenCall): Promise<string> {
    const { span, redact } = this.#options
    if (span === undefined) return this.#execute(call)
    if (this.#cancelled === undefined) {
      this.#cancelled = Promise.withResolvers()
      // Avoids an unhandled rejection if no traced call is open.
      this.#cancelled.promise.catch(() => {})
    }
    const { promise: cancelled } = this.#cancelled
    const executed = () =>
      this.#execute(call).catch((error: unknown) => {
        throw redactFailure(error, call.path, redact)
      })
    return span.call({ id: call.id, tool: call.path }, () => Promise.race([executed(), cancelled]))
  }

  async #execute(call: OpenCall): Promise<string> {
    const { id, path, refused } = call
    if (refused !== undefined) throw refused
    const given = await this.#read(call).catch((error: unknown) => {
      if (error instanceof MalformedValueError) this.#options.onForged(error)
      throw error
    })
    const rest = this.#options.outputRead()
    if (rest !== undefined) await rest
    this.#assertOpen(id)
    const { tool, parseInput, parseOutput } = this.#find(path)
    const context = this.#parseContext(call, 'input', given.size, (value) =>
      value === given.value ? call.payload : encode(value),
    )
    const input = await check(path, 'TOOL_INPUT_INVALID', 'input', parseInput, given.value, context)
    this.#assertOpen(id)
    const { signal } = controllerOf(call)
    const output = await tool.execute(input, { signal, callId: id, context: this.#options.context })
    return this.#write(call, output, parseOutput)
  }

  /** @param write encodes a value */
  #parseContext(call: OpenCall, side: ValueSide, size: ValueSize, write: (value: unknown) => string): ParseContext {
    const { check: checkAt, messageBytes } = this.#options
    if (checkAt === undefined) return { size, maxCharacters: messageBytes }
    return {
      size,
      maxCharacters: messageBytes,
      checkElsewhere: async (schema, value) => {
        const { signal } = controllerOf(call)
        try {
          return await checkAt(schema, write(value), { signal, limitMs: CHECK_MS, side })
        } catch (error) {
          if (!(error instanceof ReaderTimeoutError)) throw error
          return [`checking it takes more than ${CHECK_MS} ms: pass a smaller or simpler value`]
        }
      },
    }
  }

  /** Throws if the call was cancelled while its input was decoded or validated. */
  #assertOpen(id: number): void {
    if (!this.#open.has(id)) throw new ToolCallError('TOOL_FAILED', 'The program has ended')
  }

  #find(path: string): CatalogTool {
    const tool = this.#options.catalog.find(path)
    if (tool !== undefined) return tool
    const direct = path.length > MAX_HINTED_LENGTH ? undefined : this.#options.catalog.findDirect(path)
    if (direct !== undefined)
      throw new ToolCallError('TOOL_NOT_FOUND', `Programs cannot call ${direct}: call it directly, as a tool.`)
    throw new ToolCallError(
      'TOOL_NOT_FOUND',
      `There is no tool ${path.slice(0, MAX_HINTED_LENGTH)}.${this.#hint(path)}`,
    )
  }

  /** Suggests a similar name. Comparing names takes time, so the number of suggestions is limited. */
  #hint(path: string): string {
    if (path.length > MAX_HINTED_LENGTH || ++this.#hints > MAX_HINTS) return ''
    const known = this.#options.catalog.namespaces.flatMap(({ tools }) => tools.map((tool) => tool.path))
    const similar = nearest(path, known)
    return similar === undefined ? '' : ` Did you mean ${similar}?`
  }

  /** Validates and encodes an output. Its size is checked first, since a tool may return a value of any size. */
  async #write(call: OpenCall, output: unknown, parseOutput: Parse | undefined): Promise<string> {
    const { path } = call
    const { messageBytes } = this.#options
    const size = measureValue(output, messageBytes)
    if (size.characters > messageBytes) throw this.#tooLarge(`The output of ${path}`)
    let payload: string
    try {
      const context = this.#parseContext(call, 'output', size, encode)
      payload = encode(await check(path, 'TOOL_OUTPUT_INVALID', 'output', parseOutput, output, context))
    } catch (error) {
      if (!(error instanceof NotSerializableError)) throw error
      throw new ToolCallError('TOOL_OUTPUT_INVALID', `The output of ${path} cannot be serialized: ${error.message}`, {
        cause: error,
      })
    }
    if (exceedsBytes(payload, messageBytes)) throw this.#tooLarge(`The output of ${path}`)
    return payload
  }

  #tooLarge(what: string): ToolCallError {
    const { messageBytes } = this.#options
    return new ToolCallError(
      'LIMIT_MESSAGE_SIZE',
      `${what} takes more than ${messageBytes} bytes, counting shared parts at every reference: request or pass less data`,
    )
  }
}

function controllerOf(call: OpenCall): AbortController {
  call.controller ??= new AbortController()
  return call.controller
}

/** Checks the number of values without decoding the payload. */
const hasTooManyValues = (payload: string): boolean =>
  payload.startsWith('g') ? isCostlyToRead(payload) : countValues(payload, MAX_INPUT_NODES) > MAX_INPUT_NODES

const tooManyValues = () =>
  new ToolCallError(
    'TOOL_INPUT_INVALID',
    `The input refers to itself, or holds more than ${MAX_INPUT_NODES} values: pass less data per call`,
  )

function sizeOfInput(payload: string, value: unknown): ValueSize {
  // The plain form is JSON, which has no shared parts. The length of its text is an upper bound.
  if (payload.startsWith('j')) {
    const nodes = payload.length <= MAX_INPUT_NODES ? payload.length : MAX_INPUT_NODES
    return { nodes, characters: payload.length, isCyclic: false, isJson: true, isTree: true }
  }
  return measureValue(value)
}

async function check(
  path: string,
  code: 'TOOL_INPUT_INVALID' | 'TOOL_OUTPUT_INVALID',
  side: ValueSide,
  parse: Parse | undefined,
  value: unknown,
  context: ParseContext,
): Promise<unknown> {
  if (parse === undefined) return value
  const parsed = await parse(value, context)
  if ('value' in parsed) return parsed.value
  throw new ToolCallError(code, `The ${side} of ${path} is not valid: ${parsed.problems.join('; ')}`)
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

const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

const clip = (text: string): string => (text.length <= MAX_ERROR_LENGTH ? text : `${text.slice(0, MAX_ERROR_LENGTH)}…`)
