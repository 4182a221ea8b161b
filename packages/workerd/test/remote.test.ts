import { describeAdapter } from '@glovebox/conformance'
import { afterAll, beforeAll } from 'vitest'
import { remote } from '../src/remote.ts'
import { type StartedWorker, startWorker } from './start-worker.ts'

const TOKEN = 'a token that nobody guesses'

let worker: StartedWorker
beforeAll(async () => {
  worker = await startWorker(new URL('./workers/server.ts', import.meta.url), { TOKEN })
})
afterAll(() => worker?.stop())

describeAdapter({ name: 'remote', create: () => remote({ url: worker.url, token: TOKEN }) })
