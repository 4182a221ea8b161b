import { randomBytes } from 'node:crypto'
import type {
  OAuthClientInformationContext,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import type { McpAuthOptions, TokenStore } from '../contract/auth.ts'

/** Credentials of one server, client and principal, as they are stored. They belong to the issuer that gave them. */
export interface Kept {
  readonly issuer?: string
  readonly issuers: Readonly<Record<string, KeptCredentials>>
}

interface KeptCredentials {
  readonly client?: StoredOAuthClientInformation
  readonly tokens?: StoredOAuthTokens
  /** Time at which the tokens were stored, in milliseconds since the epoch. */
  readonly savedAt?: number
}

/** Keeps the client and the tokens of one server in a store, and starts a login. */
export class StoredOAuthClient implements OAuthClientProvider {
  readonly clientMetadataUrl?: string
  readonly #options: McpAuthOptions
  readonly #store: TokenStore
  readonly #key: string
  readonly #redirectUrl: () => string
  readonly #redirect: (url: URL) => void | Promise<void>
  #verifier = ''
  #state = ''
  #discovery: OAuthDiscoveryState | undefined

  constructor(
    options: McpAuthOptions,
    store: TokenStore,
    key: string,
    redirectUrl: () => string,
    redirect: (url: URL) => void | Promise<void>,
  ) {
    this.#options = options
    this.#store = store
    this.#key = key
    this.#redirectUrl = redirectUrl
    this.#redirect = redirect
    if (options.clientMetadataUrl !== undefined) this.clientMetadataUrl = options.clientMetadataUrl
  }

  get redirectUrl(): string {
    return this.#redirectUrl()
  }

  get clientMetadata(): OAuthClientMetadata {
    const { clientName = 'Glovebox', scopes } = this.#options
    return {
      client_name: clientName,
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      ...(scopes !== undefined && { scope: scopes.join(' ') }),
    }
  }

  /** Returns the port with which the client was registered. 0 if it was not. */
  async registeredPort(): Promise<number> {
    const { issuer, issuers } = await this.#read()
    const { redirect_uris: redirectUrls } = (issuers[issuer ?? '']?.client ?? {}) as { redirect_uris?: unknown }
    const [first] = Array.isArray(redirectUrls) ? redirectUrls : []
    return Number(URL.parse(String(first))?.port ?? 0)
  }

  /** Value that the redirect of the current login must contain. */
  get expectedState(): string {
    return this.#state
  }

  state(): string {
    this.#state = randomBytes(24).toString('base64url')
    return this.#state
  }

  async clientInformation(context?: OAuthClientInformationContext): Promise<StoredOAuthClientInformation | undefined> {
    const { clientId, clientSecret } = this.#options
    const kept = await this.#read()
    if (clientId !== undefined) {
      // Another authorization server must not receive the secret.
      if (context !== undefined && kept.issuer !== undefined && kept.issuer !== context.issuer)
        throw new Error('the server names another authorization server than before; log out first')
      return { client_id: clientId, ...(clientSecret !== undefined && { client_secret: clientSecret }) }
    }
    return kept.issuers[context?.issuer ?? kept.issuer ?? '']?.client
  }

  async saveClientInformation(client: StoredOAuthClientInformation, context?: OAuthClientInformationContext) {
    if (this.#options.clientId !== undefined) return
    await this.#change(context, (entry) => ({ ...entry, client }))
  }

  async tokens(context?: OAuthClientInformationContext): Promise<StoredOAuthTokens | undefined> {
    const kept = await this.#read()
    return kept.issuers[context?.issuer ?? kept.issuer ?? '']?.tokens
  }

  async saveTokens(tokens: StoredOAuthTokens, context?: OAuthClientInformationContext): Promise<void> {
    await this.#change(context, (entry) => ({ ...entry, tokens, savedAt: Date.now() }))
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    await this.#redirect(url)
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }

  codeVerifier(): string {
    return this.#verifier
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovery = state
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery
  }

  async invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): Promise<void> {
    if (scope === 'all' || scope === 'discovery') this.#discovery = undefined
    if (scope === 'all' || scope === 'verifier') this.#verifier = ''
    if (scope === 'all') await this.#store.delete(this.#key)
    else if (scope === 'client' || scope === 'tokens') {
      await this.#change(undefined, ({ client, tokens }) =>
        scope === 'client' ? { ...(tokens && { tokens }) } : { ...(client && { client }) },
      )
    }
  }

  async #read(): Promise<Kept> {
    const text = await this.#store.get(this.#key)
    return text === undefined ? { issuers: {} } : (JSON.parse(text) as Kept)
  }

  async #change(
    context: OAuthClientInformationContext | undefined,
    change: (entry: KeptCredentials) => KeptCredentials,
  ): Promise<void> {
    const kept = await this.#read()
    const issuer = context?.issuer ?? kept.issuer ?? ''
    const issuers = { ...kept.issuers, [issuer]: change(kept.issuers[issuer] ?? {}) }
    await this.#store.set(this.#key, JSON.stringify({ issuer, issuers } satisfies Kept))
  }
}
