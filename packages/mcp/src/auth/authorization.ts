import { assertKnownOptions } from '@glovebox/core/framework'
import {
  type AuthProvider,
  auth,
  computeScopeUnion,
  extractWWWAuthenticateParams,
  type FetchLike,
  type InsufficientScopeError,
  isStrictScopeSuperset,
  type OAuthClientProvider,
} from '@modelcontextprotocol/client'
import type { McpAuth, McpAuthOptions, TokenStore } from '../contract/auth.ts'
import { unauthorized } from '../contract/error.ts'
import { guardedFetch } from './guarded-fetch.ts'
import { LoopbackRedirect } from './loopback.ts'
import { memoryTokenStore } from './memory-token-store.ts'
import { StoredOAuthClient } from './stored-client.ts'
import { tokenKey } from './token-key.ts'

const OPTIONS = [
  'store',
  'onLogin',
  'loginTimeoutMs',
  'scopes',
  'clientId',
  'clientSecret',
  'clientMetadataUrl',
  'clientName',
  'redirectPort',
  'principal',
]
const LOGIN_TIMEOUT_MS = 300_000
const STEP_UP_INTERVAL_MS = 60_000

interface AuthorizationOptions {
  /** Name of the server. */
  readonly name: string
  readonly url: URL
  readonly auth: McpAuth
  readonly fetch: FetchLike
  /** Called with each secret that requests to the server contain. */
  onSecret(secret: string): void
  /** Called when a person has to log in, and when that is over. */
  onLogin(isWaiting: boolean): void
}

/**
 * Authorizes the requests to one server. A token that was rejected is replaced once, however many requests it was
 * rejected for. A login is waited for, so that the request is repeated after it.
 */
export class Authorization implements AuthProvider {
  readonly #options: AuthorizationOptions
  readonly #provider: OAuthClientProvider
  readonly #login: Login | undefined
  readonly #fetch: FetchLike
  readonly #closing = new AbortController()
  readonly #exclusive: <Result>(work: () => Promise<Result>) => Promise<Result>
  /** Scopes that were requested because the server required them, and when. */
  readonly #stepUps = new Map<string, number>()
  #used: string | undefined

  /** @throws `TypeError` for an unknown option */
  constructor(options: AuthorizationOptions) {
    this.#options = options
    this.#fetch = guardedFetch(options.url, options.fetch)
    if (isProvider(options.auth)) {
      this.#provider = options.auth
      this.#exclusive = exclusively(options.auth, options.name)
      return
    }
    assertKnownOptions('`auth`', options.auth, OPTIONS)
    const store = options.auth.store ?? memoryTokenStore()
    const key = tokenKey(options.url, options.auth)
    this.#exclusive = exclusively(store, key, store)
    const login = new Login(options.name, options.auth)
    this.#login = login
    const client = new StoredOAuthClient(
      options.auth,
      store,
      key,
      () => login.redirectUrl,
      (url) => login.show(url),
    )
    login.expectedState = () => client.expectedState
    this.#provider = client
  }

  /** Prepares the port of the redirect, which is part of the client's registration. */
  async prepare(): Promise<void> {
    await this.#login?.prepare()
  }

  async token(): Promise<string | undefined> {
    const { access_token: token, refresh_token: refreshToken } = (await this.#provider.tokens()) ?? {}
    for (const secret of [token, refreshToken]) if (secret !== undefined) this.#options.onSecret(secret)
    this.#used = token
    return token
  }

  async onUnauthorized({
    response,
    serverUrl,
  }: Parameters<NonNullable<AuthProvider['onUnauthorized']>>[0]): Promise<void> {
    const rejected = this.#used
    await this.#exclusive(async () => {
      const current = (await this.#provider.tokens())?.access_token
      // Another request or process has replaced it.
      if (current !== undefined && current !== rejected) return
      await this.#authorize({ serverUrl, ...extractWWWAuthenticateParams(response) })
    })
  }

