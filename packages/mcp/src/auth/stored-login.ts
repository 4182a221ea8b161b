import type { McpAuthOptions } from '../contract/auth.ts'
import type { McpHttpOptions, McpOptions } from '../contract/options.ts'
import type { Kept } from './stored-client.ts'
import { tokenKey } from './token-key.ts'

/** Tokens of a server that are stored. */
export interface StoredLogin {
  /** Whether the access token can be used or refreshed. */
  readonly state: 'stored' | 'expired'
  /** Time at which the access token expires, in milliseconds since the epoch. Absent if it is refreshed then, or not known. */
  readonly expiresAt?: number
}

/** Returns what is stored for a server. Undefined if there is nothing, or it takes no login. */
export async function readStoredLogin(server: McpOptions): Promise<StoredLogin | undefined> {
  const { store, key } = storedIn(server) ?? {}
  const text = key === undefined ? undefined : await store?.get(key)
  if (text === undefined) return undefined
  const kept = JSON.parse(text) as Kept
  const { tokens, savedAt } = kept.issuers[kept.issuer ?? ''] ?? {}
  if (tokens === undefined) return undefined
  if (tokens.refresh_token !== undefined || tokens.expires_in === undefined || savedAt === undefined)
    return { state: 'stored' }
  const expiresAt = savedAt + tokens.expires_in * 1_000
  return { state: expiresAt > Date.now() ? 'stored' : 'expired', expiresAt }
}

/** Deletes what is stored for a server. Resolves to whether there was a login. */
export async function deleteStoredLogin(server: McpOptions): Promise<boolean> {
  const wasLoggedIn = (await readStoredLogin(server)) !== undefined
  const { store, key } = storedIn(server) ?? {}
  if (key !== undefined) await store?.delete(key)
  return wasLoggedIn
}

function storedIn(server: McpOptions) {
  const { url, auth } = server as Partial<McpHttpOptions>
  const { store, ...others } = (auth ?? {}) as McpAuthOptions
  return url === undefined || store === undefined ? undefined : { store, key: tokenKey(url, others) }
}
