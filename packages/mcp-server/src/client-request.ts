import { createHash, randomUUID } from 'node:crypto'
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  LOG_LEVEL_META_KEY,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { Connection } from './connection.ts'

/** Method by which a client is asked. */
export type Question = 'elicitation/create' | 'sampling/createMessage' | 'roots/list'

/** A question as clients get it. */
interface AskedQuestion {
  readonly method: Question
  readonly params: Readonly<Record<string, unknown>>
}

export type Questions = Readonly<Record<string, AskedQuestion>>

/** End of one round: the result of the request, questions that the client has to answer first, or a task for a long work. */
export type Round<Result> = { readonly result: Result } | { readonly questions: Questions } | typeof LATE

/** Time within which a person has to answer through the client, in milliseconds. */
export const ANSWER_MS = 24 * 60 * 60_000
/** Time for which a request is kept that waits for the answers of its client, in milliseconds. */
const HELD_MS = 15 * 60_000
const CAPABILITIES = {
  'elicitation/create': 'elicitation',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
} as const
/** Levels of log messages, the least severe first. */
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency']
const LATE = { isLate: true } as const
/** Accepts every message. Who asked judges it. */
export const ANY = {
  '~standard': { version: 1 as const, vendor: 'glovebox', validate: (value: unknown) => ({ value }) },
}

/** A question that a client has not answered yet. */
interface OpenQuestion extends AskedQuestion {
  answer(response: unknown): void
}

/** Settings of a {@link ClientRequest}. */
export interface ClientRequestSettings {
  /** User to whom the request belongs. */
  readonly user: string
  /** Aborts when the service is closed. */
  readonly closing: AbortSignal
  onError(error: unknown): void
}

/**
 * A request of a client while it is served. A client of the revision of 2026-07-28 is asked by an answer, and makes the
 * request again with what its user said. The work continues in between.
 */
export class ClientRequest {
  readonly id = randomUUID()
  readonly connection: Connection
  readonly user: string
  readonly #onError: (error: unknown) => void
  readonly #ended = new AbortController()
  readonly #open = new Map<string, OpenQuestion>()
  #context: ServerContext
  #detach = () => {}
  #work: Promise<unknown> | undefined
  #isTask = false
  #asked = Promise.withResolvers<undefined>()
  #asks = 0
  #answers: Readonly<Record<string, unknown>> | undefined
  #progress = 0
  #expiry: ReturnType<typeof setTimeout> | undefined

  constructor(connection: Connection, context: ServerContext, { user, closing, onError }: ClientRequestSettings) {
    this.connection = connection
    this.user = user
    this.#onError = onError
    this.#context = context
    if (closing.aborted) this.#ended.abort(closing.reason)
    const end = () => this.#ended.abort(closing.reason)
    closing.addEventListener('abort', end, { once: true })
    this.#ended.signal.addEventListener('abort', () => closing.removeEventListener('abort', end), { once: true })
  }

  /** Aborts when the client cancels or goes away, does not answer, or the service is closed. */
  get signal(): AbortSignal {
    return this.#ended.signal
  }

  /** The request of the protocol that is being answered. */
  get context(): ServerContext {
    return this.#context
  }

  /** Capabilities that the client declares. */
  get capabilities(): ClientCapabilities {
    const declared = this.#envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? this.connection.server.getClientCapabilities()
    return (declared ?? {}) as ClientCapabilities
  }

