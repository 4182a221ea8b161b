import { SandboxError, type WorkerExit } from '@glovebox/core/adapter'
import { ProgramSyntaxError, ReaderTimeoutError, TOO_LARGE } from '@glovebox/core/program'
import { ReaderJob } from './reader-job.ts'
import type { FromReader, ReaderAnswer, ReaderWork } from './reader-messages.ts'
import { ReaderProcess } from './reader-process.ts'
import { ReaderQueue } from './reader-queue.ts'
import { unavailableBy } from './system-shortage.ts'

/**
 * Maximum number of readers that work at the same time. At most one of them does long work or work that has used its
 * slice, so that the other is free for short texts.
 */
const MAX_WORKING = 2
/** Maximum number of readers: those that work, and a spare that takes over immediately if one is killed. */
const MAX_READERS = MAX_WORKING + 1
/** Time after which an idle reader ends, in milliseconds. One reader is kept. */
const IDLE_MS = 30_000
/** Interval at which working readers are checked, in milliseconds. */
const TICK_MS = 25
/** Maximum resident memory of one reader in bytes. An idle reader takes 70 MB. */
const MAX_RESIDENT_BYTES = 176 * 1024 * 1024
/**
 * Number of consecutive ticks with less than 1 ms of CPU time after which a reader counts as blocked from outside:
 * stopped, or without memory.
 */
const STUCK_TICKS = 120
/** Time after which a reader that is not ready is replaced, in milliseconds. A start takes 50 ms on an idle machine. */
const MAX_START_MS = 20_000
const RETRY_MS = 1_000
const MAX_START_LOSSES = 20
const START_FAILED = 'The process that reads programs could not be started'
/** Number of lost readers after which work is rejected instead of repeated. */
const MAX_LOSSES = 3

interface Reader {
  readonly process: ReaderProcess
  job: ReaderJob | undefined
  /**
   * CPU time of the process when it began its job, in milliseconds. Elapsed time is used instead if the system does not
   * report CPU time.
   */
  startedMs: number
  /** CPU time that the job used on earlier readers, in milliseconds. */
  spentBeforeMs: number
  /** CPU time of the job at which its slice ends, in milliseconds. */
  sliceEndMs: number
  idleTicks: number
  lastMs: number
  idleTimer: ReturnType<typeof setTimeout> | undefined
}

/** Reader processes of this host and the work that waits for them. Shared by all sandboxes. */
export class ReaderPool {
  readonly #readers = new Set<Reader>()
  readonly #queue = new ReaderQueue()
  readonly #ending = new Set<Promise<void>>()
  #ticking: ReturnType<typeof setInterval> | undefined
  /** Number of readers that are being started and have no process yet. */
  #starting = 0
  #closings = 0
  /** Number of consecutive readers that were killed from outside before they were ready. */
  #startLosses = 0
  /** Time before which no spare is started, after a start failed. */
  #noSpareUntil = 0
  /** Whether a program with types was read. New readers then load the type stripper ahead of time. */
  #seesTypes = false
  readonly #maxStartMs: number

  constructor({ maxStartMs = MAX_START_MS } = {}) {
    this.#maxStartMs = maxStartMs
  }

