import type { GuestExit, GuestRuntime, RunInit, Turn } from '@glovebox/core/adapter'
import type IsolatedVM from 'isolated-vm'

export type Ivm = typeof IsolatedVM

export interface IsolateEvents {
  setInTurn(isInTurn: boolean): void
  onOutput(messages: readonly string[]): void
  onTurn(turn: Turn, messages: readonly string[]): void
  onExit(exit: GuestExit): void
}

type Run = Pick<RunInit, 'program' | 'first' | 'limits'>

/** Maximum time in milliseconds, and maximum length in UTF-16 units, of output that waits for the end of its turn. */
const FLUSH_MS = 20
const FLUSH_LENGTH = 64 * 1024
const MIN_MEMORY_MB = 8

/**
 * Source that is evaluated in the guest's realm. It connects the runtime to `post` and `read` of the host and returns
 * the functions `run` and `receive`. The guest cannot reach objects of the library: closures hold them, and only
 * strings are passed.
 */
const GLUE = `(boot) => (post, read) => {
  'use strict'
  const evaluate = eval
  const { load, receive } = boot((message) => post(message), (name) => evaluate(read(name)))
  const { stringify } = JSON
  const turn = (act) => {
    try {
      act()
    } catch (error) {
      return stringify({ name: \`\${error?.name}\`, message: \`\${error?.message}\` })
    }
  }
  return {
    run: (program, first) => turn(() => {
      load(program)
      receive(first)
    }),
    receive: (message) => turn(() => receive(message)),
  }
}`

/** Creates an options object without a prototype: a polluted prototype could give the guest a callable reference. */
const options = <const Options extends object>(given: Options): Options =>
  Object.freeze(Object.assign(Object.create(null), given)) as Options

const REFERENCE = options({ reference: true })
const REFERENCE_BACK = options({ result: REFERENCE })

/**
 * Reference to a function or object of the guest's realm. The library's types would need the type of a value that
 * exists only there.
 */
interface Held {
  applySync(receiver: undefined, args: readonly unknown[], given: object): unknown
  getSync(key: string, given: object): Held
  derefInto(): unknown
  release(): void
}

/** The runtime that every isolate evaluates, with V8's cached code. */
export class Image {
  readonly ivm: Ivm
  readonly runtime: GuestRuntime
  cachedData: IsolatedVM.ExternalCopy<ArrayBuffer> | undefined

  constructor(ivm: Ivm, runtime: GuestRuntime) {
    this.ivm = ivm
    this.runtime = runtime
  }
}

/**
 * One isolate, which holds one guest. Its turns run on this thread: entering an isolate takes 2 µs, and running it on a
 * thread of the library and waiting for the result takes 200 to 300 µs.
 */
export class IsolateGuest {
  readonly #isolate: IsolatedVM.Isolate
  readonly #context: IsolatedVM.Context
  readonly #run: Held
  readonly #receive: Held
  readonly #events: IsolateEvents
  #limits: RunInit['limits'] | undefined
  #hasExited = false
  #isFlooded = false
  #turns = 0
  #cpuTimeMs = 0
  #output: string[] = []
  #outputLength = 0
  #unflushedLength = 0
  #flushedAt = 0

