import type { AdapterGuarantees } from './guarantees.ts'

/**
 * The contract for people who add a backend. An adapter starts a guest, moves strings, enforces what only it can
 * enforce, and kills; everything else is done above it, once. Inputs are validated before an adapter sees them, and
 * defaults applied.
 */
export interface SandboxAdapter extends AsyncDisposable {
  readonly name: string
  /** The exact build: a journal made on one build is promised to replay only there. */
  readonly engine: string
  readonly guarantees: AdapterGuarantees
  /**
   * Makes a guest ahead of need: realm created, runtime evaluated, waiting for its program.
   *
   * @throws `SandboxError` `SANDBOX_UNAVAILABLE` with an install hint, or `SANDBOX_CLOSED`; the signal's reason if aborted
   */
  start(init: GuestInit): Promise<Guest>
  /** Ends every guest and gives back every thread, process, file and socket. Idempotent. */
  close(): Promise<void>
}

export interface GuestInit {
  /** Constant per build: what is costly to prepare from it may be cached by its id. */
  readonly runtime: GuestRuntime
  readonly memoryBytes: number
  readonly stackBytes: number
  /** Share no process and no thread. */
  readonly alone: boolean
  readonly signal?: AbortSignal
}

/**
 * What every guest is made of. `source` is an expression, a function of three parameters: `post(message)` hands a message
 * to the host, `library(name)` evaluates that library's text, an expression too, in the guest's realm and returns the
 * function it is, and `intl(request)`, for engines without `Intl` alone, is what `createIntlService()` of
 * `@glovebox/core/guest` returns, one for each guest. The result is `{ load(program), receive(message) }`.
 *
 * An engine that has `Intl` must run with American English and UTC as its defaults: `TZ=UTC`, `LC_ALL=en_US.UTF-8`.
 */
export interface GuestRuntime {
  readonly id: string
  readonly source: string
  /** Large and rarely needed parts by name, kept out of the source so that a guest pays only for those it touches. */
  readonly libraries: { readonly [name: string]: string }
}

/**
 * `source` is one async function expression, already parsed, in strict mode, behind as many blanks as `export default `
 * takes, which an engine of modules writes over them; `name` is its file name in stacks.
 */
export interface Program {
  readonly name: string
  readonly source: string
}

export interface Guest {
  /** Exactly once. Never throws for a guest's faults. */
  run(init: RunInit): void
  /** After `run`; may come before earlier turns end; does nothing after the exit. */
  send(message: string): void
  /** Never rejects. No callback fires after it settles. */
  readonly exited: Promise<GuestExit>
  /** Idempotent. Resolves when the guest can do nothing more. */
  terminate(): Promise<void>
}

export interface RunInit {
  readonly program: Program
  /** The first message: seed and clock. */
  readonly first: string
  readonly limits: {
    /** Of all turns together. */
    readonly cpuTimeMs: number
    /** Of one turn. */
    readonly turnMs: number
    /** Of the messages of one turn together. */
    readonly outputBytes: number
  }
  /** May come mid-turn; order kept; never re-entrant from `run` or `send`. */
  onOutput(messages: readonly string[]): void
  /** One for each inbound message, in order, when the job queue is empty and the turn's output delivered. */
  onTurn(turn: Turn): void
}

export interface Turn {
  /** 0 is `first`. */
  readonly index: number
  /** Cumulative. Absent where not measured. */
  readonly cpuTimeMs?: number
  /** The guest's heap after the turn. Absent where not measured. */
  readonly memoryBytes?: number
  /** The engine refused the program, or the runtime itself failed. What the program throws is not this. */
  readonly failed?: {
    readonly kind: 'syntax' | 'runtime'
    readonly name: string
    readonly message: string
    readonly line?: number
    readonly column?: number
  }
}

export type GuestExit = { readonly cpuTimeMs?: number } & (
  | { readonly why: 'terminated' }
  /** `detail` says more where the limit was not the guest's own. */
  | { readonly why: 'limit'; readonly limit: 'memory' | 'stack' | 'cpu' | 'turn' | 'output'; readonly detail?: string }
  /** It was alone, so it is to blame. */
  | { readonly why: 'crashed'; readonly detail: string }
  /** It shared what died. `running`: it was in a turn, so it may be to blame. */
  | { readonly why: 'lost'; readonly running: boolean; readonly detail: string }
)
