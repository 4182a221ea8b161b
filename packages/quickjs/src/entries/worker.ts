/** Worker thread that runs guests, each in its own instance of the engine. */
import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import type { FromWorker, ToWorker } from '@glovebox/core/adapter'
import variant from '@jitl/quickjs-wasmfile-release-sync'
import { threadCpuTimeMs } from '../cpu-time.ts'
import { Engine, type EngineGuest, type Fault } from '../engine.ts'
import { type Boot, IN_TURN, INTERRUPTED, UP } from '../messages.ts'

const port = parentPort as NonNullable<typeof parentPort>
// The engine copies the language into its memory. Without one, all addresses are the same on every system.
Reflect.deleteProperty(globalThis, 'navigator')
let engine: Engine
let statuses: Uint8Array
const guests = new Map<number, { readonly slot: number; readonly guest: Promise<EngineGuest> | EngineGuest }>()
const post = (message: FromWorker): void => port.postMessage(message)

async function make({ guest: number, slot, memoryBytes, stackBytes }: Extract<ToWorker, { type: 'make' }>) {
  Atomics.store(statuses, slot, 0)
  const isInterrupted = () => (Atomics.load(statuses, slot) & INTERRUPTED) !== 0
  const making = engine.makeGuest(memoryBytes, stackBytes, isInterrupted)
  guests.set(number, { slot, guest: making })
  const guest = await making
  // The guest may have been dropped in the meantime.
  if (guests.has(number)) guests.set(number, { slot, guest })
  post({ type: 'made', guest: number })
}

async function drop(number: number): Promise<void> {
  const dropped = guests.get(number)
  guests.delete(number)
  if (dropped === undefined) return
  engine.retire(dropped.guest instanceof Promise ? await dropped.guest : dropped.guest)
}

/** Runs one turn. Memory that is shared with the host shows that the guest is in a turn, even if this thread ends. */
function turn(number: number, run: (guest: EngineGuest) => Fault | undefined): void {
  const held = guests.get(number)
  if (held === undefined || held.guest instanceof Promise) return
  const { slot, guest } = held
  Atomics.or(statuses, slot, IN_TURN)
  const fault = run(guest)
  leaveTurn(number)
  if (fault === undefined) return
  // After a fault the instance cannot be used again.
  guests.delete(number)
  post({ type: 'exit', guest: number, exit: { ...fault, cpuTimeMs: guest.cpuTimeMs } })
}

function leaveTurn(number: number): void {
  const held = guests.get(number)
  if (held !== undefined) Atomics.and(statuses, held.slot, ~IN_TURN)
}

function handle(message: ToWorker): unknown {
  switch (message.type) {
    case 'make':
      return make(message)
    case 'run': {
      const { guest: number, program, first, limits } = message
      return turn(number, (guest) =>
        guest.run({
          program,
          first,
          limits,
          onOutput: (messages) => post({ type: 'output', guest: number, messages }),
          onTurn: (ended, messages) => {
            // Before the message: the host may read the status as soon as it receives it.
            leaveTurn(number)
            post({ type: 'turn', guest: number, turn: ended, messages })
          },
        }),
      )
    }
    case 'send':
      return turn(message.guest, (guest) => guest.send(message.message))
    case 'drop':
      return Promise.all(message.guests.map(drop))
    case 'end':
      return drop(message.guest).then(() => post({ type: 'exit', guest: message.guest, exit: { why: 'terminated' } }))
    default:
      message satisfies never
  }
}

/**
 * Time that the thread polls for the next message before it sleeps, in milliseconds. Many tools answer immediately, and
 * waking a sleeping thread would take longer.
 */
const LINGER_MS = 0.1

function serve(message: ToWorker): void {
  handle(message)
  for (let until = performance.now() + LINGER_MS; guests.size > 0 && performance.now() < until; ) {
    const next = receiveMessageOnPort(port)
    if (next === undefined) continue
    handle(next.message)
    until = performance.now() + LINGER_MS
  }
}

port.once('message', ({ parts, statuses: shared }: Boot) => {
  statuses = shared
  engine = new Engine({ variant, ...parts, now: threadCpuTimeMs })
  port.on('message', serve)
  port.postMessage(UP)
})
