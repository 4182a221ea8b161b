import { type GuestRuntime, librariesTouchedBy, type Program } from '@glovebox/core/guest'
import type { WorkerCode } from './worker-platform.ts'

/** workerd refuses a date later than its own, and behaves as it did on this one. */
export const COMPATIBILITY_DATE = '2026-08-01'

/** No message of ours holds it. */
const SEPARATOR = '\0'

/** What a guest's frames begin with. */
export const MARKS = { turn: '.', failed: '!', flood: '~' } as const

/**
 * The main module of a guest. Each message is a turn; an empty one, which arrives when the turn's jobs are done, is
 * answered with what the turn said. What it needs of the platform it takes before the runtime removes it.
 */
const MAIN = `import program from 'program.js'

const { Response, WebSocketPair } = globalThis
const { stringify } = JSON
let room = 0
let batch = ''
let mark = '${MARKS.turn}'
let isTaken = false

const machine = boot((message) => {
  room -= message.length
  if (room < 0) mark = '${MARKS.flood}'
  else batch = batch === '' ? message : batch + '\\0' + message
}, (name) => libraries[name])
machine.load(program)

const receive = (message) => {
  try {
    machine.receive(message)
  } catch (error) {
    mark = '${MARKS.failed}'
    batch = stringify({ name: \`\${error?.name}\`, message: \`\${error?.message}\` })
  }
}

export default {
  fetch(_, { outputLength }) {
    if (isTaken) return new Response(null, { status: 409 })
    isTaken = true
    const { 0: theirs, 1: socket } = new WebSocketPair()
    socket.accept()
    const send = socket.send.bind(socket)
    socket.addEventListener('message', ({ data }) => {
      if (data === '') {
        const text = mark + batch
        batch = ''
        return send(text)
      }
      room = outputLength
      receive(data)
    })
    return new Response(null, { status: 101, webSocket: theirs })
  },
}
`

export interface GuestCodeOptions {
  readonly runtime: GuestRuntime
  readonly program: Program
  /** Of what one turn says, in UTF-16 units. */
  readonly outputLength: number
  /** Where the platform keeps such a limit. */
  readonly cpuTimeMs?: number
}

/** What one guest is loaded from: a module each for the runtime and the program, no bindings and no network. */
export function guestCode({ runtime, program, outputLength, cpuTimeMs }: GuestCodeOptions): WorkerCode {
  const needed = librariesTouchedBy(program.source).concat(LOCALE)
  const libraries = needed.map((name) => `'${name}': ${runtime.libraries[name]}`)
  return {
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: [],
    mainModule: 'main.js',
    modules: {
      // In one module, as each costs; and in parentheses, for then V8 compiles it at once rather than looking through it.
      'main.js': `const boot = (${runtime.source})\nconst libraries = { __proto__: null, ${libraries.join(', ')} }\n${MAIN}`,
      // In an array, for a function that is exported itself would be named.
      'program.js': `${PROGRAM_LEAD}${program.source.slice(PROGRAM_LEAD.length)}][0]`,
    },
    env: { outputLength },
    globalOutbound: null,
    ...(cpuTimeMs === undefined ? {} : { limits: { cpuMs: cpuTimeMs, subRequests: 0 } }),
  }
}

/** As long as the blanks that a program begins with. */
const PROGRAM_LEAD = 'export default['

/** Reached through methods, which no text need name; those that ECMAScript 2025 brought, this engine has. */
const LOCALE = 'locale'

export const splitBatch = (batch: string): string[] => (batch === '' ? [] : batch.split(SEPARATOR))
