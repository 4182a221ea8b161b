import { describeAdapter } from '@glovebox/conformance'
import { afterAll, beforeAll } from 'vitest'
import { remoteAdapter, startServer } from '../../../test/support/remote-host.ts'
import type { StartedWorker } from '../../../test/support/start-worker.ts'

let worker: StartedWorker
beforeAll(async () => {
  worker = await startServer()
})
afterAll(() => worker?.stop())

describeAdapter(remoteAdapter(() => worker.url))
