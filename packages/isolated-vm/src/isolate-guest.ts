import type { GuestExit, GuestRuntime, RunInit, Turn } from '@glovebox/core/adapter'
import type IsolatedVM from 'isolated-vm'

export type Ivm = typeof IsolatedVM

export interface IsolateEvents {
  setInTurn(isInTurn: boolean): void
  onOutput(messages: readonly string[]): void
  onTurn(turn: Turn, messages: readonly string[]): void
  onExit(exit: GuestExit): void
  /** Called if the guest cannot be ended except by ending the process. */
  onStuck(exit: GuestExit): void
}

type Run = Pick<RunInit, 'program' | 'first' | 'limits'>
type LimitExit = Extract<GuestExit, { why: 'limit' }>

/** Maximum time in milliseconds, and maximum length in UTF-16 units, of output that waits for the end of its turn. */
const FLUSH_MS = 20
const FLUSH_LENGTH = 64 * 1024
/** Time in milliseconds in which a disposed isolate must end. Some built-ins of V8 never end. */
const GRACE_MS = 150
const MIN_MEMORY_MB = 8

/** Maximum number of posts in a turn. Each one is a task of the process's main thread, which must not be overloaded. */
const MAX_POSTS_PER_TURN = 20_000
/** Separates the messages in a post. The runtime's messages never contain it. */
const SEPARATOR = '\0'

/**
 * Source that is evaluated in the guest's realm. It connects the runtime to `post` and `read` of the host and returns
 * the functions `run` and `receive`. The guest cannot reach objects of the library: closures hold them, and only
 * strings are passed. After the first hundred messages of a turn, messages are posted in batches of up to a hundred.
 * After 20,000 posts, messages are dropped.
 */
