import type { GuestExit } from '@glovebox/core/adapter'

/** Close code of a WebSocket that received a message that is too large (RFC 6455, 7.4.1). */
export const TOO_LARGE = 1_009

/** Converts the reason with which the platform closed a guest's socket to the exit of the guest. */
export function exitOf(reason: string): GuestExit {
  if (/CPU/.test(reason)) return { why: 'limit', limit: 'cpu' }
  if (/memory/i.test(reason)) return { why: 'limit', limit: 'memory' }
  return { why: 'crashed', detail: reason === '' ? 'its connection was closed' : reason }
}
