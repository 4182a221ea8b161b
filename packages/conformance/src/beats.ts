import assert from 'node:assert/strict'

/** The host's event loop must keep turning: counts its beats and fails if it stood still for two seconds. */
export function countBeats(expected: boolean): () => void {
  let last = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 20)
  return () => {
    clearInterval(timer)
    if (expected) assert.ok(longest < 2_000, `the event loop stood still for ${longest.toFixed(0)} ms`)
  }
}
