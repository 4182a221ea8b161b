import { type GuestRuntime, librariesTouchedBy, type Program } from '@glovebox/core/guest'
import type { WorkerCode } from './worker-platform.ts'

/** Compatibility date of guests. workerd behaves as it did on this date, and rejects dates later than its release. */
export const COMPATIBILITY_DATE = '2026-08-01'

/** Terminates each message. The runtime's messages never contain it. */
const TERMINATOR = '\0'

/** First characters of a guest's frames, by type. */
export const MARKS = { turn: '.', failed: '!', flood: '~' } as const

/**
 * Last part of a guest's main module. Each message is a turn. An empty message arrives when the turn's jobs are done,
 * and is answered with the output of the turn. The module captures platform functions before the runtime removes them.
 * `begin` converts the first message to the one that the runtime receives.
 */
const MAIN = `
const { Response, WebSocketPair } = globalThis
const { stringify } = JSON
let outputLength = 0
let room = 0
let batch = ''
let mark = '${MARKS.turn}'
let isTaken = false
let hasBegun = false

const machine = boot((message) => {
  room -= message.length
  if (room < 0) mark = '${MARKS.flood}'
  else batch += message + '\\0'
}, library)

const receive = (text) => {
  try {
    const message = hasBegun ? text : begin(text)
    hasBegun = true
    room = outputLength
    machine.receive(message)
  } catch (error) {
    mark = '${MARKS.failed}'
    const kind = hasBegun ? 'runtime' : 'syntax'
    batch = stringify({ kind, name: \`\${error?.name}\`, message: \`\${error?.message}\` })
  }
}

export default {
  fetch(_, env) {
    if (isTaken) return new Response(null, { status: 409 })
    isTaken = true
    outputLength = env.outputLength
    const { 0: theirs, 1: socket } = new WebSocketPair()
    socket.accept()
    const send = socket.send.bind(socket)
    socket.addEventListener('message', ({ data }) => {
      if (data !== '') return receive(data)
      const text = mark + batch
      batch = ''
      send(text)
    })
    return new Response(null, { status: 101, webSocket: theirs })
  },
}
`

/**
 * Returns the first part of a main module that imports the program as another module, which all platforms can load. It
 * includes the libraries that the program may use, because these platforms do not compile code from strings.
 */
const moduleMain = (runtime: GuestRuntime, libraries: readonly string[]): string => `import program from 'program.js'
// In parentheses, V8 compiles the function immediately instead of pre-parsing it.
const boot = (${runtime.source})
const libraries = { __proto__: null, ${libraries.map((name) => `'${name}': ${runtime.libraries[name]}`).join(', ')} }
const library = (name) => libraries[name]
const begin = (message) => {
  machine.load(program)
  return message
}
${MAIN}`

/**
 * Returns the first part of a main module that receives the program as a string, so that the guest can be created ahead
 * of time. `eval` is enabled in the local workerd for this; the runtime removes it before the program runs.
 */
const readyMain = (runtime: GuestRuntime): string => `import libraries from 'libraries.txt'
const boot = (${runtime.source})
const { parse } = JSON
const evaluate = eval
const library = (name) => evaluate('(' + parse(libraries)[name] + ')')
const begin = (text) => {
  const { program, first, outputLength: most } = parse(text)
  outputLength = most
  machine.load(evaluate(program.source + '\\n//# sourceURL=' + program.name))
  return first
}
${MAIN}`

const SEALED = {
  compatibilityDate: COMPATIBILITY_DATE,
  mainModule: 'main.js',
  globalOutbound: null,
} as const

export interface GuestCodeOptions {
  readonly runtime: GuestRuntime
  readonly program: Program
  /** Maximum length of the output of one turn, in UTF-16 units. */
  readonly outputLength: number
  /** Maximum CPU time in milliseconds, on platforms that enforce it. Default: no limit. */
  readonly cpuTimeMs?: number
}

/** Returns the code of a guest that is loaded with its program. It has no bindings and no network access. */
export function guestCode({ runtime, program, outputLength, cpuTimeMs }: GuestCodeOptions): WorkerCode {
  return {
    ...SEALED,
    compatibilityFlags: [],
    modules: {
      'main.js': moduleMain(runtime, librariesTouchedBy(program.source).concat(DATES)),
      // In an array, because an exported function would get the name `default`.
      'program.js': `${PROGRAM_LEAD}${program.source.slice(PROGRAM_LEAD.length)}][0]`,
    },
    env: { outputLength },
    ...(cpuTimeMs === undefined ? {} : { limits: { cpuMs: cpuTimeMs, subRequests: 0 } }),
  }
}

/** Returns the code of a guest that receives its program with the first message. */
export function readyGuestCode(runtime: GuestRuntime): WorkerCode {
  return {
    ...SEALED,
    compatibilityFlags: ['allow_insecure_inefficient_logged_eval'],
    allowExperimental: true,
    modules: { 'main.js': readyMain(runtime), 'libraries.txt': { text: JSON.stringify(runtime.libraries) } },
    env: {},
  }
}

/** Replaces the blanks at the beginning of a program, which have the same length. */
const PROGRAM_LEAD = 'export default['

/**
 * Library that is always included, because programs may need it for texts that are known only at run time. The engine
 * itself supports locales and ECMAScript 2025.
 */
const DATES = 'dates'

/** Splits the output of a turn into messages. */
export const splitBatch = (batch: string): string[] => batch.split(TERMINATOR).slice(0, -1)
