import { setTimeout as delay } from 'node:timers/promises'

const MAX_DISCARD_MS = 10_000

/**
 * Resolves like `work`, or rejects with the signal's reason.
 *
 * @param discard receives the value if it comes after the abort, and is waited for
 */
export async function orAbort<Value>(
  work: Promise<Value>,
  signal: AbortSignal,
  discard?: (late: Value) => unknown,
): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } catch (error) {
    if (signal.aborted && discard !== undefined) {
      const over = work.then(discard).catch(() => {})
      await Promise.race([over, delay(MAX_DISCARD_MS, undefined, { ref: false })])
    }
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
