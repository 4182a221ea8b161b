/** The process of one guest: a context of `node:vm`, and a turn for each message. */
import { setImmediate as jobsDone } from 'node:timers/promises'
import { createContext, Script } from 'node:vm'
import { Worker } from 'node:worker_threads'
import type { GuestRuntime, Program, RunInit, Turn } from '@glovebox/core/adapter'

export type ToGuest =
  | { readonly type: 'make'; readonly runtime: GuestRuntime }
  | { readonly type: 'run'; readonly program: Program; readonly first: string; readonly limits: RunInit['limits'] }
  | { readonly type: 'send'; readonly message: string }

/** What a message is answered with: that the guest is made, or what it said in the turn. */
export interface FromGuest extends Pick<Turn, 'failed'> {
  readonly messages: readonly string[]
  readonly isFlood: boolean
}

// A guest that computes for ever does not notice that its host is gone; a thread of its own does.
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
    // Its own runtime posts text alone, and nothing else is sure to get through to the host.
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

/** The jobs that an order leaves are done before anything else is, so that the turn is over when this is. */
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
// What a program leaves unhandled ends nothing, here as on other engines.
process.on('unhandledRejection', () => {})