const GLUE = `(boot) => (post, read) => {
  'use strict'
  const evaluate = eval
  let posts = 0
  let count = 0
  let batch = ''
  const flush = () => {
    if (count === 0) return
    const text = batch
    count = 0
    batch = ''
    if (posts++ <= 20_000) post(text)
  }
  const flushLater = async () => {
    await undefined
    flush()
  }
  const hand = (message) => {
    batch = count === 0 ? message : batch + '\\0' + message
    count++
    if (posts < 100 || count === 100 || batch.length > 65_536) flush()
    else if (count === 1) flushLater()
  }
  const { load, receive } = boot(hand, (name) => evaluate(read(name)))
  const { stringify } = JSON
  const turn = (act) => {
    posts = 0
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
  apply(receiver: undefined, args: readonly unknown[], given: object): Promise<unknown>
  applySync(receiver: undefined, args: readonly unknown[], given: object): Held
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

/** One isolate, which holds one guest. */
export class IsolateGuest {
  readonly #isolate: IsolatedVM.Isolate
  readonly #context: IsolatedVM.Context
  readonly #run: Held
  readonly #receive: Held
  readonly #events: IsolateEvents
  /** Jobs to run. Each resolves with an error of the runtime as JSON, or with undefined. */
  readonly #jobs: (() => Promise<string | undefined>)[] = []
  #limits: RunInit['limits'] | undefined
  #isPumping = false
  #isInTurn = false
  #hasExited = false
  /** Reason why the guest is being ended, and since when. */
  #verdict: { readonly exit: GuestExit; readonly since: number } | undefined
  #turns = 0
  #cpuTimeMs = 0
  #output: string[] = []
  #outputLength = 0
  #posts = 0
  #unflushedLength = 0
  #flushedAt = 0

  constructor(image: Image, memoryBytes: number, events: IsolateEvents) {
    const { ivm, runtime } = image
    this.#events = events
    this.#isolate = new ivm.Isolate(
      options({
        memoryLimit: Math.max(MIN_MEMORY_MB, Math.floor(memoryBytes / 1024 / 1024)),
        onCatastrophicError: () => this.#onCatastrophe(),
      }),
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
    const post = new ivm.Callback((text: unknown) => this.#onPost(text), options({ ignored: true }))
    const read = new ivm.Callback((name: unknown) => readLibrary(runtime, name), options({ sync: true }))
    const boot = script.runSync(this.#context, REFERENCE) as unknown as Held
    const glue = this.#context.evalSync(GLUE, REFERENCE) as unknown as Held
    const connect = glue.applySync(undefined, [boot.derefInto()], REFERENCE_BACK)
    const machine = connect.applySync(undefined, [post, read], REFERENCE_BACK)
    this.#run = machine.getSync('run', REFERENCE)
    this.#receive = machine.getSync('receive', REFERENCE)
    for (const held of [boot, glue, connect, machine]) held.release()
  }

  get isInTurn(): boolean {
    return this.#isInTurn
  }

  run({ program, first, limits }: Run): void {
    this.#limits = limits
    this.#enqueue(() => {
      const script = this.#isolate.compileScriptSync(program.source, options({ filename: program.name }))
      const evaluated = script.runSync(
        this.#context,
        options({ reference: true, timeout: limits.turnMs }),
      ) as unknown as Held
      return settle(this.#run.apply(undefined, [evaluated.derefInto(), first], options({ timeout: limits.turnMs })))
    })
  }

  send(message: string): void {
    const { turnMs } = this.#limits as RunInit['limits']
    this.#enqueue(() => settle(this.#receive.apply(undefined, [message], options({ timeout: turnMs }))))
  }

  /** Ends the guest, also within a turn. */
  end(exit: GuestExit = { why: 'terminated' }): void {
    if (this.#hasExited) return
    this.#verdict ??= { exit, since: performance.now() }
    this.#dispose()
    if (!this.#isInTurn) this.#exit(this.#verdict.exit)
  }

  /** Checks the limits of a guest that is in a turn. Called periodically. */
  watch(): void {
    if (!this.#isInTurn) return
    const now = performance.now()
    if (this.#verdict !== undefined) {
      if (now - this.#verdict.since > GRACE_MS) this.#events.onStuck(this.#withCpuTime(this.#verdict.exit))
    } else if (this.#isolate.isDisposed) {
      // The isolate ran out of memory, and the turn has not failed yet.
      this.#verdict = { exit: { why: 'limit', limit: 'memory' }, since: now }
    } else if (this.#readCpuTime() > (this.#limits?.cpuTimeMs ?? Number.POSITIVE_INFINITY)) {
      this.end({ why: 'limit', limit: 'cpu' })
    }
  }

  #enqueue(job: () => Promise<string | undefined>): void {
    this.#jobs.push(job)
    if (!this.#isPumping) this.#pump()
  }

  async #pump(): Promise<void> {
    this.#isPumping = true
    for (let job = this.#jobs.shift(); job !== undefined && !this.#hasExited; job = this.#jobs.shift()) {
      await this.#turn(job)
    }
    this.#isPumping = false
  }

  async #turn(job: () => Promise<string | undefined>): Promise<void> {
    this.#flushedAt = performance.now()
    this.#outputLength = 0
    this.#posts = 0
    this.#setInTurn(true)
    let failed: Turn['failed']
    let exit: GuestExit | undefined
    try {
      const thrown = await job()
      if (thrown !== undefined) failed = { kind: 'runtime', ...JSON.parse(thrown) }
    } catch (error) {
      exit = exitOf(error)
      failed = describe(error as Error)
    }
    this.#setInTurn(false)
    if (this.#hasExited) return
    const { cpuTimeMs } = this.#limits as RunInit['limits']
    exit = this.#verdict?.exit ?? exit
    // Short turns end before `watch` is called.
    if (exit === undefined && this.#readCpuTime() > cpuTimeMs) exit = { why: 'limit', limit: 'cpu' }
    if (exit !== undefined) return this.#exit(exit)
    const turn = { index: this.#turns++, cpuTimeMs: this.#cpuTimeMs, memoryBytes: this.#heapBytes() }
    this.#events.onTurn(failed === undefined ? turn : { ...turn, failed }, this.#takeOutput())
  }

  #setInTurn(isInTurn: boolean): void {
    this.#isInTurn = isInTurn
    this.#events.setInTurn(isInTurn)
  }

  #exit(exit: GuestExit): void {
    this.#hasExited = true
    this.#flush()
    this.#dispose()
    this.#events.onExit(this.#withCpuTime(exit))
  }

  #dispose(): void {
    if (this.#isolate.isDisposed) return
    this.#readCpuTime()
    // Without a release, these would keep the isolate's memory until they are garbage-collected.
    for (const held of [this.#run, this.#receive, this.#context]) held.release()
    this.#isolate.dispose()
  }

  #withCpuTime(exit: GuestExit): GuestExit {
    return { ...exit, cpuTimeMs: this.#cpuTimeMs }
  }

  #readCpuTime(): number {
    if (!this.#isolate.isDisposed) this.#cpuTimeMs = Number(this.#isolate.cpuTime) / 1e6
    return this.#cpuTimeMs
  }

  #heapBytes(): number {
    const { used_heap_size, externally_allocated_size } = this.#isolate.getHeapStatisticsSync()
    return used_heap_size + externally_allocated_size
  }

  /** Handles a failed allocation that V8 cannot recover from. The isolate's thread never returns. */
  #onCatastrophe(): void {
    const exit: LimitExit = { why: 'limit', limit: 'memory' }
    this.#verdict ??= { exit, since: performance.now() }
    this.#events.onStuck(this.#withCpuTime(exit))
  }

  #onPost(text: unknown): void {
    if (typeof text !== 'string' || this.#verdict !== undefined || this.#hasExited) return
    this.#posts++
    this.#outputLength += text.length
    const isFlood = this.#posts > MAX_POSTS_PER_TURN || this.#outputLength > (this.#limits?.outputBytes ?? 0)
    if (isFlood) return this.end({ why: 'limit', limit: 'output' })
    this.#output.push(...text.split(SEPARATOR))
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

/** Waits for a turn. Errors that do not end the guest, such as unhandled rejections, are ignored. */
async function settle(turn: Promise<unknown>): Promise<string | undefined> {
  try {
    const thrown = await turn
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
  if (message.startsWith('Script execution timed out')) return { why: 'limit', limit: 'turn' }
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
