import type { CallDecision, ExecuteResult, PendingCall } from '@glovebox/core'
import { type InputRequiredResult, inputRequired } from '@modelcontextprotocol/server'

/** State that a client sends back with the answers of its user. It is sealed. */
export interface ApprovalState {
  /** Run that waits. */
  readonly run: string
  /** Digests of the calls that were shown, by number. */
  readonly digests: Readonly<Record<string, string>>
}

type Suspended = Extract<ExecuteResult, { status: 'suspended' }>

/** Maximum length of an input in a question, in characters. A call with a longer one is approved elsewhere. */
const MAX_SHOWN = 4_000
/** Maximum number of commands in a text. */
const MAX_COMMANDS = 3

/** Returns the calls of a run that a person can decide on through the client, with their exact inputs. */
export function askableCalls({ pending }: Suspended): readonly PendingCall[] {
  return pending.filter((call) => call.state === 'asked' && shownInput(call).length <= MAX_SHOWN)
}

/** Asks the user of the client about calls. The client calls the tool again with the answers. */
export function askAbout(calls: readonly PendingCall[], requestState: string): InputRequiredResult {
  return inputRequired({
    requestState,
    inputRequests: Object.fromEntries(
      calls.map((call) => [
        keyOf(call.call),
        inputRequired.elicit({
          message: questionAbout(call),
          requestedSchema: {
            type: 'object',
            properties: { decision: { type: 'string', enum: ['allow', 'deny'], title: 'Decision' } },
            required: ['decision'],
          },
        }),
      ]),
    ),
  })
}

/** Returns the decisions in the answers. Everything but a clear yes denies the call. */
export function decisionsIn(
  { digests }: ApprovalState,
  responses: Readonly<Record<string, unknown>> | undefined,
): CallDecision[] {
  return Object.entries(digests).map(([call, digest]) => {
    const response = responses?.[keyOf(Number(call))] as
      | { action?: unknown; content?: { decision?: unknown } }
      | undefined
    const isAllowed = response?.action === 'accept' && response.content?.decision === 'allow'
    return { call: Number(call), digest, decision: isAllowed ? 'allow' : 'deny' }
  })
}

/** Describes a run that waits for something that the client cannot answer. */
export function waitingText({ run, pending }: Suspended, approveCommand: string | undefined): string {
  const tools = [...new Set(pending.map(({ tool }) => tool))].join(', ')
  const what = tools === '' ? 'a timer' : `a person who decides on ${tools}`
  const commands = pending.slice(0, MAX_COMMANDS).map(({ call }) => `${approveCommand} ${run} ${call}`)
  const how = tools === '' || approveCommand === undefined ? '' : ` The person runs: ${commands.join(' && ')}`
  return `The program waits for ${what}.${how} Then call resume_program with { "run": "${run}" }. Do not run the program again.`
}

const keyOf = (call: number): string => `call${call}`

const shownInput = ({ input }: PendingCall): string => JSON.stringify(input, undefined, 2) ?? 'nothing'

function questionAbout(call: PendingCall): string {
  const why = call.reasons.length === 0 ? '' : ` (${call.reasons.join('; ')})`
  return `Allow the call of ${call.tool}${why}?\n\n${shownInput(call)}`
}
