import { StallMeter, type WorkerExit } from '@glovebox/core/adapter'
import { cpuTimeMsOf } from './child-process.ts'

/** A child is up within 0.2 s, and within a few on a machine that does much else. */
const START_MS = 30_000
/** One that is stopped does not compute at all. */
const STALLED_MS = 10_000
const TICK_MS = 100

/**
 * Watches a child until it is up, and gives up one that takes too long or does not compute.
 *
 * @param onGiveUp called at most once, with the reason; `isForeign` of a process that was stopped, since another may start
 * @returns ends the watch
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
