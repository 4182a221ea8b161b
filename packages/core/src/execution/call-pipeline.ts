import type { Catalog } from '../catalog/catalog.ts'
import type { CatalogTool, Namespace } from '../catalog/namespace.ts'
import { isRepeatable, type Tool } from '../catalog/tool.ts'
import type { ProgramReach } from '../checking/program-reach.ts'
import { type RunError, ToolCallError } from '../contract/errors.ts'
import { isBuiltin } from '../discovery/builtin-namespace.ts'
import { noSuchTool } from '../discovery/missing-tool.ts'
import { ReaderTimeoutError } from '../program/program-reader.ts'
import { decode, encode, MalformedValueError, NotSerializableError } from '../protocol/codec.ts'
import { READ_BYTES } from '../protocol/messages.ts'
import { exceedsBytes } from '../protocol/size.ts'
import type { CheckElsewhere } from '../sandbox/sandbox.ts'
import type { Parse, ParseContext, ValueSide } from '../values/parse.ts'
import { countValues, isCostlyToRead, measureValue, type ValueSize } from '../values/value-size.ts'
import type { EncodedOutput } from './attachments.ts'
import { CallApproval, type PendingCall, type Resolution } from './call-approval.ts'
import { CallRules, type JudgedCall } from './call-rules.ts'
import { readBytes } from './read-bytes.ts'
import type { CallState, RunLog } from './run-log.ts'

/** Options for {@link CallPipeline}. */
export interface CallPipelineOptions {
  readonly catalog: Catalog
  /** Tools whose schemas have changed since the run started, with the difference. */
  readonly changed: ReadonlyMap<string, string> | undefined
  /** Functions that every program has. */
  readonly builtins: Namespace
  /** Maximum size of one input or output in bytes. */
  readonly messageBytes: number
  /** Validates values against costly schemas in the sandbox's reader, if there is one. */
  readonly check: CheckElsewhere | undefined
  readonly context: unknown
  /** Decides which calls run, and wraps them. Default: every call runs. */
  readonly rules: CallRules | undefined
  readonly log: RunLog
  /** Settings of a stored run. */
  readonly stored: StoredRunOptions | undefined
  /** Whether an output that does not match its schema is an error. */
  readonly strictOutputs: boolean
  /** Returns whether the guest was given a tool. It may find a way to another one, since all names are proxies in it. */
  readonly isGiven: (tool: CatalogTool) => boolean
  /** Returns what the program can reach. */
  readonly reach: () => ProgramReach
  /** Receives each output of a tool. */
  readonly learn: ((tool: CatalogTool, output: unknown) => void) | undefined
  /** Milliseconds since the execution began. */
  readonly elapsed: () => number
  /** Returns a promise while guest messages are unhandled, since one of them may report the end of the program. */
  readonly outputRead: () => Promise<void> | undefined
  /** Called for a payload that our guest runtime cannot have written. Its tool does not run. */
  onForged(error: MalformedValueError): void
}

/** A call on its way through the pipeline. */
export interface PipelineCall {
  readonly id: number
  readonly path: string
  readonly payload: string
  /** Records a warning for the host. */
  warn(message: string): void
  /** Returns the signal of the call. It aborts only while the call is open. */
  signal(): AbortSignal
  /** Throws if the call was cancelled. */
  assertOpen(): void
  /** Called when the call starts and stops waiting for a decision in this process. */
  onAsking(isAsking: boolean): void
  /** Leaves the call open until the run is resumed: the promise stays pending. */
  park(why: PendingCall['state']): Promise<never>
}

/** Settings of a run that a store keeps. */
export interface StoredRunOptions {
  /** Id of the run. */
  readonly run: string
  /** Calls back once with a `RunError` when nothing more can be written. */
  onLost(lost: (error: RunError) => void): void
  /** Time for a decision on a suspended call in milliseconds. Undefined: no limit. */
  readonly expireMs?: number | undefined
  /** Time at which the run fails, in milliseconds since the epoch. Undefined: never. */
  readonly deadline?: number | undefined
  /** Time after which an idle guest is given up, in milliseconds. Undefined: never. */
  readonly hibernateAfterMs?: number | undefined
}

interface Input {
  readonly value: unknown
  readonly size: ValueSize
}

/** Maximum number of values in one input. Shared parts count at every reference. */
const MAX_INPUT_NODES = 100_000
/** Maximum CPU time of a validation in the reader, in milliseconds. */
const CHECK_MS = 2_000
const MAX_HINTS = 10
/** Time to decode inputs before yielding to other work of the host, in milliseconds. */
const SLICE_MS = 20

/** Takes each call of one execution from the payload of its input to the payload of its output. */
export class CallPipeline {
  readonly #options: CallPipelineOptions
  /** Time spent on decoding inputs since the last pause. */
  #readMs = 0
  #pause: Promise<void> | undefined
  #hints = 0
  readonly #bytes: CatalogTool

  constructor(options: CallPipelineOptions) {
    this.#options = options
    this.#bytes = readBytes(options.log.attachments)
  }

