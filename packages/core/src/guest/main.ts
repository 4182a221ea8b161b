import { encode } from '../protocol/codec.ts'
import { freeze, objectKeys, stringSlice } from '../protocol/intrinsics.ts'
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

/**
 * Turns the current realm into a guest. Afterwards, the state of the guest changes only when it receives a message.
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
  let program: Program | undefined
  let resultBytes = 0
  let ended = false
  let namespaces: readonly string[] = []

  /** Sends a message unless the program has ended, so that a run and its replay send exactly the same messages. */
  const post = (message: string): void => {
    if (!ended) hand(message)
  }
  const send = (message: GuestMessage, payload?: string): void => post(formatMessage(message, payload))
  const calls = new Calls(post)
  const timers = new Timers((at) => send({ type: 'wake', at }))
  const rejections = new UnhandledRejections()
  const console = new Console((level, text, truncated) => {
    if (truncated) send({ type: 'log', level, text, truncated })
    else post(formatLog(level, text))
  })

  const end = (message: GuestMessage, payload?: string): void => {
    send(message, payload)
    ended = true
  }
  const fail = (thrown: unknown): void => end({ type: 'threw', error: describeThrown(thrown) })
  const succeed = (value: unknown): void => {
    try {
      let omitted: string | undefined
      const payload = encode(value, {
        onMethod: (path) => {
          omitted ??= stringSlice(path, 0, MAX_PATH)
        },
      })
      if (!exceedsBytes(payload, resultBytes))
        return end(
          {
            type: 'returned',
            ...(omitted !== undefined && { omitted }),
            ...(rejections.reported.length > 0 && { unhandled: rejections.reported }),
          },
          payload,
        )
      const message = `The result takes ${payload.length} bytes, more than the ${resultBytes} allowed: return less of it, such as a summary or the first rows`
      end({ type: 'threw', error: { code: 'LIMIT_RESULT_SIZE', name: 'RangeError', message } })
    } catch (error) {
      fail(error)
    }
  }
  // `await` of a native promise looks nothing up on a prototype.
  const settle = async (value: unknown, then: (value: unknown) => void): Promise<void> => {
    let settled: unknown
    try {
      settled = await value
    } catch (error) {
      return fail(error)
    }
    then(settled)
  }

  removeGlobals()
  installClock(library)
  installLocales(library, intl)
  installRandom(library)
  timers.install()
  console.install()
  installPlatform(library, fail)
  removeCodeFromStrings()
  installRefusals(() => namespaces)
  define(globalThis, '__unhandled__', rejections.watch)

  const start = (message: Extract<HostMessage, { type: 'start' }>): void => {
    if (message.version !== PROTOCOL_VERSION) {
      throw new Error(
        `this guest speaks version ${PROTOCOL_VERSION} of the protocol, its host version ${message.version}`,
      )
    }
    clock.start(message.now)
    seedRandom(message.seed)
    resultBytes = message.limits.resultBytes
    console.start(message.limits.logBytes)
    namespaces = objectKeys(message.namespaces)
    calls.start(message.limits.messageBytes, message.namespaces)
    const run = program as Program
    settle(run(), (value) => {
      // If the program's value is a function, call it: models write `async () => { … }` without the call.
      if (typeof value !== 'function') return succeed(value)
      try {
        settle((value as Program)(), succeed)
      } catch (error) {
        fail(error)
      }
    })
  }

  return freeze({
    load(evaluated: Program): void {
      program = evaluated
    },
    receive(text: string): void {
      const { header, payload } = parseMessage(text)
      const message = header as HostMessage
      clock.advance(message.now)
      switch (message.type) {
        case 'start':
          return start(message)
        case 'returned':
          return calls.returned(message.id, payload)
        case 'failed':
          return calls.failed(message.id, message.error.code, message.error.message)
        case 'wake':
          try {
            timers.fire()
          } catch (error) {
            fail(error)
          }
      }
    },
  })
}
