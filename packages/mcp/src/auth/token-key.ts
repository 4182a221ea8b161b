import type { McpAuthOptions } from '../contract/auth.ts'

/** Returns the key under which the credentials of a server are kept. The URL's query and password are left out. */
export function tokenKey(
  url: string | URL,
  options: Pick<McpAuthOptions, 'clientId' | 'clientMetadataUrl' | 'principal'>,
) {
  const { origin, pathname } = new URL(url)
  return JSON.stringify([
    origin + pathname,
    options.clientId ?? options.clientMetadataUrl ?? '',
    options.principal ?? '',
  ])
}
