import { encode } from '../protocol/codec.ts'
import { freeze, stringSlice } from '../protocol/intrinsics.ts'
import {
  formatLog,
  formatMessage,
  type GuestMessage,
  type HostMessage,
  PROTOCOL_VERSION,
  parseMessage,
} from '../protocol/messages.ts'
import { exceedsBytes } from '../protocol/size.ts'
import { Calls } from './calls.ts'
import { clock, installClock } from './clock.ts'
import { Console } from './console.ts'
import { define } from './define.ts'
import { describeThrown } from './errors.ts'
import { installPlatform, installRefusals, type Library, removeCodeFromStrings, removeGlobals } from './globals.ts'
import { installLocales } from './locales.ts'
import { installRandom, seedRandom } from './random.ts'
import { Timers } from './timers.ts'
import { UnhandledRejections } from './unhandled.ts'

type Program = () => unknown

/** Maximum length of a path that is sent to the host. */
const MAX_PATH = 200

/** Controls a guest. The adapter calls `load` once with the evaluated program, then `receive` for each message. */
export interface GuestMachine {
  load(program: Program): void
  receive(message: string): void
}

/** The state of a guest, which changes only when the guest receives a message. */
class Guest {
  readonly #hand: (message: string) => void
  readonly #calls: Calls
  readonly #console: Console
  readonly rejections = new UnhandledRejections()
  readonly #timers: Timers
  #program: Program | undefined
  #resultBytes = 0
  #ended = false

  constructor(hand: (message: string) => void) {
    this.#hand = hand
    this.#calls = new Calls((message) => this.#post(message))
    this.#timers = new Timers((at) => this.#send({ type: 'wake', at }))
    this.#console = new Console((level, text, truncated) => {
      if (truncated) this.#send({ type: 'log', level, text, truncated })
      else this.#post(formatLog(level, text))
    })
  }

  /** Installs the globals that depend on the state. */
  install(): void {
    this.#timers.install()
    this.#console.install()
  }

  load(program: Program): void {
    this.#program = program
  }

  receive(text: string): void {
    const { header, payload } = parseMessage(text)
    const message = header as HostMessage
    clock.advance(message.now)
    switch (message.type) {
      case 'start':
        return this.#start(message)
      case 'returned':
        return this.#calls.returned(message.id, payload, message.attachments)
      case 'failed':
        return this.#calls.failed(message.id, message.error.code, message.error.message)
      case 'wake':
        try {
          this.#timers.fire()
        } catch (error) {
          this.fail(error)
        }
    }
  }

  fail(thrown: unknown): void {
    this.#end({ type: 'threw', error: describeThrown(thrown) })
  }

  #start(message: Extract<HostMessage, { type: 'start' }>): void {
    if (message.version !== PROTOCOL_VERSION) {
      throw new Error(
        `this guest speaks version ${PROTOCOL_VERSION} of the protocol, its host version ${message.version}`,
      )
    }
    clock.start(message.now)
    seedRandom(message.seed)
    this.#resultBytes = message.limits.resultBytes
    this.#console.start(message.limits.logBytes)
    this.#calls.start(message)
    const program = this.#program as Program
    this.#settle(program(), (value) => {
      // If the program's value is a function, call it: models write `async () => { … }` without the call.
      if (typeof value !== 'function') return this.#succeed(value)
      try {
        this.#settle((value as Program)(), (result) => this.#succeed(result))
      } catch (error) {
        this.fail(error)
      }
    })
  }

  // `await` of a native promise looks nothing up on a prototype.
  async #settle(value: unknown, then: (value: unknown) => void): Promise<void> {
    let settled: unknown
    try {
      settled = await value
    } catch (error) {
      return this.fail(error)
    }
    then(settled)
  }

  #succeed(value: unknown): void {
    try {
      let omitted: string | undefined
      const payload = encode(value, {
        onMethod: (path) => {
          omitted ??= stringSlice(path, 0, MAX_PATH)
        },
      })
      if (!exceedsBytes(payload, this.#resultBytes)) {
        const unhandled = this.rejections.reported
        return this.#end(
          {
            type: 'returned',
            ...(omitted !== undefined && { omitted }),
            ...(unhandled.length > 0 && { unhandled }),
          },
          payload,
        )
      }
      const message = `The result takes ${payload.length} bytes, more than the ${this.#resultBytes} allowed: return less of it, such as a summary or the first rows`
      this.#end({ type: 'threw', error: { code: 'LIMIT_RESULT_SIZE', name: 'RangeError', message } })
    } catch (error) {
      this.fail(error)
    }
  }

  #end(message: GuestMessage, payload?: string): void {
    this.#send(message, payload)
    this.#ended = true
  }

  #send(message: GuestMessage, payload?: string): void {
    this.#post(formatMessage(message, payload))
  }

  /** Sends a message unless the program has ended, so that a run and its replay send exactly the same messages. */
  #post(message: string): void {
    if (!this.#ended) this.#hand(message)
  }
}

/**
 * Turns the current realm into a guest.
 *
 * @param hand sends one message to the host; the adapter keeps the order
 * @param library evaluates one of the runtime's libraries in this realm
 * @param intl serves requests for an engine without `Intl`
 */
export function boot(
  hand: (message: string) => void,
  library: Library,
  intl?: (request: string) => string,
): GuestMachine {
  const guest = new Guest(hand)
  removeGlobals()
  installClock(library)
  installLocales(library, intl)
  installRandom(library)
  guest.install()
  installPlatform(library, (thrown) => guest.fail(thrown))
  removeCodeFromStrings()
  installRefusals()
  define(globalThis, '__unhandled__', guest.rejections.watch)
  return freeze({
    load: (program: Program) => guest.load(program),
    receive: (message: string) => guest.receive(message),
  })
}