  /**
   * Does one piece of work.
   *
   * @throws the errors that `ProgramReader` documents
   */
  async run(work: ReaderWork, signal: AbortSignal, limitMs: number): Promise<ReaderAnswer> {
    signal.throwIfAborted()
    const job = new ReaderJob(work, limitMs)
    const abort = () => this.#abandon(job, signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    this.#queue.add(job)
    this.#assign()
    try {
      return await job.answer
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Ends all readers and resolves when none is left. The next work starts new ones. */
  async close(): Promise<void> {
    this.#closings++
    const jobs = [...this.#queue.drain(), ...this.#working.flatMap(({ job }) => job ?? [])]
    for (const job of jobs) job.reject(new SandboxError('SANDBOX_CLOSED', 'The program reader is closed'))
    for (const reader of this.#readers) this.#discard(reader)
    await Promise.all(this.#ending)
  }

  /** Gives waiting work to idle readers, and starts readers if more are needed. */
  #assign(): void {
    for (;;) {
      const working = this.#working
      const reader = [...this.#readers].find(({ process, job }) => process.isUp && job === undefined)
      if (reader === undefined) break
      const slow = working.find(({ job }) => job?.isSlow)
      const isHeld = slow !== undefined || working.some(({ job }) => job?.isShort === false)
      const job = working.length < MAX_WORKING ? this.#queue.take(isHeld) : undefined
      if (job !== undefined) this.#begin(reader, job)
      else if (slow !== undefined && this.#comesFirst(slow)) this.#preempt(slow)
      else break
    }
    this.#keepSpare()
  }

  /**
   * Returns whether waiting work comes before slow work in progress: new work, or slow work that has used less than half
   * of its CPU time. A text that was slow once, since its reader was still loading, thus waits for no endless one.
   */
  #comesFirst({ job }: Reader): boolean {
    return this.#queue.hasUntried || this.#queue.leastSpentMs < (job?.spentMs ?? 0) / 2
  }

  get #working(): Reader[] {
    return [...this.#readers].filter(({ job }) => job !== undefined)
  }

  /** Takes the reader away from work that has used its slice, and queues the work again. */
  #preempt(reader: Reader): void {
    const { job } = reader
    this.#discard(reader)
    if (job !== undefined) this.#queue.add(job)
  }

  #begin(reader: Reader, job: ReaderJob): void {
    clearTimeout(reader.idleTimer)
    reader.job = job
    reader.startedMs = now(reader)
    reader.lastMs = reader.startedMs
    reader.spentBeforeMs = job.spentMs
    reader.sliceEndMs = job.spentMs + job.sliceMs
    reader.idleTicks = 0
    reader.process.send(job.work)
    this.#ticking ??= setInterval(() => this.#tick(), TICK_MS).unref()
  }

  #tick(): void {
    const working = this.#working
    if (working.length === 0) {
      clearInterval(this.#ticking)
      this.#ticking = undefined
      return
    }
    for (const reader of working) this.#watch(reader, reader.job as ReaderJob)
    this.#assign()
  }

  #watch(reader: Reader, job: ReaderJob): void {
    const at = now(reader)
    reader.idleTicks = at - reader.lastMs < 1 ? reader.idleTicks + 1 : 0
    reader.lastMs = at
    job.spentMs = reader.spentBeforeMs + (at - reader.startedMs)
    if (job.spentMs > job.limitMs) {
      this.#discard(reader)
      job.reject(new ReaderTimeoutError(`The work took more than ${job.limitMs} ms`))
    } else if ((reader.process.residentBytes() ?? 0) > MAX_RESIDENT_BYTES) {
      this.#discard(reader)
      job.reject(tooLarge())
    } else if (reader.idleTicks > STUCK_TICKS) {
      this.#discard(reader)
      this.#repeat(job, 'it did not answer')
    } else if (job.spentMs > reader.sliceEndMs) {
      if (!job.isSlow) reader.process.yieldProcessor()
      job.endSlice()
      reader.sliceEndMs = job.spentMs + job.sliceMs
    }
  }

  #onDone(reader: Reader, { answer, isTyped, isBroken }: Extract<FromReader, { type: 'done' }>): void {
    const { job } = reader
    if (job === undefined) return
    reader.job = undefined
    this.#seesTypes ||= isTyped
    job.resolve(answer)
    // A reader whose priority was lowered would keep it.
    if (isBroken || job.isSlow) this.#discard(reader)
    else this.#rest(reader)
    this.#assign()
  }

  /** Handles a reader that ended unexpectedly: its work broke it, or something outside ended it. */
  #onDeath(reader: Reader, { detail, isForeign }: WorkerExit): void {
    const { job } = reader
    if (!this.#readers.delete(reader)) return
    clearTimeout(reader.idleTimer)
    if (job !== undefined) this.#repeat(job, detail)
    if (!reader.process.isUp) {
      // It was killed from outside before it was ready: another start may succeed.
      const isRetried = isForeign === true && ++this.#startLosses < MAX_START_LOSSES
      if (!isRetried) this.#onStartFailed(unavailableBy(START_FAILED, detail))
    }
    this.#assign()
  }

  /** Queues the work again: another attempt shows whether the work or something outside ended the reader. */
  #repeat(job: ReaderJob, detail: string): void {
    if (++job.losses < MAX_LOSSES) return this.#queue.add(job)
    job.reject(
      job.work.kind === 'read'
        ? tooLarge()
        : new SandboxError('SANDBOX_UNAVAILABLE', `The value could not be checked: ${detail}`),
    )
  }

