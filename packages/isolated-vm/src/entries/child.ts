/** Child process that runs guests, one isolate for each, and one turn at a time. */
import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import type { FromWorker, ToWorker } from '@glovebox/core/adapter'
import { BlockingFrames, writeFrame } from '../frames.ts'
import { Image, IsolateGuest, type Ivm } from '../isolate-guest.ts'
import { type Boot, type Hello, PIPE, packToHost, STATUS, unpackToChild, WATCH } from '../messages.ts'
import { StatusFile } from '../status-file.ts'

const WATCH_MS = 25
/** Memory of the first guest, which is only created to compile the runtime. */
const SMALLEST_MEMORY = 8 * 1024 * 1024

const status = new StatusFile(STATUS)
const guests = new Map<number, IsolateGuest>()
let image: Image | undefined

function say(message: FromWorker | Hello): void {
  const frame = writeFrame(packToHost(message))
  for (let at = 0; at < frame.length; ) at += writeSync(PIPE, frame, at)
}

function boot({ runtime }: Boot): void {
  try {
    const [, file, library] = process.argv as [string, string, string]
    const ivm = createRequire(file)(library) as Ivm
    // V8 compiles all functions eagerly, so that the cached code of the runtime includes them, and does not optimize
    // functions that booting calls a few times. A guest then boots in an eighth of the time. The flags stay set,
    // because V8 accepts cached code only under the flags that it was created with.
    setFlagsFromString('--no-lazy')
    setFlagsFromString('--invocation-count-for-feedback-allocation=32')
    image = new Image(ivm, runtime)
    const nobody = () => {}
    const events = { setInTurn: nobody, onOutput: nobody, onTurn: nobody, onExit: nobody }
    new IsolateGuest(image, SMALLEST_MEMORY, events).end()
    status.residentBytes = process.memoryUsage.rss()
    say({ type: 'up' })
  } catch (error) {
    say({ type: 'unavailable', detail: (error as Error).message })
  }
}

function make({ guest, slot, memoryBytes }: Extract<ToWorker, { type: 'make' }>): void {
  status.setInTurn(slot, false)
  const made = new IsolateGuest(image as Image, memoryBytes, {
    setInTurn: (isInTurn) => status.setInTurn(slot, isInTurn),
    onOutput: (messages) => say({ type: 'output', guest, messages }),
    onTurn: (turn, messages) => say({ type: 'turn', guest, turn, messages }),
    onExit: (exit) => {
      guests.delete(guest)
      say({ type: 'exit', guest, exit })
    },
  })
  guests.set(guest, made)
  say({ type: 'made', guest })
}

function handle(message: ToWorker | Boot): void {
  switch (message.type) {
    case 'boot':
      return boot(message)
    case 'make':
      return make(message)
    case 'run':
      return guests.get(message.guest)?.run(message)
    case 'send':
      return guests.get(message.guest)?.send(message.message)
    case 'drop':
      for (const guest of message.guests) guests.get(guest)?.end()
      return
    case 'end':
      return guests.get(message.guest)?.end()
    default:
      message satisfies never
  }
}

/**
 * Handles messages, for which it waits without an event loop: that saves two of three wake-ups per message. Returns to
 * the event loop now and then, because the library frees isolates in tasks of it.
 */
function serve(): void {
  for (let message = next(); message !== undefined; message = next()) {
    handle(message)
    if (message.type === 'drop' || message.type === 'end') return void setImmediate(serve)
  }
  end()
}

const frames = new BlockingFrames(PIPE)

function next(): ToWorker | Boot | undefined {
  const texts = frames.next()
  return texts && unpackToChild(texts)
}

/** Ends this process when the host has ended: a normal exit would wait for threads of the library. */
function end(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** Watches this process on a second thread, since a turn occupies the first one. The thread is given the host's id. */
function watch(): void {
  setInterval(() => {
    status.residentBytes = process.memoryUsage.rss()
    if (process.ppid !== workerData) end()
  }, WATCH_MS)
}

if (isMainThread) {
  // A terminal's Ctrl-C reaches the whole process group; the host decides when this process ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  if (process.argv.includes(WATCH)) new Worker(__filename, { workerData: process.ppid })
  serve()
} else {
  watch()
}
