import assert from 'node:assert/strict'

/** What held up a host did so for much longer; a machine that does much else does for a second or two. */
const LONG_MS = 6_000

/** The host's event loop must keep turning: counts its beats and fails if it stood still for long. */
export function countBeats(expected: boolean): () => void {
  let last = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 20)
  return () => {
    clearInterval(timer)
    if (expected) assert.ok(longest < LONG_MS, `the event loop stood still for ${longest.toFixed(0)} ms`)
  }
}
