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

/**
 * Wraps `fetch` for requests of the authorization, whose addresses a server chooses. A server on the internet must not
 * lead them to an address of the host's own network.
 */
export function guardedFetch(server: URL, fetch: FetchLike): FetchLike {
  let isPrivate: Promise<boolean> | undefined
  return async (given, init) => {
    const url = new URL(given)
    if (url.hostname !== server.hostname) {
      isPrivate ??= isPrivateHost(server.hostname)
      if (!(await isPrivate) && (await isPrivateHost(url.hostname)))
        throw new Error(`${url.host} is a private address, to which a public server must not lead`)
    }
    return await fetch(given, init)
  }
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
