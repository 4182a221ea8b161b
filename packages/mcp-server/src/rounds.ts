import { setTimeout as delay } from 'node:timers/promises'
import {
  createRequestStateCodec,
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { ApprovalState } from './approvals.ts'
import { ANSWER_MS, ClientRequest, digestOf, type Questions } from './client-request.ts'
import type { Connection } from './connection.ts'
import type { Tasks } from './tasks.ts'
import type { PassedState, SentBack, Worked } from './worked.ts'

/** State that a client sends back: with the answers about a run, to a request that is held, or to one of the servers. */
type State = { readonly request: string } & (
  | { readonly run: ApprovalState }
  | { readonly held: string }
  | { readonly passed: PassedState }
)

/** A request for which several rounds may be needed. */
export interface RoundRequest {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
  readonly context: ServerContext
}

/** Settings of {@link Rounds}. */
export interface RoundsSettings {
  /** Requests wait for the promise. */
  readonly ready: ((request: 'call' | 'list') => Promise<void>) | undefined
  /** Aborts when the service is closed. */
  readonly closing: AbortSignal
  readonly tasks: Tasks
  /** Returns the user to whom state belongs. */
  userOf(context: ServerContext): string
  onError(error: unknown): void
}

/** Maximum number of requests of one user that wait for the answers of their clients. */
const MAX_HELD = 100
/** Maximum number of times that a client is asked for one request. */
const MAX_ROUNDS = 20
/** Time after which a server that asks nothing is called again, in milliseconds. */
const RETRY_MS = 250

/** Answers requests over several rounds, in which clients send signed state back. */
export class Rounds {
  readonly #settings: RoundsSettings
  readonly #held = new Map<string, ClientRequest>()
  /** The key is of this process, so the state of an earlier one is refused. */
  readonly #states

  constructor(settings: RoundsSettings) {
    this.#settings = settings
    this.#states = createRequestStateCodec<State>({
      key: crypto.getRandomValues(new Uint8Array(32)),
      ttlSeconds: ANSWER_MS / 1_000,
      bind: (context) => settings.userOf(context),
    })
  }

  /** @throws if a state is not ours, has expired, or belongs to another user */
  verify(state: string, context: ServerContext): Promise<unknown> {
    return this.#states.verify(state, context)
  }

  /** Answers a request in one round. */
  async once<Result>(
    connection: Connection,
    context: ServerContext,
    work: (request: ClientRequest) => Result | Promise<Result>,
  ): Promise<Result> {
    const request = this.#open(connection, context)
    const begin = async () => {
      await this.#ready('list', request.signal)
      return await work(request)
    }
    const round = await this.#counted(connection, () => request.round(context, begin))
    if ('result' in round) return round.result
    const error = new ProtocolError(ProtocolErrorCode.InternalError, 'A question cannot be asked here')
    request.end(error)
    throw error
  }

  /**
   * Answers a request, or a further round of it.
   *
   * @throws `ProtocolError` for state of another request
   */
  async answer<Result>(
    connection: Connection,
    { method, params, context }: RoundRequest,
    work: (request: ClientRequest, sent: SentBack) => Promise<Worked<Result>>,
  ): Promise<Result | InputRequiredResult> {
    const digest = digestOf(method, params)
    const state = context.mcpReq.requestState<State>()
    if (state !== undefined && state.request !== digest) throw invalidState('The answers belong to another request')
    const held = state !== undefined && 'held' in state ? this.#take(state.held) : undefined
    const request = held ?? this.#open(connection, context)
    const sent: SentBack = state === undefined || 'held' in state ? {} : state
    const lateMs = this.#settings.tasks.startsAfterMs(request, method, params)
    const begin = async () => {
      await this.#ready(method === 'tools/call' ? 'call' : 'list', request.signal)
      return await this.#work(request, sent, work)
    }
    const round = await this.#counted(connection, () => request.round(context, begin, lateMs))
    if ('isLate' in round) return this.#settings.tasks.add(request) as Result
    if ('questions' in round) {
      this.#hold(request)
      const ask = { resultType: 'input_required', inputRequests: round.questions } as InputRequiredResult
      return await this.#sign(ask, { request: digest, held: request.id }, context)
    }
    const worked = round.result
    if ('result' in worked) return worked.result
    const { ask, run, passed } = worked
    if (run !== undefined) return await this.#sign(ask, { request: digest, run }, context)
    return passed === undefined ? ask : await this.#sign(ask, { request: digest, passed }, context)
  }

  /** Works until there is a result, or the client has to be asked by an answer. */
  async #work<Result>(
    request: ClientRequest,
    sent: SentBack,
    work: (request: ClientRequest, sent: SentBack) => Promise<Worked<Result>>,
  ): Promise<Worked<Result>> {
    let given = sent
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const worked = await work(request, given)
      if ('result' in worked || !request.asksDirectly) return worked
      const { ask, otherwise, ...state } = worked
      try {
        await request.askAll((ask.inputRequests ?? {}) as unknown as Questions)
      } catch (error) {
        request.signal.throwIfAborted()
        if (otherwise === undefined) throw error
        this.#settings.onError(error)
        return { result: otherwise }
      }
      given = state
      // A server that asks nothing wants to be called again, but not at once.
      if (Object.keys(ask.inputRequests ?? {}).length === 0)
        await delay(RETRY_MS, undefined, { signal: request.signal })
    }
    throw new ProtocolError(ProtocolErrorCode.InternalError, `The server asked more than ${MAX_ROUNDS} times`)
  }

  /** @throws the reason of the signal */
  async #ready(kind: 'call' | 'list', signal: AbortSignal): Promise<void> {
    const ready = this.#settings.ready?.(kind)
    if (ready === undefined) return
    await new Promise<void>((resolve, reject) => {
      const abort = () => reject(signal.reason)
      if (signal.aborted) abort()
      signal.addEventListener('abort', abort, { once: true })
      void ready.then(() => {
        signal.removeEventListener('abort', abort)
        resolve()
      })
    })
  }

  async #sign(ask: InputRequiredResult, state: State, context: ServerContext): Promise<InputRequiredResult> {
    return { ...ask, requestState: await this.#states.mint(state, context) }
  }

  #open(connection: Connection, context: ServerContext): ClientRequest {
    const { closing, onError, userOf } = this.#settings
    return new ClientRequest(connection, context, { closing, onError, user: userOf(context) })
  }

  async #counted<Result>(connection: Connection, work: () => Promise<Result>): Promise<Result> {
    connection.openRequests++
    try {
      return await work()
    } finally {
      connection.openRequests--
    }
  }

  /** @throws `ProtocolError` if too many requests wait */
  #hold(request: ClientRequest): void {
    const own = [...this.#held.values()].filter(({ user }) => user === request.user)
    if (own.length >= MAX_HELD) {
      const error = new ProtocolError(ProtocolErrorCode.InternalError, 'Too many requests wait for answers')
      request.end(error)
      throw error
    }
    this.#held.set(request.id, request)
    request.signal.addEventListener('abort', () => this.#held.delete(request.id), { once: true })
  }

  /** Returns a request that waits, once. */
  #take(id: string): ClientRequest {
    const request = this.#held.get(id)
    if (request === undefined) throw invalidState('The request has ended, or was answered already')
    this.#held.delete(id)
    return request
  }
}

const invalidState = (message: string): ProtocolError => new ProtocolError(ProtocolErrorCode.InvalidParams, message)
