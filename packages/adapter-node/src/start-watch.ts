import { StallMeter, type WorkerExit } from '@glovebox/core/adapter'
import { cpuTimeMsOf } from './child-process.ts'

/** Time limit for the start in milliseconds. A child is ready in 0.2 s, or in a few seconds on a busy machine. */
const START_MS = 30_000
/** Time without any CPU time after which a child counts as stopped, in milliseconds. */
const STALLED_MS = 10_000
const TICK_MS = 100

/**
 * Watches a child until it is ready, and gives up if it takes too long or does not compute.
 *
 * @param onGiveUp called at most once, with the reason. It is `isForeign` if the child was stopped, since another may
 * start.
 * @returns a function that ends the watch
 */
export function watchStart(pid: number | undefined, onGiveUp: (death: WorkerExit) => void): () => void {
  const stall = new StallMeter(() => cpuTimeMsOf(pid))
  let waitedMs = 0
  const ticking = setInterval(() => {
    waitedMs += TICK_MS
    stall.tick(TICK_MS)
    if (waitedMs < START_MS && stall.stalledMs < STALLED_MS) return
    clearInterval(ticking)
    const detail = `its process did not start within ${waitedMs} ms`
    onGiveUp(waitedMs < START_MS ? { detail, isForeign: true } : { detail })
  }, TICK_MS)
  return () => clearInterval(ticking)
}
