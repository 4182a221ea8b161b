import type { Catalog, CatalogTool } from '../catalog/catalog.ts'
import { nearest } from '../catalog/nearest.ts'
import type { Parse, ParseContext, ValueSide } from '../catalog/tool.ts'
import { ToolCallError, type ToolErrorCode } from '../errors.ts'
import { ReaderTimeoutError } from '../program/program-reader.ts'
import { decode, encode, MalformedValueError, NotSerializableError } from '../protocol/codec.ts'
import { exceedsBytes } from '../protocol/size.ts'
import { countValues, isCostlyToRead, measureValue, type ValueSize } from '../protocol/value-size.ts'
import type { CheckElsewhere } from '../sandbox.ts'
import type { Within } from './async-context.ts'
import type { ToolCallRecord } from './events.ts'
import { type Redact, redactFailure } from './redact.ts'
import type { ExecutionSpan } from './telemetry.ts'

export interface ToolCallsOptions {
  readonly catalog: Catalog
  readonly concurrent: number
  readonly messageBytes: number
  /** Checks values against costly schemas, where the platform has a place for it. */
  readonly check: CheckElsewhere | undefined
  readonly context: unknown
  /** Filters the messages of calls that fail. */
  readonly redact: false | Redact
  /** The async context that tools run in. */
  readonly within: Within
  /** Where the execution is watched. */
  readonly span: ExecutionSpan | undefined
  /** Milliseconds since the execution began. */
  readonly elapsed: () => number
  /** While output of the guest waits to be looked at: it may be that the program has ended. */
  readonly outputRead: () => Promise<void> | undefined
  onStart(id: number, tool: string): void
  /** Not called for calls that the end of the execution cuts off. */
  onSettled(id: number, settled: Settled): void
  onRecord(record: ToolCallRecord): void
  /** A payload is none that a guest of ours writes. Its tool is not run. */
  onForged(error: MalformedValueError): void
}

export type Settled =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly code: ToolErrorCode; readonly message: string }

/** Parts of one input, as something that walks it sees them: shared parts count each time they are reached. */
const MAX_INPUT_NODES = 100_000
/** CPU time for a check that is made elsewhere. */
const CHECK_MS = 2_000
/** The inputs of all open calls together take no more than this many full messages: nothing else bounds what they hold. */
const FULL_INPUTS_OPEN = 2
const MAX_HINTS = 10
const MAX_HINTED_LENGTH = 100
const MAX_ERROR_LENGTH = 10_000

/** How long inputs are read before whatever else the host has to do is given its turn. */
const SLICE_MS = 20

interface OpenCall {
  readonly id: number
  readonly path: string
  readonly payload: string
  /** Why its input is not even read. */
  readonly refused: ToolCallError | undefined
  readonly startedMs: number
}

/** The host's end of tool calls: runs tools, no more at once than allowed, and cuts them off when the execution ends. */
export class ToolCalls {
  readonly #options: ToolCallsOptions
  /** Made for the first call: most of what costs an execution little is not done for programs that call nothing. */
  #controller: AbortController | undefined
  /** Made for the first call that is watched: what watches it waits for no tool that never settles. */
  #cancelled: PromiseWithResolvers<never> | undefined
  readonly #open = new Map<number, OpenCall>()
  readonly #queue: OpenCall[] = []
  #running = 0
  #openLength = 0
  /** Reading inputs, since the last pause. */
  #readMs = 0
  #pause: Promise<void> | undefined
  #hints = 0
  #made = 0

  constructor(options: ToolCallsOptions) {
    this.#options = options
  }

  /** How many were made. */
  get count(): number {
    return this.#made
  }