  constructor(image: Image, memoryBytes: number, events: IsolateEvents) {
    const { ivm, runtime } = image
    this.#events = events
    this.#isolate = new ivm.Isolate(
      options({ memoryLimit: Math.max(MIN_MEMORY_MB, Math.floor(memoryBytes / 1024 / 1024)) }),
    )
    this.#context = this.#isolate.createContextSync(options({}))
    const cached = image.cachedData
    const script = this.#isolate.compileScriptSync(
      runtime.source,
      options({
        filename: 'glovebox:runtime',
        ...(cached === undefined ? { produceCachedData: true } : { cachedData: cached }),
      }),
    )
    image.cachedData ??= (script as { cachedData?: IsolatedVM.ExternalCopy<ArrayBuffer> }).cachedData
    const post = new ivm.Callback((text: unknown) => this.#onPost(text), options({ sync: true }))
    const read = new ivm.Callback((name: unknown) => readLibrary(runtime, name), options({ sync: true }))
    const boot = script.runSync(this.#context, REFERENCE) as unknown as Held
    const glue = this.#context.evalSync(GLUE, REFERENCE) as unknown as Held
    const connect = glue.applySync(undefined, [boot.derefInto()], REFERENCE_BACK) as Held
    const machine = connect.applySync(undefined, [post, read], REFERENCE_BACK) as Held
    this.#run = machine.getSync('run', REFERENCE)
    this.#receive = machine.getSync('receive', REFERENCE)
    for (const held of [boot, glue, connect, machine]) held.release()
  }

  run({ program, first, limits }: Run): void {
    this.#limits = limits
    this.#turn((timeout) => {
      const script = this.#isolate.compileScriptSync(program.source, options({ filename: program.name }))
      const evaluated = script.runSync(this.#context, options({ reference: true, timeout })) as unknown as Held
      return enter(this.#run, [evaluated.derefInto(), first], timeout)
    })
  }

  send(message: string): void {
    this.#turn((timeout) => enter(this.#receive, [message], timeout))
  }

  /** Ends the guest between two turns. */
  end(): void {
    if (!this.#hasExited) this.#exit({ why: 'terminated' })
  }

  /** @param run returns an error of the runtime as JSON, or undefined */
  #turn(run: (timeoutMs: number) => string | undefined): void {
    if (this.#hasExited) return
    const { cpuTimeMs, turnMs } = this.#limits as RunInit['limits']
    this.#flushedAt = performance.now()
    this.#outputLength = 0
    this.#events.setInTurn(true)
    let failed: Turn['failed']
    let exit: GuestExit | undefined
    try {
      const thrown = run(Math.max(1, Math.ceil(Math.min(turnMs, cpuTimeMs - this.#cpuTimeMs))))
      if (thrown !== undefined) failed = { kind: 'runtime', ...JSON.parse(thrown) }
    } catch (error) {
      exit = exitOf(error)
      failed = describe(error as Error)
    }
    this.#events.setInTurn(false)
    if (this.#isFlooded) exit = { why: 'limit', limit: 'output' }
    if (exit === undefined && this.#readCpuTime() > cpuTimeMs) exit = { why: 'limit', limit: 'cpu' }
    if (exit !== undefined) return this.#exit(exit)
    const turn = { index: this.#turns++, cpuTimeMs: this.#cpuTimeMs, memoryBytes: this.#heapBytes() }
    this.#events.onTurn(failed === undefined ? turn : { ...turn, failed }, this.#takeOutput())
  }

  #exit(exit: GuestExit): void {
    this.#hasExited = true
    this.#flush()
    this.#dispose()
    this.#events.onExit({ ...exit, cpuTimeMs: this.#cpuTimeMs })
  }

  #dispose(): void {
    if (this.#isolate.isDisposed) return
    this.#readCpuTime()
    // Without a release, these would keep the isolate's memory until they are garbage-collected.
    for (const held of [this.#run, this.#receive, this.#context]) held.release()
    this.#isolate.dispose()
  }

  #readCpuTime(): number {
    if (!this.#isolate.isDisposed) this.#cpuTimeMs = Number(this.#isolate.cpuTime) / 1e6
    return this.#cpuTimeMs
  }

  #heapBytes(): number {
    const { used_heap_size, externally_allocated_size } = this.#isolate.getHeapStatisticsSync()
    return used_heap_size + externally_allocated_size
  }

  #onPost(text: unknown): void {
    if (typeof text !== 'string' || this.#isFlooded) return
    this.#outputLength += text.length
    if (this.#outputLength > (this.#limits?.outputBytes ?? 0)) {
      this.#isFlooded = true
      // Ends the turn, in which this callback runs.
      return this.#dispose()
    }
    this.#output.push(text)
    this.#unflushedLength += text.length
    if (this.#unflushedLength > FLUSH_LENGTH || performance.now() - this.#flushedAt > FLUSH_MS) this.#flush()
  }

  #flush(): void {
    if (this.#output.length === 0) return
    this.#flushedAt = performance.now()
    this.#events.onOutput(this.#takeOutput())
  }

  #takeOutput(): string[] {
    const messages = this.#output
    this.#output = []
    this.#unflushedLength = 0
    return messages
  }
}

/**
 * Returns the source of a library. Never throws, because an error of the host would show its file paths to the guest.
 */
function readLibrary({ libraries }: GuestRuntime, name: unknown): string {
  return typeof name === 'string' && Object.hasOwn(libraries, name) ? (libraries[name] as string) : '() => {}'
}

/** Runs a turn. Errors that do not end the guest, such as unhandled rejections, are ignored. */
function enter(turn: Held, args: readonly unknown[], timeout: number): string | undefined {
  try {
    const thrown = turn.applySync(undefined, args, options({ timeout }))
    return typeof thrown === 'string' ? thrown : undefined
  } catch (error) {
    if (exitOf(error) !== undefined) throw error
    return undefined
  }
}

function exitOf(error: unknown): GuestExit | undefined {
  // The library throws errors; a guest may throw any value.
  if (!(error instanceof Error)) return undefined
  const { message } = error
  if (message.startsWith('Script execution timed out')) return { why: 'limit', limit: 'cpu' }
  if (!message.startsWith('Isolate was disposed')) return undefined
  return message.includes('memory limit')
    ? { why: 'limit', limit: 'memory' }
    : { why: 'crashed', detail: 'its isolate was disposed' }
}

/** Position at the end of a syntax error of the library: `message [file:line:column]`. */
const PLACE = /\s*\[[^\]]*?:(\d+):(\d+)\]$/

function describe(error: Error): NonNullable<Turn['failed']> {
  const place = PLACE.exec(error.message)
  const kind = error instanceof SyntaxError ? 'syntax' : 'runtime'
  const described = { kind, name: error.name, message: error.message.replace(PLACE, '') } as const
  return place === null ? described : { ...described, line: Number(place[1]), column: Number(place[2]) }
}
