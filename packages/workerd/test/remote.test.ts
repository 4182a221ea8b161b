import { describeAdapter } from '@glovebox/conformance'
import type { DoomedHost } from '@glovebox/conformance/suite'
import { createCodeMode } from '@glovebox/core'
import { afterAll, beforeAll } from 'vitest'
import { type StartedWorker, startWorker } from '../../../test/support/start-worker.ts'
import { remote } from '../src/remote.ts'

const TOKEN = 'a token that nobody guesses'

const startServer = () => startWorker(new URL('./workers/server.ts', import.meta.url), { TOKEN })

let worker: StartedWorker
beforeAll(async () => {
  worker = await startServer()
})
afterAll(() => worker?.stop())

async function sacrifice(): Promise<DoomedHost> {
  const lost = await startServer()
  const sandbox = remote({ url: lost.url, token: TOKEN })
  return {
    run: async (code, limits = {}) => {
      await using codeMode = await createCodeMode({ sandbox, tools: {}, limits })
      return await codeMode.execute(code)
    },
    async [Symbol.asyncDispose]() {
      await sandbox.close()
      await lost.stop()
    },
  }
}

describeAdapter({
  name: 'remote',
  create: () => remote({ url: worker.url, token: TOKEN }),
  sacrifice,
  hasRuntimeOfItsOwn: true,
})
