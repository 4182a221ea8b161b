import { describeAdapter } from '@glovebox/conformance'
import type { StartedWorker } from '@glovebox/testing/start-worker'
import { afterAll, beforeAll } from 'vitest'
import { remoteAdapter, startServer } from './support/remote-host.ts'

let worker: StartedWorker
beforeAll(async () => {
  worker = await startServer()
})
afterAll(() => worker?.stop())

describeAdapter({ ...remoteAdapter(() => worker.url), isSampled: true })