  #abandon(job: ReaderJob, reason: unknown): void {
    this.#queue.remove(job)
    for (const reader of this.#readers) if (reader.job === job) this.#discard(reader)
    job.reject(reason)
    this.#assign()
  }

  /** Kills a reader without waiting for its end. */
  #discard(reader: Reader): void {
    this.#readers.delete(reader)
    reader.job = undefined
    clearTimeout(reader.idleTimer)
    const ending = reader.process.kill().finally(() => {
      this.#ending.delete(ending)
      this.#keepSpare()
    })
    this.#ending.add(ending)
  }

  /** Keeps one more reader than are working, up to the maximum, as long as there is work. */
  #keepSpare(): void {
    while (this.#wantsReader()) void this.#start()
  }

  /** A start that fails may reject all the work that waits, so this is asked again after each start. */
  #wantsReader(): boolean {
    const working = this.#working.length
    if (working === 0 && this.#queue.isEmpty) return false
    const alive = this.#readers.size + this.#starting
    const wanted = Math.min(MAX_READERS - this.#ending.size, working + 1)
    return alive < wanted && (alive === 0 || performance.now() >= this.#noSpareUntil)
  }

  async #start(): Promise<void> {
    const closings = this.#closings
    this.#starting++
    let reader: Reader | undefined
    try {
      const process = await ReaderProcess.start({
        onUp: () => reader && this.#onUp(reader),
        onLoaded: () => {
          if (reader !== undefined) reader.startedMs = now(reader)
        },
        onDone: (message) => reader && this.#onDone(reader, message),
        onDeath: (death) => reader && this.#onDeath(reader, death),
      })
      reader = {
        process,
        job: undefined,
        startedMs: 0,
        spentBeforeMs: 0,
        sliceEndMs: 0,
        idleTicks: 0,
        lastMs: 0,
        idleTimer: undefined,
      }
      this.#readers.add(reader)
      this.#replaceUnready(reader)
      if (closings !== this.#closings) this.#discard(reader)
    } catch (error) {
      this.#onStartFailed(error)
    } finally {
      this.#starting--
    }
  }

  /** Replaces a reader that does not become ready, for example because something outside has stopped it. */
  #replaceUnready(reader: Reader): void {
    reader.idleTimer = setTimeout(() => {
      if (!reader.process.isUp) this.#discard(reader)
    }, this.#maxStartMs).unref()
  }

  /** Rejects the waiting work if no reader is left. Otherwise the work waits, and a spare is started later. */
  #onStartFailed(error: unknown): void {
    this.#noSpareUntil = performance.now() + RETRY_MS
    if (this.#readers.size === 0) for (const job of this.#queue.drain()) job.reject(error)
  }

  #onUp(reader: Reader): void {
    this.#startLosses = 0
    if (this.#seesTypes) reader.process.send({ kind: 'load-typescript' })
    this.#rest(reader)
    this.#assign()
  }

  #rest(reader: Reader): void {
    clearTimeout(reader.idleTimer)
    reader.idleTimer = setTimeout(() => {
      if (this.#readers.size > 1) this.#discard(reader)
    }, IDLE_MS).unref()
  }
}

const now = ({ process }: Reader): number => process.cpuTimeMs() ?? performance.now()

const tooLarge = () => new ProgramSyntaxError(TOO_LARGE, { line: 1, column: 1 })
