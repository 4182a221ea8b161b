import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type Spread, spreadOf } from './stats.ts'

/**
 * What this machine takes for what no sandbox in a thread can do without: a message to a thread and back. Figures of two
 * machines, or of two moments, compare by their ratio to it.
 */
export async function threadRoundTrip(): Promise<Spread> {
  const worker = new Worker(
    'const { parentPort: p } = require("node:worker_threads"); p.on("message", (m) => p.postMessage(m))',
    { eval: true },
  )
  const samples: number[] = []
  try {
    for (let round = 0; round < 2_500; round++) {
      const started = performance.now()
      worker.postMessage('x')
      await once(worker, 'message')
      if (round >= 500) samples.push(performance.now() - started)
    }
  } finally {
    await worker.terminate()
  }
  return spreadOf(samples)
}
