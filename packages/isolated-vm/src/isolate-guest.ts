import type { GuestExit, GuestRuntime, RunInit, Turn } from '@glovebox/core/adapter'
import type IsolatedVM from 'isolated-vm'

export type Ivm = typeof IsolatedVM

export interface IsolateEvents {
  setInTurn(isInTurn: boolean): void
  onOutput(messages: readonly string[]): void
  onTurn(turn: Turn, messages: readonly string[]): void
  onExit(exit: GuestExit): void
  /** It must end and does not: only the end of the process ends it. */
  onStuck(exit: GuestExit): void
}

type Run = Pick<RunInit, 'program' | 'first' | 'limits'>
type LimitExit = Extract<GuestExit, { why: 'limit' }>

/** Output waits for the end of its turn, but not longer than this and not more than this. */
const FLUSH_MS = 20
const FLUSH_LENGTH = 64 * 1024
/** How long an isolate that was told to end may take. Some built-ins of V8 never do. */
const GRACE_MS = 150
const MIN_MEMORY_MB = 8

/** Each message out of an isolate is a task of the process's main thread, which must not drown in them. */
const MAX_POSTS_PER_TURN = 20_000
/** No message of ours holds it. */
const SEPARATOR = '\0'

/**
 * In the guest's realm: takes the runtime and the two ways out, and gives back the two ways in. Nothing of the library
 * that isolates come from can be reached from there: it is held by closures, and handed as plain strings. What follows
 * the first hundred messages of a turn goes out a hundred at a time, and at last not at all.
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

/** Options that inherit nothing: a polluted prototype would give the guest a reference that it could call. */
const options = <const Options extends object>(given: Options): Options =>
  Object.freeze(Object.assign(Object.create(null), given)) as Options

const REFERENCE = options({ reference: true })
const REFERENCE_BACK = options({ result: REFERENCE })

/** A function or object of the guest's realm. The library would infer its type from a value that exists only there. */
interface Held {
  apply(receiver: undefined, args: readonly unknown[], given: object): Promise<unknown>
  applySync(receiver: undefined, args: readonly unknown[], given: object): Held
  getSync(key: string, given: object): Held
  derefInto(): unknown
  release(): void
}

/** What every isolate starts from, with V8's compiled code of it. */
export class Image {
  readonly ivm: Ivm
  readonly runtime: GuestRuntime
  cachedData: IsolatedVM.ExternalCopy<ArrayBuffer> | undefined

  constructor(ivm: Ivm, runtime: GuestRuntime) {
    this.ivm = ivm
    this.runtime = runtime
  }
}

/** One isolate with one guest in it. */
export class IsolateGuest {
  readonly #isolate: IsolatedVM.Isolate
  readonly #context: IsolatedVM.Context
  readonly #run: Held
  readonly #receive: Held
  readonly #events: IsolateEvents
  /** Each gives what the runtime itself threw. */
  readonly #jobs: (() => Promise<string | undefined>)[] = []
  #limits: RunInit['limits'] | undefined
  #isPumping = false
  #isInTurn = false
  #hasExited = false
  /** Why it was told to end, and when. */
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

  /** Ends it, whatever it is at. */
  end(exit: GuestExit = { why: 'terminated' }): void {
    if (this.#hasExited) return
    this.#verdict ??= { exit, since: performance.now() }
    this.#dispose()
    if (!this.#isInTurn) this.#exit(this.#verdict.exit)
  }

  /** Looks after it from time to time while it is in a turn. */
  watch(): void {
    if (!this.#isInTurn) return
    const now = performance.now()
    if (this.#verdict !== undefined) {
      if (now - this.#verdict.since > GRACE_MS) this.#events.onStuck(this.#withCpuTime(this.#verdict.exit))
    } else if (this.#isolate.isDisposed) {
      // Its memory ran out, and it is on its way to find that out.
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
    // Many short turns never meet the watch.
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
    // What is left to the garbage collector keeps the memory of a dead isolate until it comes round.
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

  /** V8 could not allocate what it cannot do without. The isolate's thread never comes back. */
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

/** Never throws: an error of the host would show the guest its paths. */
function readLibrary({ libraries }: GuestRuntime, name: unknown): string {
  return typeof name === 'string' && Object.hasOwn(libraries, name) ? (libraries[name] as string) : '() => {}'
}

/** What a turn gives. The library also tells of promises that failed and that nobody handles: they end nothing. */
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
  // The library's own; a guest may throw anything.
  if (!(error instanceof Error)) return undefined
  const { message } = error
  if (message.startsWith('Script execution timed out')) return { why: 'limit', limit: 'turn' }
  if (!message.startsWith('Isolate was disposed')) return undefined
  return message.includes('memory limit')
    ? { why: 'limit', limit: 'memory' }
    : { why: 'crashed', detail: 'its isolate was disposed of' }
}

/** `message [file:line:column]`, as the library words syntax errors. */
const PLACE = /\s*\[[^\]]*?:(\d+):(\d+)\]$/

function describe(error: Error): NonNullable<Turn['failed']> {
  const place = PLACE.exec(error.message)
  const kind = error instanceof SyntaxError ? 'syntax' : 'runtime'
  const described = { kind, name: error.name, message: error.message.replace(PLACE, '') } as const
  return place === null ? described : { ...described, line: Number(place[1]), column: Number(place[2]) }
}
