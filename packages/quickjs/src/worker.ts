/** The thread that guests run in: one at a time, each in an instance of its own. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import variant from '@jitl/quickjs-wasmfile-release-sync'
import { threadCpuTimeMs } from './cpu-time.ts'
import { Engine, type EngineGuest, type Fault } from './engine.ts'
import type { FromWorker, ToWorker, WorkerData } from './messages.ts'

const port = parentPort as NonNullable<typeof parentPort>
const engine = new Engine({ variant, ...(workerData as WorkerData), now: threadCpuTimeMs })
const post = (message: FromWorker): void => port.postMessage(message)

let current: { readonly number: number; readonly guest: EngineGuest } | undefined

async function make(number: number, memoryBytes: number, stackBytes: number): Promise<void> {
  drop()
  current = { number, guest: await engine.makeGuest(memoryBytes, stackBytes) }
  post({ type: 'made', guest: number })
}

function drop(): void {
  if (current !== undefined) engine.retire(current.guest)
  current = undefined
}

/** After a fault the instance is only garbage. */
function afterTurn(number: number, guest: EngineGuest, fault: Fault | undefined): void {
  if (fault === undefined) return
  current = undefined
  post({ type: 'exit', guest: number, exit: { ...fault, cpuTimeMs: guest.cpuTimeMs } })
}

function handle(message: ToWorker): unknown {
  if (message.type === 'make') return make(message.guest, message.memoryBytes, message.stackBytes)
  if (current?.number !== message.guest) return
  const { number, guest } = current
  switch (message.type) {
    case 'run': {
      const { program, first, limits } = message
      const fault = guest.run({
        program,
        first,
        limits,
        onOutput: (messages) => post({ type: 'output', guest: number, messages }),
        onTurn: (turn, messages) => post({ type: 'turn', guest: number, turn, messages }),
      })
      return afterTurn(number, guest, fault)
    }
    case 'send':
      return afterTurn(number, guest, guest.send(message.message))
    case 'drop':
      return drop()
    default:
      message satisfies never
  }
}

/** Many tools answer at once, and waking a sleeping thread takes longer than they do. */
const LINGER_MS = 0.1

port.on('message', (message: ToWorker) => {
  handle(message)
  for (let until = performance.now() + LINGER_MS; current !== undefined && performance.now() < until; ) {
    const next = receiveMessageOnPort(port)
    if (next === undefined) continue
    handle(next.message)
    until = performance.now() + LINGER_MS
  }
})
