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
import { tokenOf } from '../contract/response-token.ts'
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

type Request = Omit<Parameters<typeof auth>[1], 'fetchFn'>

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
  /** Scopes that were requested because the server required them: when, and until they are granted. */
  readonly #stepUps = new Map<string, { readonly at: number; readonly granted: Promise<void> }>()
  #loggingIn: Promise<void> | undefined

  /** @throws `TypeError` for an unknown option */
  constructor(options: AuthorizationOptions) {
    this.#options = options
    this.#fetch = guardedFetch(options.url, options.fetch, this.#closing.signal)
    if (isProvider(options.auth)) {
      this.#provider = options.auth
      this.#exclusive = exclusively(options.auth, options.name)
      return
    }
    assertKnownOptions('`auth`', options.auth, OPTIONS)
    const { store = memoryTokenStore(), clientSecret } = options.auth
    if (clientSecret !== undefined) options.onSecret(clientSecret)
    const key = tokenKey(options.url, options.auth)
    this.#exclusive = exclusively(store, key, store)
    const login = new Login(options.name, options.auth, (redirectUrl, onRedirect) => {
      return new StoredOAuthClient(options.auth as McpAuthOptions, store, key, redirectUrl, onRedirect)
    })
    this.#login = login
    this.#provider = login.client
  }

  async token(): Promise<string | undefined> {
    const { access_token: token, refresh_token: refreshToken } = (await this.#provider.tokens()) ?? {}
    for (const secret of [token, refreshToken]) if (secret !== undefined) this.#options.onSecret(secret)
    return token
  }

  async onUnauthorized({
    response,
    serverUrl,
  }: Parameters<NonNullable<AuthProvider['onUnauthorized']>>[0]): Promise<void> {
    const rejected = tokenOf(response)
    await this.#authorize({ serverUrl, ...extractWWWAuthenticateParams(response) }, async () => {
      // Another request or process may have replaced it.
      const current = (await this.#provider.tokens())?.access_token
      return current === undefined || current === rejected
    })
  }

  /** Requests further scopes, which the server requires for a request. Requests the same ones once a minute. */
  async stepUp(error: InsufficientScopeError): Promise<void> {
    const { requiredScope = '' } = error
    const earlier = this.#stepUps.get(requiredScope)
    if (earlier !== undefined && Date.now() - earlier.at < STEP_UP_INTERVAL_MS) return await earlier.granted
    const granted = this.#requestScope(error)
    granted.catch(() => {})
    this.#stepUps.set(requiredScope, { at: Date.now(), granted })
    await granted
  }

  close(): void {
    this.#closing.abort(new Error('The connection is closed'))
    this.#login?.close()
  }

  async #requestScope({ requiredScope, resourceMetadataUrl }: InsufficientScopeError): Promise<void> {
    const before = (await this.#provider.tokens())?.scope
    const scope = computeScopeUnion(before, requiredScope)
    await this.#authorize({
      serverUrl: this.#options.url,
      ...(resourceMetadataUrl !== undefined && { resourceMetadataUrl }),
      ...(scope !== undefined && { scope }),
      forceReauthorization: isStrictScopeSuperset(scope, before),
    })
  }

  /** @param isNeeded tells whether the authorization is still needed, once it is this request's turn */
  async #authorize(given: Request, isNeeded: () => Promise<boolean> = async () => true): Promise<void> {
    if (this.#loggingIn !== undefined) return await this.#loggingIn
    const request = { ...given, fetchFn: this.#fetch }
    await this.#exclusive(async () => {
      if (this.#loggingIn !== undefined || !(await isNeeded())) return
      // The server may have moved to another authorization server.
      await this.#provider.invalidateCredentials?.('discovery')
      await this.#login?.prepare(given.forceReauthorization === true)
      try {
        if ((await auth(this.#provider, request)) === 'AUTHORIZED') return
        this.#loggingIn = this.#logIn(request).finally(() => {
          this.#loggingIn = undefined
        })
        // The requests that wait for it report its failure.
        this.#loggingIn.catch(() => {})
      } finally {
        if (this.#loggingIn === undefined) this.#login?.close()
      }
    })
    // Other servers of the store are not kept waiting for a person.
    await this.#loggingIn
  }

  async #logIn(request: Parameters<typeof auth>[1]): Promise<void> {
    if (this.#login === undefined) throw unauthorized(this.#options.name, 'its provider needs a login')
    this.#options.onLogin(true)
    try {
      const redirected = await this.#login.finish(this.#closing.signal)
      const iss = redirected.get('iss')
      const code = redirected.get('code')
      if (code === null) throw unauthorized(this.#options.name, 'the login was refused')
      await auth(this.#provider, { ...request, authorizationCode: code, ...(iss !== null && { iss }) })
    } finally {
      this.#login.close()
      this.#options.onLogin(false)
    }
  }
}

/** One login of a person in a browser. */
class Login {
  readonly client: StoredOAuthClient
  readonly #name: string
  readonly #options: McpAuthOptions
  readonly #loopback: LoopbackRedirect
  #page: URL | undefined

  constructor(
    name: string,
    options: McpAuthOptions,
    createClient: (redirectUrl: () => string, onRedirect: (page: URL) => void) => StoredOAuthClient,
  ) {
    this.#name = name
    this.#options = options
    this.#loopback = new LoopbackRedirect(name, options.redirectPort ?? 0)
    this.client = createClient(
      () => this.#loopback.url,
      (page) => this.#open(page),
    )
  }

  /**
   * Opens the port of the redirect, whose address is part of the client's registration.
   *
   * @param isForced whether a refresh is not enough
   * @throws `McpError` `MCP_UNAUTHORIZED` if a login is needed and cannot be shown
   */
  async prepare(isForced: boolean): Promise<void> {
    if (this.#options.onLogin === undefined) {
      const canRefresh = !isForced && (await this.client.tokens())?.refresh_token !== undefined
      if (!canRefresh) throw unauthorized(this.#name, 'it requires a login')
      return
    }
    const port = await this.client.registeredPort()
    // The port of an earlier login may be taken. Most servers accept any port.
    await this.#loopback.listen(port).catch((error: unknown) => {
      if (this.#options.redirectPort !== undefined) throw error
      return this.#loopback.listen()
    })
  }

  /** Shows the page, and resolves to the parameters of the redirect at its end. */
  async finish(closing: AbortSignal): Promise<URLSearchParams> {
    const { onLogin, loginTimeoutMs = LOGIN_TIMEOUT_MS } = this.#options
    if (onLogin === undefined || this.#page === undefined) throw unauthorized(this.#name, 'it requires a login')
    const stop = new AbortController()
    const signal = AbortSignal.any([closing, stop.signal])
    try {
      const redirected = this.#loopback.wait(this.client.expectedState, loginTimeoutMs, signal)
      // The user may finish before `onLogin` resolves.
      const shown = Promise.resolve(onLogin(this.#page, this.#name)).then(() => redirected)
      return await Promise.race([redirected, shown])
    } finally {
      stop.abort(new Error('The login is over'))
    }
  }

  close(): void {
    this.#loopback.close()
  }

  #open(page: URL): void {
    if (this.#options.onLogin === undefined) throw unauthorized(this.#name, 'it requires a login')
    // The server chooses the address, and the host may pass it to the system.
    const isLoopback = page.protocol === 'http:' && LOOPBACK.includes(page.hostname)
    if (page.protocol !== 'https:' && !isLoopback)
      throw unauthorized(this.#name, `its page for the login has the scheme ${page.protocol}`)
    this.#page = page
  }
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

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
