import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { type Spread, spreadOf } from './stats.ts'

/**
 * Measures the round trip of a message to a thread, the minimum for every sandbox in a thread. Use the ratio to this
 * value to compare results of different machines or times.
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