  /** Whether the client can show a form to its user. */
  get canShowForms(): boolean {
    const { elicitation } = this.capabilities
    return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined)
  }

  /** Whether questions are answered while the work runs: the client is asked directly, or looks after a task. */
  get asksDirectly(): boolean {
    return this.connection.isFirstGeneration || this.#isTask
  }

  /** Questions that the client has not answered. */
  get questions(): Questions {
    return Object.fromEntries([...this.#open].map(([key, { method, params }]) => [key, { method, params }]))
  }

  /** Resolves when there is a question that the client has not answered. */
  get asked(): Promise<undefined> {
    return this.#asked.promise
  }

  /** Answers of the client to questions that the work has returned. */
  get inputResponses(): Readonly<Record<string, unknown>> | undefined {
    return this.#answers ?? this.#context.mcpReq.inputResponses
  }

  /** Level below which the client wants no log messages. Undefined if it wants none. */
  get logLevel(): string | undefined {
    const { isFirstGeneration, logLevel = 'info' } = this.connection
    return isFirstGeneration ? logLevel : (this.#envelope?.[LOG_LEVEL_META_KEY] as string | undefined)
  }

  /**
   * Starts the work, or continues it with the answers of the client, until there is a result, or something to ask.
   *
   * @param lateMs time after which the work becomes a task. Default: never
   * @throws the error of the work, or the reason of the signal
   */
  async round<Result>(context: ServerContext, work: () => Promise<Result>, lateMs?: number): Promise<Round<Result>> {
    this.#attach(context)
    const late = timer(lateMs)
    try {
      if (lateMs === 0) this.#isTask = true
      if (this.#work === undefined) this.#work = work()
      else this.answer(context.mcpReq.inputResponses)
      // The work may fail between two requests.
      this.#work.catch(() => {})
      const working = this.#work as Promise<Result>
      const round =
        lateMs === 0
          ? LATE
          : await Promise.race([working.then((result) => ({ result })), this.#asked.promise, late.promise])
      if (round === undefined) {
        this.#hold()
        return { questions: this.questions }
      }
      if ('isLate' in round) this.#isTask = true
      else this.end(new Error('The request has ended'))
      return round
    } catch (error) {
      this.end(error)
      throw error
    } finally {
      late.clear()
      this.#detach()
    }
  }

  /** Resolves to the result of the work. */
  async result<Result>(): Promise<Result> {
    return (await this.#work) as Result
  }

  /** Ends the work if it still runs. */
  end(reason: unknown): void {
    clearTimeout(this.#expiry)
    this.#ended.abort(reason)
  }

  /**
   * Asks the client, and resolves to its answer.
   *
   * @throws `Error` if the client cannot be asked this, the client's error, or the reason of the signal
   */
  async ask(method: Question, params: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (this.capabilities[CAPABILITIES[method]] === undefined) throw new Error(`The client does not support ${method}`)
    const { signal } = this
    if (this.connection.isFirstGeneration && !this.#isTask)
      return await this.#context.mcpReq.send({ method, params }, ANY, { signal, timeout: ANSWER_MS })
    signal.throwIfAborted()
    const key = `ask${++this.#asks}`
    return await new Promise((resolve, reject) => {
      const abort = () => {
        this.#open.delete(key)
        reject(signal.reason)
      }
      signal.addEventListener('abort', abort, { once: true })
      const answer = (response: unknown) => {
        signal.removeEventListener('abort', abort)
        resolve(response)
      }
      this.#open.set(key, { method, params, answer })
      this.#asked.resolve(undefined)
    })
  }

  /**
   * Asks the client all questions that the work has returned. The work finds the answers in `inputResponses`.
   *
   * @throws as {@link ask}
   */
  async askAll(questions: Questions): Promise<void> {
    const answers: Record<string, unknown> = {}
    const ask = async ([key, { method, params }]: [string, AskedQuestion]) => {
      answers[key] = await this.ask(method, params)
    }
    // A person who is asked directly sees one form at a time.
    if (this.#isTask) await Promise.all(Object.entries(questions).map(ask))
    else for (const question of Object.entries(questions)) await ask(question)
    this.#answers = answers
  }

  /** Takes answers of the client. What it did not answer is asked again. */
  answer(responses: Readonly<Record<string, unknown>> = {}): void {
    for (const [key, { answer }] of this.#open) {
      if (!Object.hasOwn(responses, key)) continue
      this.#open.delete(key)
      answer(responses[key])
    }
    this.#asked = Promise.withResolvers()
    if (this.#open.size > 0) this.#asked.resolve(undefined)
  }

  /** Reports progress to a client that asked for it. */
  report(progress: { progress?: number; total?: number | undefined; message?: string | undefined }): void {
    const { mcpReq } = this.#context
    const progressToken = mcpReq._meta?.progressToken
    // The request of a task is already answered.
    if (progressToken === undefined || this.#isTask) return
    const params = { ...progress, progressToken, progress: progress.progress ?? ++this.#progress }
    mcpReq.notify({ method: 'notifications/progress', params }).catch(this.#onError)
  }

  /** Writes to the client's log, if it wants messages of this level. */
  log({ level, data, logger }: { level: string; data: unknown; logger?: string | undefined }): void {
    const { logLevel } = this
    if (this.#isTask || logLevel === undefined || LEVELS.indexOf(level) < LEVELS.indexOf(logLevel)) return
    const params = { level, data, ...(logger !== undefined && { logger }) }
    this.#context.mcpReq.notify({ method: 'notifications/message', params }).catch(this.#onError)
  }

  get #envelope(): Readonly<Record<string, unknown>> | undefined {
    return this.#context.mcpReq.envelope as Readonly<Record<string, unknown>> | undefined
  }

  #attach(context: ServerContext): void {
    clearTimeout(this.#expiry)
    this.#context = context
    const { signal } = context.mcpReq
    const abort = () => this.#ended.abort(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    this.#detach = () => signal.removeEventListener('abort', abort)
  }

  #hold(): void {
    this.#expiry = setTimeout(() => this.end(new Error('The client did not answer in time')), HELD_MS)
    this.#expiry.unref()
  }
}

/** Returns a promise that resolves after a time, and a function that ends its timer. */
function timer(ms: number | undefined): { readonly promise: Promise<typeof LATE>; clear(): void } {
  const { promise, resolve } = Promise.withResolvers<typeof LATE>()
  const timeout = ms === undefined ? undefined : setTimeout(() => resolve(LATE), ms)
  return { promise, clear: () => clearTimeout(timeout) }
}

/** Returns a text that is the same for the same request. */
export const digestOf = (method: string, { name, arguments: input, uri }: Readonly<Record<string, unknown>>): string =>
  createHash('sha256')
    .update(JSON.stringify([method, name, input, uri]))
    .digest('hex')
