import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { createCodeMode, isolatedVm, quickjs, workerd } from 'glovebox'

const sandboxes = { quickjs, isolatedVm, workerd }
const name = (process.env.SANDBOX ?? 'quickjs') as keyof typeof sandboxes
const sandbox = sandboxes[name]()
const codeMode = await createCodeMode({
  sandbox,
  limits: { cpuTimeMs: 2_000, wallTimeMs: 30_000 },
  tools: {
    add: ({ a, b }: { a: number; b: number }) => a + b,
    wait: ({ ms }: { ms: number }) => new Promise((resolve) => setTimeout(resolve, ms)),
  },
})

async function answer(request: IncomingMessage): Promise<[status: number, body: unknown]> {
  try {
    return [200, await codeMode.execute(await text(request))]
  } catch (error) {
    return [503, { error: String(error) }]
  }
}

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request)
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}).listen(8080)

async function shutDown(): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  const grace = new Promise((resolve) => setTimeout(resolve, 8_000))
  await Promise.race([codeMode.drain(), grace])
  await codeMode.close()
  await sandbox.close()
  await closed
  process.exit()
}

// Process 1 of a container ignores signals that it has no handler for.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, shutDown)
console.log(`${name} is ready`)
