/** Child process of one guest. It runs the program in a `node:vm` context, with one turn for each message. */
import { setImmediate as jobsDone } from 'node:timers/promises'
import { createContext, Script } from 'node:vm'
import { Worker } from 'node:worker_threads'
import type { GuestRuntime, Program, RunInit, Turn } from '@glovebox/core/adapter'

/** Message from the host. */
export type ToGuest =
  | { readonly type: 'make'; readonly runtime: GuestRuntime }
  | { readonly type: 'run'; readonly program: Program; readonly first: string; readonly limits: RunInit['limits'] }
  | { readonly type: 'send'; readonly message: string }

/** Answer to a message: the output of the turn. It is empty after `make`. */
export interface FromGuest extends Pick<Turn, 'failed'> {
  readonly messages: readonly string[]
  readonly isFlood: boolean
}

// A guest in an endless loop does not notice that its host has ended, but a separate thread does.
const WATCH = `const { workerData: host } = require('node:worker_threads')
setInterval(() => process.ppid === host || process.kill(process.pid, 'SIGKILL'), 500)`
new Worker(WATCH, { eval: true, workerData: Number(process.argv[2]) }).unref()

const context = createContext({ __proto__: null })
const evaluate = (source: string, filename: string) => new Script(source, { filename }).runInContext(context)

let machine: { load(program: unknown): void; receive(message: string): void }
let messages: string[] = []
let room = 0
let outputBytes = 0

function make(runtime: GuestRuntime): void {
  const post = (message: unknown): void => {
    // Our runtime posts only strings. Other values may not be serializable.
    if (typeof message !== 'string') return
    room -= message.length
    if (room >= 0) messages.push(message)
  }
  const library = (name: string) => evaluate(`(${runtime.libraries[name]})`, 'glovebox:library')
  machine = evaluate(`(${runtime.source})`, 'glovebox:runtime')(post, library)
}

function take(order: ToGuest): void {
  if (order.type === 'make') return make(order.runtime)
  if (order.type === 'send') return machine.receive(order.message)
  outputBytes = room = order.limits.outputBytes
  machine.load(evaluate(order.program.source, order.program.name))
  machine.receive(order.first)
}

/** Handles a message. Node runs microtasks before `setImmediate`, so the turn has ended when this resolves. */
async function answer(order: ToGuest): Promise<FromGuest> {
  messages = []
  room = outputBytes
  try {
    take(order)
    await jobsDone()
    return { messages, isFlood: room < 0 }
  } catch (error) {
    const { name, message } = error as Error
    const kind = name === 'SyntaxError' ? 'syntax' : 'runtime'
    return { messages, isFlood: room < 0, failed: { kind, name: String(name), message: String(message) } }
  }
}

let last = Promise.resolve()
process.on('message', (order: ToGuest) => {
  last = last.then(async () => {
    process.send?.(await answer(order))
  })
})
process.on('disconnect', () => process.exit())
// An unhandled rejection does not end the program, as on other engines.
process.on('unhandledRejection', () => {})
