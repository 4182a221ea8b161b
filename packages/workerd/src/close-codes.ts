import type { GuestExit } from '@glovebox/core/adapter'

/** Closes a WebSocket over which a message came that is too large for either end (RFC 6455, 7.4.1). */
export const TOO_LARGE = 1_009

/** Why a guest is gone whose socket was closed, from what the platform says of it. */
export function exitOf(reason: string): GuestExit {
  if (/CPU/.test(reason)) return { why: 'limit', limit: 'cpu' }
  if (/memory/i.test(reason)) return { why: 'limit', limit: 'memory' }
  return { why: 'crashed', detail: reason === '' ? 'its connection was closed' : reason }
}
