import { describeAdapter } from '@glovebox/conformance'
import { afterAll, beforeAll } from 'vitest'
import { type StartedWorker, startWorker } from '../../../test/support/start-worker.ts'
import { remote } from '../src/remote.ts'

const TOKEN = 'a token that nobody guesses'

let worker: StartedWorker
beforeAll(async () => {
  worker = await startWorker(new URL('./workers/server.ts', import.meta.url), { TOKEN })
})
afterAll(() => worker?.stop())

describeAdapter({ name: 'remote', create: () => remote({ url: worker.url, token: TOKEN }) })