  /**
   * Runs the steps of one call. Resolves to its output as the guest receives it.
   *
   * @throws `ToolCallError`, or the value that the tool throws
   */
  async run(call: PipelineCall): Promise<EncodedOutput> {
    const given = await this.#read(call)
    await this.#options.outputRead()
    call.assertOpen()
    const tool = this.#resolve(call.path)
    const { attempts, resolved, asked } = this.#stateOf(call)
    if (attempts > 0 && !isRepeatable(tool.tool)) {
      const resolution =
        resolved === undefined ? await call.park('uncertain') : (decode(resolved.resolution) as Resolution)
      if (resolution !== 'retry') return await this.#write(call, tool, outputOf(resolution))
    }
    this.#assertUnchanged(tool)
    const input = await this.#validate(call, tool, given)
    const { rules } = this.#options
    const isUnjudged = isBuiltin(call.path) || (rules === undefined && asked === undefined)
    const judged = isUnjudged ? input : await this.#judge(rules ?? CallRules.NONE, call, tool, input)
    const output = await this.#execute(call, tool, judged)
    const written = await this.#write(call, tool, output)
    if (!isBuiltin(call.path)) this.#options.learn?.(tool, output)
    return written
  }

  /**
   * Decodes an input. Pauses between time slices: a guest may send hundreds of costly inputs in one turn.
   *
   * @throws `MalformedValueError` for a payload that our guest runtime cannot have written
   */
  async #read(call: PipelineCall): Promise<Input> {
    while (this.#pause !== undefined) await this.#pause
    call.assertOpen()
    const began = this.#options.elapsed()
    const given = this.#decode(call)
    this.#readMs += this.#options.elapsed() - began
    if (this.#readMs > SLICE_MS) {
      this.#readMs = 0
      this.#pause = nextTask().then(() => {
        this.#pause = undefined
      })
    }
    const { size } = given
    if (size.isCyclic || size.nodes > MAX_INPUT_NODES) throw tooManyValues()
    if (size.characters > this.#options.messageBytes) throw this.#tooLarge(`The input of ${call.path}`)
    return given
  }

  #decode({ payload }: PipelineCall): Input {
    try {
      if (hasTooManyValues(payload)) throw tooManyValues()
      const value = decode(payload)
      const isPlain = !this.#options.log.attachments.fillIn(value, payload)
      return { value, size: isPlain ? sizeOfInput(payload, value) : measureValue(value) }
    } catch (error) {
      if (error instanceof MalformedValueError) this.#options.onForged(error)
      throw error
    }
  }

  #resolve(path: string): CatalogTool {
    const tool = isBuiltin(path) ? this.#builtin(path) : this.#options.catalog.find(path)
    if (tool !== undefined) {
      if (isBuiltin(path) || this.#options.isGiven(tool)) return tool
      throw new ToolCallError(
        'TOOL_NOT_FOUND',
        `${path} is only available to programs that name it: call it as ${path}(…)`,
      )
    }
    // Comparing names takes time, so the number of hints is limited.
    throw new ToolCallError('TOOL_NOT_FOUND', noSuchTool(this.#options.catalog, path, ++this.#hints <= MAX_HINTS))
  }

  /** @throws `ToolCallError` `TOOL_CHANGED`: the program was written for another tool, and so was a decision on the call */
  #assertUnchanged({ path }: CatalogTool): void {
    const difference = this.#options.changed?.get(path)
    if (difference === undefined) return
    const shown = difference === '' ? '' : `:\n${difference}`
    throw new ToolCallError('TOOL_CHANGED', `${path} has changed since the run started, and was not called${shown}`)
  }

  #builtin(path: string): CatalogTool | undefined {
    if (path === this.#bytes.path) return this.#bytes
    return this.#options.builtins.find(path.slice(path.indexOf('.') + 1))
  }

  /** Validates an input and fills in its defaults. */
  async #validate(call: PipelineCall, { parseInput }: CatalogTool, { value, size }: Input): Promise<unknown> {
    const write = (each: unknown) => (each === value ? call.payload : encode(each))
    const context = this.#parseContext(call, 'input', size, write)
    const input = await checkInput(call.path, parseInput, value, context)
    call.assertOpen()
    return input
  }

  /** Applies the rules. Resolves to the input that may run, which a person may have edited. */
  #judge(rules: CallRules, call: PipelineCall, tool: CatalogTool, input: unknown): Promise<unknown> {
    const { log, stored } = this.#options
    const validate = (edited: unknown) => this.#validate(call, tool, { value: edited, size: measureValue(edited) })
    const approval = new CallApproval({
      log,
      call: call.id,
      payload: call.payload,
      expireMs: stored?.expireMs,
      park: () => call.park('asked'),
      onAsking: (isAsking) => call.onAsking(isAsking),
    })
    return rules.judge(this.#judged(call, tool, input), validate, approval)
  }

  /**
   * Calls the tool. Before that, a stored run has recorded that it does so, unless the call can be made again in any case.
   */
  async #execute(call: PipelineCall, entry: CatalogTool, input: unknown): Promise<unknown> {
    call.assertOpen()
    const { context, rules, log, stored } = this.#options
    const attempt = this.#stateOf(call).attempts + 1
    log.add({ type: 'started', call: call.id, attempt })
    const written = isRepeatable(entry.tool) ? undefined : log.flush()
    if (written !== undefined) {
      await written
      call.assertOpen()
    }
    const key = stored === undefined ? {} : { attempt, idempotencyKey: `${stored.run}.${call.id}` }
    const run = () => entry.tool.execute(input, { signal: call.signal(), callId: call.id, context, ...key })
    // Lookups and bytes belong to one run, so that no cache of the host may mix them up.
    if (rules?.around === undefined || isBuiltin(call.path)) return run()
    return rules.around(this.#judged(call, entry, input), async () => run())
  }

  /** Validates and encodes an output. Its size is checked first, since a tool may return a value of any size. */
  async #write(call: PipelineCall, { parseOutput, tool }: CatalogTool, output: unknown): Promise<EncodedOutput> {
    const { path } = call
    const { messageBytes, log } = this.#options
    const what = path === READ_BYTES ? 'The attachment' : `The output of ${path}`
    const size = measureValue(output, messageBytes)
    if (size.characters > messageBytes) throw this.#tooLarge(what)
    let encoded: EncodedOutput
    try {
      const context = this.#parseContext(call, 'output', size, encode)
      const parsed = (await parseOutput?.(output, context)) ?? { value: output }
      if ('problems' in parsed) this.#onInvalidOutput(call, tool, parsed.problems)
      encoded = log.attachments.encode(call.id, 'value' in parsed ? parsed.value : output)
    } catch (error) {
      if (!(error instanceof NotSerializableError)) throw error
      throw new ToolCallError('TOOL_OUTPUT_INVALID', `The output of ${path} cannot be serialized: ${error.message}`, {
        cause: error,
      })
    }
    if (exceedsBytes(encoded.payload, messageBytes)) throw this.#tooLarge(what)
    return encoded
  }

  /**
   * Warns about an output that does not match its schema. The call has already had its effect, and an error would make a
   * program repeat it.
   *
   * @throws `ToolCallError` `TOOL_OUTPUT_INVALID` if outputs are strict, or are converted by a schema library
   */
  #onInvalidOutput(call: PipelineCall, tool: Tool, problems: readonly string[]): void {
    const message = `The output of ${call.path} is not valid: ${problems.join('; ')}`
    if (this.#options.strictOutputs || tool.parseOutput !== undefined)
      throw new ToolCallError('TOOL_OUTPUT_INVALID', message)
    call.warn(message)
  }

  /** Returns the state of a call in the log, which has no calls once it is too long. */
  #stateOf({ id }: PipelineCall): Pick<CallState, 'attempts' | 'resolved' | 'asked'> {
    return this.#options.log.calls[id - 1] ?? { attempts: 0 }
  }

  #judged(call: PipelineCall, { path, tool }: CatalogTool, input: unknown): JudgedCall {
    const { context, reach } = this.#options
    const { name, annotations = {} } = tool
    return { id: call.id, tool: path, name, annotations, input, context, signal: call.signal(), program: reach() }
  }

  /** @param write encodes a value */
  #parseContext(call: PipelineCall, side: ValueSide, size: ValueSize, write: (value: unknown) => string): ParseContext {
    const { check: checkAt, messageBytes } = this.#options
    if (checkAt === undefined) return { size, maxCharacters: messageBytes }
    return {
      size,
      maxCharacters: messageBytes,
      checkElsewhere: async (schema, value) => {
        try {
          return await checkAt(schema, write(value), { signal: call.signal(), limitMs: CHECK_MS, side })
        } catch (error) {
          if (!(error instanceof ReaderTimeoutError)) throw error
          return [`checking it takes more than ${CHECK_MS} ms: pass a smaller or simpler value`]
        }
      },
    }
  }

  #tooLarge(what: string): ToolCallError {
    const { messageBytes } = this.#options
    return new ToolCallError(
      'LIMIT_MESSAGE_SIZE',
      `${what} takes more than ${messageBytes} bytes, counting shared parts at every reference: request or pass less data`,
    )
  }
}

/** @throws `ToolCallError` for a call that failed */
function outputOf(resolution: Exclude<Resolution, 'retry'>): unknown {
  if ('output' in resolution) return resolution.output
  throw new ToolCallError('TOOL_FAILED', resolution.error)
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

async function checkInput(
  path: string,
  parse: Parse | undefined,
  value: unknown,
  context: ParseContext,
): Promise<unknown> {
  if (parse === undefined) return value
  const parsed = await parse(value, context)
  if ('value' in parsed) return parsed.value
  throw new ToolCallError('TOOL_INPUT_INVALID', `The input of ${path} is not valid: ${parsed.problems.join('; ')}`)
}

const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