  /**
   * Requests further scopes, which the server requires for a request.
   *
   * @throws the given error if the server required the same scopes a short time ago, so that this does not help
   */
  async stepUp(error: InsufficientScopeError): Promise<void> {
    const { requiredScope = '', resourceMetadataUrl } = error
    const before = this.#stepUps.get(requiredScope) ?? Number.NEGATIVE_INFINITY
    if (Date.now() - before < STEP_UP_INTERVAL_MS) throw error
    this.#stepUps.set(requiredScope, Date.now())
    await this.#exclusive(async () => {
      const granted = (await this.#provider.tokens())?.scope
      const scope = computeScopeUnion(granted, requiredScope)
      await this.#authorize({
        serverUrl: this.#options.url,
        ...(resourceMetadataUrl !== undefined && { resourceMetadataUrl }),
        ...(scope !== undefined && { scope }),
        forceReauthorization: isStrictScopeSuperset(scope, granted),
      })
    })
  }

  close(): void {
    this.#closing.abort(new Error('The connection is closed'))
    this.#login?.close()
  }

  async #authorize(given: Omit<Parameters<typeof auth>[1], 'fetchFn'>): Promise<void> {
    // The server may have moved to another authorization server.
    await this.#provider.invalidateCredentials?.('discovery')
    const request = { ...given, fetchFn: this.#fetch }
    await this.prepare()
    if ((await auth(this.#provider, request)) === 'AUTHORIZED') return
    if (this.#login === undefined) throw unauthorized(this.#options.name, 'its provider needs a login')
    this.#options.onLogin(true)
    try {
      const redirected = await this.#login.finish(this.#closing.signal)
      const iss = redirected.get('iss')
      const code = redirected.get('code')
      if (code === null) throw unauthorized(this.#options.name, 'the login was refused')
      await auth(this.#provider, { ...request, authorizationCode: code, ...(iss !== null && { iss }) })
    } finally {
      this.#options.onLogin(false)
    }
  }
}

/** One login of a person in a browser. */
class Login {
  readonly #name: string
  readonly #options: McpAuthOptions
  readonly #loopback: LoopbackRedirect
  expectedState: () => string = () => ''
  #finished: ((signal: AbortSignal) => Promise<URLSearchParams>) | undefined

  constructor(name: string, options: McpAuthOptions) {
    this.#name = name
    this.#options = options
    this.#loopback = new LoopbackRedirect(name, options.redirectPort ?? 0)
  }

  get redirectUrl(): string {
    return this.#loopback.url
  }

  async prepare(): Promise<void> {
    if (this.#options.onLogin !== undefined) await this.#loopback.listen()
  }

  /** Shows the page for the login. */
  async show(url: URL): Promise<void> {
    const { onLogin, loginTimeoutMs = LOGIN_TIMEOUT_MS } = this.#options
    if (onLogin === undefined) throw unauthorized(this.#name, 'it requires a login')
    const state = this.expectedState()
    this.#finished = (signal) => waiting(signal)
    const stop = new AbortController()
    const redirected = this.#loopback.wait(state, loginTimeoutMs, stop.signal)
    // `finish()` reports it.
    redirected.catch(() => {})
    const waiting = async (signal: AbortSignal) => {
      const abort = () => stop.abort(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      try {
        signal.throwIfAborted()
        return await redirected
      } finally {
        signal.removeEventListener('abort', abort)
      }
    }
    await onLogin(url, this.#name)
  }

  async finish(signal: AbortSignal): Promise<URLSearchParams> {
    if (this.#finished === undefined) throw unauthorized(this.#name, 'it requires a login')
    return await this.#finished(signal)
  }

  close(): void {
    this.#loopback.close()
  }
}

const running = new WeakMap<object, Map<string, Promise<unknown>>>()

/** Returns a function that runs work for one key at a time. */
function exclusively(owner: object, key: string, store?: TokenStore) {
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    const queues = running.get(owner) ?? new Map<string, Promise<unknown>>()
    running.set(owner, queues)
    const run = () => store?.exclusive?.(key, work) ?? work()
    const result = (queues.get(key) ?? Promise.resolve()).then(run, run)
    queues.set(key, result)
    return await result
  }
}

function isProvider(given: McpAuth): given is OAuthClientProvider {
  return 'tokens' in given && typeof given.tokens === 'function'
}
