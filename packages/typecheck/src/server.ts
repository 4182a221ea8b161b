import { Worker } from 'node:worker_threads'
import type { Engine } from './engine.ts'
import type { CheckMessage, CheckRequest } from './protocol.ts'
import { fileOf, mistakesAmong } from './rules.ts'

const send = (message: CheckMessage): void => void process.send?.(message)

// Without its host, the process has no purpose.
process.on('disconnect', () => process.exit())
new Worker(new URL('parent-watch.js', import.meta.url))

const engine = await start()
send({ type: 'ready', engine: engine.name, pids: [process.pid, ...engine.pids] })

process.on('message', (request: CheckRequest) => {
  const { id, code, declarations } = request
  engine
    .check(fileOf(code), declarations)
    .then((findings) => send({ type: 'checked', id, mistakes: mistakesAmong(findings, request) }))
    .catch((error: unknown) => send({ type: 'failed', id, message: String(error) }))
})

/** Starts TypeScript 7, or an older version where that does not run. */
async function start(): Promise<Engine> {
  try {
    if (process.env.GLOVEBOX_TYPESCRIPT === '6') throw new Error('TypeScript 6 was asked for')
    const { startTypeScript7 } = await import('./typescript-7.ts')
    return await startTypeScript7()
  } catch {
    const { startTypeScript6 } = await import('./typescript-6.ts')
    return await startTypeScript6()
  }
}
