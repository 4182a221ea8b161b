import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import type { FetchLike } from '@modelcontextprotocol/client'

/** Addresses that are not on the internet (RFC 6890). */
const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv6')

/** Maximum time for one request of the authorization in milliseconds. */
const TIMEOUT_MS = 30_000
const MAX_REDIRECTS = 5

/**
 * Wraps `fetch` for requests of the authorization, whose addresses a server chooses. A server on the internet must not
 * lead them to an address of the host's own network, also not by redirects. The check looks names up before the request
 * does, so it does not hold against a name whose address changes in between.
 *
 * @param closing ends all requests
 */
export function guardedFetch(server: URL, fetch: FetchLike, closing: AbortSignal): FetchLike {
  let isPrivate: Promise<boolean> | undefined
  const check = async ({ hostname, host }: URL) => {
    if (hostname === server.hostname) return
    isPrivate ??= isPrivateHost(server.hostname)
    if (!(await isPrivate) && (await isPrivateHost(hostname)))
      throw new Error(`${host} is a private address, to which a public server must not lead`)
  }
  return async (given, init = {}) => {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(TIMEOUT_MS), ...(init.signal ? [init.signal] : [])])
    let url = new URL(given)
    for (let hops = 0; ; hops++) {
      await check(url)
      const response = await fetch(url, { ...init, signal, redirect: 'manual' })
      const location = response.headers.get('location')
      const isFollowed = location !== null && response.status >= 300 && response.status < 400 && isGet(init)
      if (!isFollowed || hops === MAX_REDIRECTS) return response.ok ? response : await withoutText(response)
      await response.body?.cancel()
      url = new URL(location, url)
    }
  }
}

const isGet = ({ method = 'GET' }: RequestInit): boolean => method.toUpperCase() === 'GET'

/** Keeps only the code of an error, since its text may repeat the request, and the SDK prints it. */
async function withoutText(response: Response): Promise<Response> {
  const { status, headers } = response
  const text = await response.text().catch(() => '')
  const code = /"error"\s*:\s*"([a-z_]{1,64})"/.exec(text.slice(0, 10_000))?.[1]
  const challenge = headers.get('www-authenticate')
  return new Response(code === undefined ? '' : JSON.stringify({ error: code }), {
    status: status >= 300 && status < 400 ? 502 : status,
    headers: {
      'content-type': 'application/json',
      ...(challenge !== null && { 'www-authenticate': challenge }),
    },
  })
}

async function isPrivateHost(hostname: string): Promise<boolean> {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) return isPrivateAddress(host)
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  const addresses = await lookup(host, { all: true }).catch(() => [])
  return addresses.some(({ address }) => isPrivateAddress(address))
}

/** The list also matches IPv6 addresses that contain an IPv4 address. */
const isPrivateAddress = (address: string): boolean => PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