  /** The tools whose calls still have to settle, each once. */
  get waiting(): string[] {
    return [...new Set([...this.#open.values()].map(({ path }) => path))]
  }

  /** Whether any still has to settle. */
  get isOpen(): boolean {
    return this.#open.size > 0
  }

  make(id: number, path: string, payload: string): void {
    const isTooMuch = this.#openLength + payload.length > this.#options.messageBytes * FULL_INPUTS_OPEN
    const refused = isTooMuch
      ? new ToolCallError('LIMIT_MESSAGE_SIZE', 'The calls that are open hold too many bytes: await some of them first')
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
   * One at a time: a guest sends hundreds of inputs in one turn, each as costly to read as it may be.
   *
   * @throws `MalformedValueError` for a payload that no guest of ours writes
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
   * Aborts the signal of every call in flight and forgets the rest. Nothing settles after this.
   *
   * @param reason for the tools, as it is; that the program has ended, if there is none
   */
  cancel(reason?: unknown): void {
    this.#queue.length = 0
    for (const call of this.#open.values()) this.#record(call, { outcome: 'cancelled' })
    this.#open.clear()
    if (this.#controller === undefined && this.#cancelled === undefined) return
    const why = reason === undefined ? new Error('The program has ended') : reason
    this.#controller?.abort(why)
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
      // It is for those who wait for a call alone, if there are any.
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
    const context = this.#parseContext('input', given.size, (value) =>
      value === given.value ? call.payload : encode(value),
    )
    const input = await check(path, 'TOOL_INPUT_INVALID', 'input', parseInput, given.value, context)
    this.#assertOpen(id)
    this.#controller ??= new AbortController()
    const { signal } = this.#controller
    const output = await tool.execute(input, { signal, callId: id, context: this.#options.context })
    return this.#write(path, output, parseOutput)
  }

  /** @param write gives a value as the codec writes it */
  #parseContext(side: ValueSide, size: ValueSize, write: (value: unknown) => string): ParseContext {
    const { check: checkAt, messageBytes } = this.#options
    if (checkAt === undefined) return { size, maxCharacters: messageBytes }
    return {
      size,
      maxCharacters: messageBytes,
      checkElsewhere: async (schema, value) => {
        this.#controller ??= new AbortController()
        try {
          return await checkAt(schema, write(value), { signal: this.#controller.signal, limitMs: CHECK_MS, side })
        } catch (error) {
          if (!(error instanceof ReaderTimeoutError)) throw error
          return [`checking it takes more than ${CHECK_MS} ms: give less at once, or a simpler value`]
        }
      },
    }
  }

  /** While its input was read or checked, the program may have ended, and nobody waits for the call any more. */
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

  /** Comparing names costs the host, so a guest gets it a few times. */
  #hint(path: string): string {
    if (path.length > MAX_HINTED_LENGTH || ++this.#hints > MAX_HINTS) return ''
    const known = this.#options.catalog.namespaces.flatMap(({ tools }) => tools.map((tool) => tool.path))
    const similar = nearest(path, known)
    return similar === undefined ? '' : ` Did you mean ${similar}?`
  }

  /** Looks at an output's size before anything walks or copies it: what a tool returns may be of any size. */
  async #write(path: string, output: unknown, parseOutput: Parse | undefined): Promise<string> {
    const { messageBytes } = this.#options
    const size = measureValue(output, messageBytes)
    if (size.characters > messageBytes) throw this.#tooLarge(`The output of ${path}`)
    let payload: string
    try {
      const context = this.#parseContext('output', size, encode)
      payload = encode(await check(path, 'TOOL_OUTPUT_INVALID', 'output', parseOutput, output, context))
    } catch (error) {
      if (!(error instanceof NotSerializableError)) throw error
      throw new ToolCallError('TOOL_OUTPUT_INVALID', `The output of ${path} cannot be passed on: ${error.message}`, {
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
      `${what} takes more than ${messageBytes} bytes, with shared parts written out wherever they are referenced: ask for less, or pass less`,
    )
  }
}

/** Found without reading the payload. */
const hasTooManyValues = (payload: string): boolean =>
  payload.startsWith('g') ? isCostlyToRead(payload) : countValues(payload, MAX_INPUT_NODES) > MAX_INPUT_NODES

const tooManyValues = () =>
  new ToolCallError(
    'TOOL_INPUT_INVALID',
    `The input refers to itself, or holds more than ${MAX_INPUT_NODES} values: pass less at once`,
  )

function sizeOfInput(payload: string, value: unknown): ValueSize {
  // The plain form is JSON, in which nothing is shared: its text bounds it.
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
 * The code and the message of a failure, and nothing else of it: no stack, no cause. The message is the tool's own, and
 * has the paths and addresses that the tool wrote into it. What a tool throws may be anything.
 */
function describeFailure(path: string, error: unknown): Settled & { ok: false } {
  try {
    if (error instanceof ToolCallError) return { ok: false, code: error.code, message: clip(error.message) }
    const message: unknown = error instanceof Error ? error.message : error
    if (typeof message === 'string' && message !== '') return { ok: false, code: 'TOOL_FAILED', message: clip(message) }
  } catch {
    // A getter or a trap of the thrown value, which has nothing to say then.
  }
  return { ok: false, code: 'TOOL_FAILED', message: `${path} failed` }
}

const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

const clip = (text: string): string => (text.length <= MAX_ERROR_LENGTH ? text : `${text.slice(0, MAX_ERROR_LENGTH)}…`)
