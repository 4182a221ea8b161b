import type { AdapterUnderTest, DisposableHost } from '@glovebox/conformance/suite'
import { createCodeMode } from '@glovebox/core'
import { type StartedWorker, startWorker } from '@glovebox/testing/start-worker'
import { remote } from '@glovebox/workerd/remote'

export const TOKEN = 'a secret token for tests'
const SERVER = new URL('../workers/server.ts', import.meta.url)

/** Starts the Worker that serves guests to remote hosts. */
export const startServer = (env: Readonly<Record<string, string>> = {}): Promise<StartedWorker> =>
  startWorker(SERVER, { TOKEN, ...env })

/** Returns the adapter of hosts that connect to the Worker. */
export const remoteAdapter = (url: () => URL): AdapterUnderTest => ({
  name: 'remote',
  create: () => remote({ url: url(), token: TOKEN }),
  createDisposableHost,
  suppliesRuntime: true,
})

async function createDisposableHost(): Promise<DisposableHost> {
  const server = await startServer()
  const sandbox = remote({ url: server.url, token: TOKEN })
  return {
    run: async (code, limits = {}) => {
      await using codeMode = await createCodeMode({ sandbox, tools: {}, limits })
      return await codeMode.execute(code)
    },
    async [Symbol.asyncDispose]() {
      await sandbox.close()
      await server.stop()
    },
  }
}
