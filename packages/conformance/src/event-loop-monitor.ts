import assert from 'node:assert/strict'

/**
 * Maximum gap between two ticks in ms. A busy machine causes gaps of a second or two, a blocked host far longer ones.
 */
const LONG_MS = 6_000

/**
 * Starts to monitor the event loop. The returned function stops it and, if `expected`, fails if the loop was blocked.
 */
export function countBeats(expected: boolean): () => void {
  let last = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 20)
  return () => {
    clearInterval(timer)
    if (expected) assert.ok(longest < LONG_MS, `the event loop was blocked for ${longest.toFixed(0)} ms`)
  }
}
