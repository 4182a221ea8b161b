/** Child process that runs guests: one isolate for each, on threads of the library. */
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import type { FromWorker, ToWorker } from '@glovebox/core/adapter'
import { FrameReader, writeFrame } from '../frames.ts'
import { Image, IsolateGuest, type Ivm } from '../isolate-guest.ts'
import { type Boot, type Hello, PIPE, packToHost, STATUS, unpackToChild } from '../messages.ts'
import { StatusFile } from '../status-file.ts'

const WATCH_MS = 25
/** Memory of the first guest, which is only created to compile the runtime. */
const SMALLEST_MEMORY = 8 * 1024 * 1024

const pipe = new Socket({ fd: PIPE })
const status = new StatusFile(STATUS)
const guests = new Map<number, IsolateGuest>()
let image: Image | undefined
let watching: NodeJS.Timeout | undefined

function say(message: FromWorker | Hello): void {
  if (!pipe.writableCorked) {
    pipe.cork()
    process.nextTick(() => pipe.uncork())
  }
  pipe.write(writeFrame(packToHost(message)))
}

/** Ends this process when the host has ended. A normal exit would wait for threads that may never return. */
function end(): void {
  process.kill(process.pid, 'SIGKILL')
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
    const events = { setInTurn: nobody, onOutput: nobody, onTurn: nobody, onExit: nobody, onStuck: nobody }
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
    setInTurn: (isInTurn) => {
      status.setInTurn(slot, isInTurn)
      if (isInTurn) watch()
    },
    onOutput: (messages) => say({ type: 'output', guest, messages }),
    onTurn: (turn, messages) => say({ type: 'turn', guest, turn, messages }),
    onExit: (exit) => {
      guests.delete(guest)
      say({ type: 'exit', guest, exit })
    },
    onStuck: (exit) => say({ type: 'stuck', guest, exit }),
  })
  guests.set(guest, made)
  say({ type: 'made', guest })
}

function watch(): void {
  watching ??= setInterval(() => {
    status.residentBytes = process.memoryUsage.rss()
    let isBusy = false
    for (const guest of guests.values()) {
      guest.watch()
      isBusy ||= guest.isInTurn
    }
    if (isBusy) return
    clearInterval(watching)
    watching = undefined
  }, WATCH_MS)
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

const reader = new FrameReader((texts) => handle(unpackToChild(texts)))
pipe.on('data', (part: Buffer) => reader.push(part))
pipe.on('error', end)
pipe.on('close', end)
// A terminal's Ctrl-C reaches the whole process group; the host decides when this process ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
