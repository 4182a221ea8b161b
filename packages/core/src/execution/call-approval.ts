import { decode, encode, NotSerializableError } from '../protocol/codec.ts'
import type { ApprovalRequest, Decision } from './call-rules.ts'
import { digestOf } from './digest.ts'
import type { CallState, RunLog } from './run-log.ts'

/** Outcome of a call that was lost with its host: its output, its error, or `retry` to call the tool again. */
export type Resolution = 'retry' | { readonly output: unknown } | { readonly error: string }

/** A call for which a suspended run waits. */
export interface PendingCall {
  /** Number of the call in its run, from 1. */
  readonly call: number
  /** Tool that is called, as `namespace.tool`. */
  readonly tool: string
  /**
   * `asked`: a rule asks for a decision. `uncertain`: the host ended while the tool ran, so it is not known whether the
   * call had its effect.
   */
  readonly state: 'asked' | 'uncertain'
  /** Input of the call, after validation if it is `asked`. */
  readonly input: unknown
  /** Identifies the tool and the input. A decision names it, so that it cannot apply to another input. */
  readonly digest: string
  /** Reasons of the rules that ask. */
  readonly reasons: readonly string[]
  /** Time after which the call counts as denied, in milliseconds since the epoch. Absent: never. */
  readonly expiresAt?: number
}

/** Options for {@link CallApproval}. */
export interface CallApprovalOptions {
  readonly log: RunLog
  readonly call: number
  /** Encoded input as the program passed it. */
  readonly payload: string
  /** Time for a decision on a suspended call in milliseconds. Undefined: no limit. */
  readonly expireMs: number | undefined
  /** Leaves the call open until the run is resumed: the promise stays pending. */
  park(): Promise<never>
  /** Called when the call starts and stops waiting for a decision in this process. */
  onAsking(isAsking: boolean): void
}

/** The decision on one call: looks it up in the log, records it, or suspends the call until there is one. */
export class CallApproval {
  readonly #options: CallApprovalOptions

  constructor(options: CallApprovalOptions) {
    this.#options = options
  }

  /** Whether the call can wait for a decision after the end of this process. */
  get canSuspend(): boolean {
    const { log } = this.#options
    return log.isStored && log.isWhole
  }

  /** Whether a decision was asked for before the run was resumed. */
  get wasAsked(): boolean {
    const { log, call } = this.#options
    return log.calls[call - 1]?.asked !== undefined
  }

  /** Called when the call starts and stops waiting for a decision in this process. */
  onAsking(isAsking: boolean): void {
    this.#options.onAsking(isAsking)
  }

  /** Records that a decision is needed. Resolves to the decision if there is one on exactly this input. */
  async ask({ tool, input, reasons }: ApprovalRequest): Promise<Decision | undefined> {
    if (!this.canSuspend) return undefined
    const { log, call, payload, expireMs } = this.#options
    const shown = encodeOr(payload, input)
    const digest = await digestOf(`${tool}\n${shown}`)
    const { asked, decided } = log.calls[call - 1] as CallState
    if (asked?.digest === digest) {
      if (decided !== undefined) return decode(decided.decision) as Decision
      return isExpired(asked) ? { deny: 'nobody decided in time' } : undefined
    }
    const expires = expireMs === undefined ? {} : { expiresAt: Date.now() + expireMs }
    log.add({ type: 'asked', call, input: shown, digest, reasons, ...expires })
    return undefined
  }

  /** Records a decision that was made in this process. */
  decide(decision: Decision): void {
    const { log, call } = this.#options
    if (this.canSuspend) log.add({ type: 'decided', call, decision: encode(decision) })
  }

  /** Leaves the call open until the run is resumed: the promise stays pending. */
  suspend(): Promise<never> {
    return this.#options.park()
  }
}

/** Returns the calls for which a run waits once no host drives it. */
export async function pendingCalls(log: RunLog): Promise<readonly PendingCall[]> {
  const pending: PendingCall[] = []
  const { calls, end } = log
  if (end !== undefined) return pending
  for (const state of calls) {
    const { made, asked, settled, attempts } = state
    if (settled !== undefined) continue
    const { call, tool } = made
    if (attempts > 0) {
      if (state.resolved !== undefined) continue
      const digest = await digestOf(`${tool}\n${made.input}`)
      pending.push({ call, tool, state: 'uncertain', input: log.decode(made.input), digest, reasons: [] })
    } else if (asked !== undefined && state.decided === undefined) {
      const { digest, reasons, expiresAt } = asked
      const expires = expiresAt === undefined ? {} : { expiresAt }
      pending.push({ call, tool, state: 'asked', input: log.decode(asked.input), digest, reasons, ...expires })
    }
  }
  return pending
}

/** Returns whether the time for a decision is over. */
export const isExpired = ({ expiresAt }: { readonly expiresAt?: number }): boolean =>
  expiresAt !== undefined && expiresAt <= Date.now()

/** A schema library may turn an input into a value that has no encoding. Then the input is shown as it was passed. */
function encodeOr(payload: string, input: unknown): string {
  try {
    return encode(input)
  } catch (error) {
    if (error instanceof NotSerializableError) return payload
    throw error
  }
}
