import { type GuestRuntime, librariesTouchedBy, type Program } from '@glovebox/core/guest'
import type { WorkerCode } from './worker-platform.ts'

/** workerd refuses a date later than its own, and behaves as it did on this one. */
export const COMPATIBILITY_DATE = '2026-08-01'

/** Ends each message; none of ours holds it. */
const TERMINATOR = '\0'

/** What a guest's frames begin with. */
export const MARKS = { turn: '.', failed: '!', flood: '~' } as const

/**
 * The end of a guest's main module. Each message is a turn; an empty one, which arrives when the turn's jobs are done, is
 * answered with what the turn said. What it needs of the platform it takes before the runtime removes it; `begin` makes
 * of the first message the one that the machine receives.
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
 * The beginning of a guest's main module that has its program as a module beside it: what every platform can load. The
 * libraries that the program may touch are in it too, for there code is made of no strings.
 */
const moduleMain = (runtime: GuestRuntime, libraries: readonly string[]): string => `import program from 'program.js'
// In parentheses, V8 compiles it at once rather than looking through it first.
const boot = (${runtime.source})
const libraries = { __proto__: null, ${libraries.map((name) => `'${name}': ${runtime.libraries[name]}`).join(', ')} }
const library = (name) => libraries[name]
const begin = (message) => {
  machine.load(program)
  return message
}
${MAIN}`

/**
 * The beginning of a guest's main module that is given its program as a text, so that the guest can be made ahead. A
 * workerd of one's own makes code of strings where it is told to; the runtime takes that from the program.
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
  /** Of what one turn says, in UTF-16 units. */
  readonly outputLength: number
  /** Where the platform keeps such a limit. */
  readonly cpuTimeMs?: number
}

/** What a guest is loaded from that has its program from the first: no bindings and no network. */
export function guestCode({ runtime, program, outputLength, cpuTimeMs }: GuestCodeOptions): WorkerCode {
  return {
    ...SEALED,
    compatibilityFlags: [],
    modules: {
      'main.js': moduleMain(runtime, librariesTouchedBy(program.source).concat(DATES)),
      // In an array, for a function that is exported itself would be named.
      'program.js': `${PROGRAM_LEAD}${program.source.slice(PROGRAM_LEAD.length)}][0]`,
    },
    env: { outputLength },
    ...(cpuTimeMs === undefined ? {} : { limits: { cpuMs: cpuTimeMs, subRequests: 0 } }),
  }
}

/** What a guest is loaded from that gets its program with its first message. */
export function readyGuestCode(runtime: GuestRuntime): WorkerCode {
  return {
    ...SEALED,
    compatibilityFlags: ['allow_insecure_inefficient_logged_eval'],
    allowExperimental: true,
    modules: { 'main.js': readyMain(runtime), 'libraries.txt': { text: JSON.stringify(runtime.libraries) } },
    env: {},
  }
}

/** As long as the blanks that a program begins with. */
const PROGRAM_LEAD = 'export default['

/** Reached by texts that are known only when they are read. Locales, and what ECMAScript 2025 brought, this engine has. */
const DATES = 'dates'

export const splitBatch = (batch: string): string[] => batch.split(TERMINATOR).slice(0, -1)
