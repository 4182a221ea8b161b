import type { CallDecision, ExecuteResult, PendingCall } from '@glovebox/core'
import { furtherEffects } from '@glovebox/core/framework'
import { type InputRequiredResult, inputRequired } from '@modelcontextprotocol/server'

/** State that a client sends back with the answers of its user. */
export interface ApprovalState {
  /** Run that waits. */
  readonly run: string
  /** Digests of the calls that were shown, by number. */
  readonly digests: Readonly<Record<string, string>>
}

type Suspended = Extract<ExecuteResult, { status: 'suspended' }>

/** Maximum length of an input in a question, and of all inputs of one round, in characters. */
const MAX_SHOWN = 4_000
const MAX_SHOWN_TOGETHER = 16_000
/** Maximum number of questions of one round. The others follow in later rounds. */
const MAX_QUESTIONS = 10
/** Maximum number of commands in a text. */
const MAX_COMMANDS = 3

/** A call that a person can decide on through the client. */
export interface Question {
  readonly call: PendingCall
  /** Input of the call, without loss. */
  readonly input: string
  /** Other tools that the program can call and that may change something. */
  readonly further: string | undefined
}

/** Returns the calls of a run that a person can decide on through the client, with their exact inputs. */
export function questionsIn({ pending, program }: Suspended): readonly Question[] {
  const questions: Question[] = []
  let left = MAX_SHOWN_TOGETHER
  for (const call of pending) {
    const input = call.state === 'asked' ? exactInput(call.input) : undefined
    if (input === undefined || input.length > Math.min(MAX_SHOWN, left)) continue
    left -= input.length
    questions.push({ call, input, further: program && furtherEffects(program, call.tool) })
    if (questions.length === MAX_QUESTIONS) break
  }
  return questions
}

/** Asks the user of the client about calls. The client calls the tool again with the answers. */
export const askAbout = (questions: readonly Question[]): InputRequiredResult =>
  inputRequired({
    inputRequests: Object.fromEntries(
      questions.map((question) => {
        const { key, params } = questionFor(question)
        return [key, inputRequired.elicit(params)]
      }),
    ),
  })

/** Returns a question as clients get it, and the key of its answer. */
const questionFor = ({ call, input, further }: Question) => ({
  key: keyOf(call.call),
  params: {
    message: `Allow the call of ${call.tool}${whyAsked(call)}?\n\n${input}${further === undefined ? '' : `\n\n${further}`}`,
    requestedSchema: {
      type: 'object' as const,
      properties: { decision: { type: 'string' as const, enum: ['allow', 'deny'], title: 'Decision' } },
      required: ['decision'],
    },
  },
})

/** Returns the decisions in the answers. A call without an answer is asked about again; all but a clear yes denies it. */
export function decisionsIn(
  { digests }: ApprovalState,
  responses: Readonly<Record<string, unknown>> = {},
): CallDecision[] {
  return Object.entries(digests).flatMap(([call, digest]): CallDecision[] => {
    const response = responses[keyOf(Number(call))] as Answer | undefined
    if (response === undefined) return []
    const isAllowed = response.action === 'accept' && response.content?.decision === 'allow'
    return [{ call: Number(call), digest, decision: isAllowed ? 'allow' : 'deny' }]
  })
}

interface Answer {
  readonly action?: unknown
  readonly content?: { readonly decision?: unknown }
}

/**
 * Describes a run that waits for something that the client cannot answer.
 *
 * @param command returns the command with which a person decides on a call. Default: none is named
 */
export function waitingText(
  { run, pending }: Suspended,
  command: ((run: string, call: PendingCall) => string) | undefined,
): string {
  const tools = [...new Set(pending.map(({ tool }) => tool))].join(', ')
  const what = tools === '' ? 'a timer' : `a person who decides on ${tools}`
  const commands = command === undefined ? [] : pending.slice(0, MAX_COMMANDS).map((call) => command(run, call))
  const more = pending.length - commands.length
  const how =
    commands.length === 0
      ? ''
      : ` The person runs: ${commands.join(' ; ')}${more > 0 ? ` ; and decides on ${more} more` : ''}.`
  return `The program waits for ${what}.${how} Then call resume_program with { "run": "${run}" }. Do not run the program again.`
}

const keyOf = (call: number): string => `call${call}`

const whyAsked = ({ reasons }: PendingCall): string =>
  reasons.length === 0 ? '' : ` (${inOneLine(reasons.join('; '))})`

const inOneLine = (text: string): string => text.replaceAll(/[\s\p{C}]+/gu, ' ')

/**
 * Returns the JSON of an input, or undefined if JSON would lose a part of it. Characters that are not visible are escaped,
 * so that a host cannot show something else.
 */
function exactInput(input: unknown): string | undefined {
  if (input === undefined) return 'no input'
  if (!isPlain(input)) return undefined
  return JSON.stringify(input, undefined, 2).replaceAll(/[\p{C}\u2028\u2029]|(?! |\n)\s/gu, (character) =>
    character === '\n' ? character : escaped(character),
  )
}

const escaped = (character: string): string =>
  [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('')

/** Maximum number of values in an input that is shown. */
const MAX_VALUES = 1_000

/** Returns whether a value is JSON as a tree of at most a thousand values. */
function isPlain(root: unknown): boolean {
  const pending: unknown[] = [root]
  for (let count = 0; pending.length > 0; count++) {
    const value = pending.pop()
    if (count > MAX_VALUES) return false
    if (typeof value === 'number') {
      if (!Number.isFinite(value) || Object.is(value, -0)) return false
    } else if (typeof value === 'object' && value !== null) {
      const prototype: unknown = Object.getPrototypeOf(value)
      if (
        Array.isArray(value)
          ? Object.keys(value).length !== value.length
          : prototype !== Object.prototype && prototype !== null
      )
        return false
      pending.push(...Object.values(value))
    } else if (typeof value !== 'string' && typeof value !== 'boolean' && value !== null) return false
  }
  return true
}
